#include "apps/polybot/worker/worker.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <fstream>
#include <future>
#include <sstream>

#include "apps/polybot/common/texts.hpp"
#include "apps/polybot/testing/fake_cloud.hpp"
#include "sdk/errors.hpp"

namespace cumulet::polybot {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Key;
using testing::Not;
using testing::SizeIs;

constexpr char kMp4Bytes[] =
    "\0\0\0\x18"
    "ftypisom\0\0\2\0isomiso2 the rest of a video";
constexpr std::string_view kMp4(kMp4Bytes, sizeof kMp4Bytes - 1);

std::string read_all(const std::filesystem::path& file) {
  std::ostringstream out;
  out << std::ifstream(file, std::ios::binary).rdbuf();
  return out.str();
}

class WorkerTest : public testing::Test {
 protected:
  WorkerTest() {
    std::string folder = (std::filesystem::temp_directory_path() / "polybot_worker_test.XXXXXX").string();
    folder_ = mkdtemp(folder.data());
    std::filesystem::create_directory(folder_ / "scratch");
    std::ofstream(folder_ / "video.mp4", std::ios::binary) << kMp4;
    yt_dlp("cp " + (folder_ / "video.mp4").string() + " \"$out\"");
    settings_.videos_bucket = "vb";
    settings_.faceblur_input = "fin";
    settings_.faceblur_output = "fout";
    settings_.faceblur_machine = "arn:aws:states:us-east-1:000000000000:stateMachine:faceblur";
    settings_.results_queue = "results";
    settings_.scratch = folder_ / "scratch";
    settings_.answers.scratch = folder_ / "scratch";
    settings_.fetch.program = (folder_ / "yt-dlp").string();
    BotApiOptions options;
    options.base_url = cloud_.url();
    options.token = "1:T";
    options.sleep = [](Milliseconds) {};
    api_.emplace(options);
  }
  ~WorkerTest() override {
    EXPECT_TRUE(std::filesystem::is_empty(folder_ / "scratch"));
    std::filesystem::remove_all(folder_);
  }

  // A yt-dlp that notes its arguments and does this; $out is the --output.
  void yt_dlp(const std::string& script) {
    std::ofstream(folder_ / "yt-dlp") << "#!/bin/sh\nhere=" << folder_.string()
                                      << "\nfor word in \"$@\"; do printf '%s\\n' \"$word\"; done > $here/argv\n"
                                      << "echo run >> $here/runs\nenv > $here/env\nout=\nlast=\nfor word in \"$@\"; do "
                                         "[ \"$last\" = --output ] && out=$word; "
                                      << "last=$word; done\n"
                                      << script << "\n";
    ::chmod((folder_ / "yt-dlp").c_str(), 0755);
  }
  int runs() const {
    const std::string lines = read_all(folder_ / "runs");
    return static_cast<int>(std::count(lines.begin(), lines.end(), '\n'));
  }

  static json::object record(const std::string& body, const std::string& id, json::object attributes,
                             const std::string& queue = "work", int count = 1) {
    json::object message_attributes;
    for (const auto& [name, value] : attributes)
      message_attributes[name] = json::object{{"stringValue", value}, {"dataType", "String"}};
    return {{"messageId", id},
            {"receiptHandle", "r-" + id},
            {"body", body},
            {"attributes", json::object{{"ApproximateReceiveCount", std::to_string(count)}}},
            {"messageAttributes", std::move(message_attributes)},
            {"eventSource", "aws:sqs"},
            {"eventSourceARN", "arn:aws:sqs:us-east-1:000000000000:" + queue}};
  }
  static json::object asked(const std::string& text, int message = 1, const std::string& chat = "7", int count = 1) {
    return record(text, "m-" + std::to_string(message),
                  {{"chat_id", chat}, {"message_id", std::to_string(message)}, {"date", "100"}}, "work", count);
  }
  static json::object sent_file(const std::string& file_id) {
    return record("video", "m-1",
                  {{"chat_id", "7"}, {"message_id", "1"}, {"date", "100"}, {"kind", "blur"}, {"file_id", file_id}});
  }
  static json::object stored(const std::string& bucket, const std::string& key) {
    const json::object s3{{"bucket", json::object{{"name", bucket}}}, {"object", json::object{{"key", key}}}};
    const json::object body{{"Records", json::array{json::object{{"eventName", "ObjectCreated:Put"}, {"s3", s3}}}}};
    return record(json::text(body), "s-1", {}, "results");
  }
  static Job job(int message = 1, const std::string& chat = "7") {
    return {
        .chat_id = chat, .wish = Wish::fetch, .text = {}, .file_id = {}, .place = Place{100, message}, .retry_of = {}, .queue_id = {}};
  }

  // Invokes the worker; the ids of the messages that failed.
  std::vector<std::string> handle(std::vector<json::object> records, Seconds time = Seconds{300}) {
    json::array all;
    for (auto& one : records) all.push_back(std::move(one));
    sdk::InvocationRequest request;
    request.payload = json::text(json::object{{"Records", std::move(all)}});
    request.deadline = clock_.now() + time;
    Worker worker(settings_, cloud_.client(), *api_, clock_);
    const auto response = worker.handle(request);
    EXPECT_TRUE(response.is_success()) << response.payload();
    std::vector<std::string> out;
    const auto answer = *json::parse(response.payload());
    for (const auto& failure : json::find(answer, "batchItemFailures")->get_array())
      out.emplace_back(json::find(failure, "itemIdentifier")->get_string());
    return out;
  }
  void fail_s3_of(const std::string& part, int status = 500) {
    cloud_.intercept([=](const FakeCloud::Received& request) -> std::optional<FakeCloud::Reply> {
      if (request.target.find(part) == std::string::npos) return std::nullopt;
      return FakeCloud::Reply{.status = status};
    });
  }

  const SystemClock clock_;
  FakeCloud cloud_;
  WorkerSettings settings_;
  std::optional<BotApi> api_;
  std::filesystem::path folder_;
};

TEST_F(WorkerTest, FetchesStoresAndAnswers) {
  cloud_.put("vb/work/7/" + job().id() + "/asked", "{}");
  cloud_.put("vb/work/7/" + job().id() + "/status", "555");
  EXPECT_THAT(handle({asked("funny cats")}), IsEmpty());
  const auto objects = cloud_.objects();
  EXPECT_EQ(objects.at("vb/videos/7/" + job().id() + ".mp4"), kMp4);
  EXPECT_EQ(objects.at("vb/answers/" + job().id()), "answered");
  EXPECT_THAT(objects, SizeIs(2)) << "nothing is left of the work";
  ASSERT_EQ(cloud_.count("sendVideo"), 1);
  std::string form;
  for (const auto& said : cloud_.said()) form += said.form;
  EXPECT_THAT(form, AllOf(HasSubstr("name=\"chat_id\"\r\n\r\n7\r\n"), HasSubstr("the rest of a video"),
                          HasSubstr("name=\"reply_to_message_id\"\r\n\r\n1\r\n"), HasSubstr("funny cats")));
  EXPECT_THAT(cloud_.edits(), ElementsAre(texts::kFetching, texts::kSending));
  EXPECT_EQ(cloud_.count("deleteMessage"), 1) << "the line is gone when the film is there";
}

TEST_F(WorkerTest, BeginsItsStatusLineOnce) {
  fail_s3_of("videos/7/" + job().id() + ".mp4");
  EXPECT_THAT(handle({asked("cats")}), ElementsAre("m-1"));
  cloud_.intercept(nullptr);
  EXPECT_THAT(handle({asked("cats", 1, "7", 2)}), IsEmpty());
  EXPECT_EQ(cloud_.count("sendMessage"), 1) << "the second delivery goes on with the line of the first";
  EXPECT_EQ(cloud_.count("deleteMessage"), 1);
}

TEST_F(WorkerTest, AnswersTheExercisesOwnMessage) {
  EXPECT_THAT(handle({record("cats", "m-1", {{"chat_id", "42"}})}), IsEmpty());
  EXPECT_EQ(cloud_.count("sendVideo"), 1);
  EXPECT_THAT(handle({record("cats", "m-2", {})}), IsEmpty()) << "nobody to answer: not delivered again and again";
  EXPECT_EQ(runs(), 1);
}

TEST_F(WorkerTest, ARedeliveredMessageIsNeitherStoredNorAnsweredTwice) {
  EXPECT_THAT(handle({asked("cats")}), IsEmpty());
  EXPECT_THAT(handle({asked("cats", 1, "7", 2)}), IsEmpty());
  EXPECT_EQ(cloud_.count("sendVideo"), 1);
  EXPECT_EQ(runs(), 1);
  // The bot had to queue it twice: another message id, the same request.
  auto twice = asked("cats");
  twice["messageId"] = "m-other";
  EXPECT_THAT(handle({twice}), IsEmpty());
  EXPECT_EQ(cloud_.count("sendVideo"), 1);
}

TEST_F(WorkerTest, WhatWasStoredBeforeACrashIsNotFetchedAgain) {
  cloud_.put("vb/videos/7/" + job().id() + ".mp4", std::string(kMp4));
  EXPECT_THAT(handle({asked("cats", 1, "7", 2)}), IsEmpty());
  EXPECT_EQ(runs(), 0);
  EXPECT_EQ(cloud_.count("sendVideo"), 1);
}

TEST_F(WorkerTest, AnAnswerThatWasBegunIsNotSentAgain) {
  cloud_.put("vb/answers/" + job().id(), std::to_string(to_millis(clock_.now()) + 60'000));
  EXPECT_THAT(handle({asked("cats")}), ElementsAre("m-1")) << "its sender may live: wait";
  EXPECT_THAT(cloud_.visibilities(), ElementsAre(std::pair<std::string, int>("r-m-1", 155)));
  cloud_.put("vb/answers/" + job().id(), std::to_string(to_millis(clock_.now()) - 1));
  cloud_.put("vb/work/7/" + job().id() + "/status", "555");
  EXPECT_THAT(handle({asked("cats", 1, "7", 2)}), IsEmpty()) << "it is dead: the status line gets the link";
  EXPECT_EQ(cloud_.count("sendVideo"), 0);
  EXPECT_THAT(cloud_.edits().back(), AllOf(HasSubstr("Here is your video"), HasSubstr("X-Amz-Signature")));
  EXPECT_EQ(cloud_.objects().at("vb/answers/" + job().id()), "answered");
}

TEST_F(WorkerTest, AThrottledAnswerIsTriedAgain) {
  cloud_.intercept([](const FakeCloud::Received& request) -> std::optional<FakeCloud::Reply> {
    if (!request.target.ends_with("/sendVideo")) return std::nullopt;
    return FakeCloud::Reply{.status = 429, .body = R"({"ok":false,"error_code":429,"parameters":{"retry_after":900}})"};
  });
  EXPECT_THAT(handle({asked("cats")}), ElementsAre("m-1"));
  cloud_.intercept(nullptr);
  EXPECT_THAT(handle({asked("cats", 1, "7", 2)}), IsEmpty());
  EXPECT_EQ(cloud_.count("sendVideo"), 1);
  EXPECT_EQ(runs(), 1);
}

TEST_F(WorkerTest, AVideoThatMayHaveBeenSentIsNotSentAgain) {
  int sent = 0;
  cloud_.intercept([&](const FakeCloud::Received& request) -> std::optional<FakeCloud::Reply> {
    if (!request.target.ends_with("/sendVideo")) return std::nullopt;
    ++sent;
    return FakeCloud::Reply{.status = 504};
  });
  EXPECT_THAT(handle({asked("cats")}), IsEmpty());
  EXPECT_THAT(cloud_.edits().back(), HasSubstr("Here is your video")) << "the status line gets the link";
  EXPECT_THAT(handle({asked("cats", 1, "7", 2)}), IsEmpty());
  EXPECT_EQ(sent, 1);
}

TEST_F(WorkerTest, ASentenceThatMayHaveBeenSaidIsNotSaidAgain) {
  int sent = 0;
  cloud_.intercept([&](const FakeCloud::Received& request) -> std::optional<FakeCloud::Reply> {
    if (!request.target.ends_with("/sendMessage") || request.body.find("disable_notification") != std::string::npos)
      return std::nullopt;
    ++sent;
    return FakeCloud::Reply{.status = 502};
  });
  yt_dlp("echo 'ERROR: Private video' >&2; exit 1");
  EXPECT_THAT(handle({asked("cats")}), IsEmpty());
  EXPECT_EQ(sent, 1);
  EXPECT_EQ(cloud_.edits().back(), "That video is private.") << "the status line says it instead";
}

TEST_F(WorkerTest, ALineThatCannotBeDeletedSaysDone) {
  cloud_.intercept([](const FakeCloud::Received& request) -> std::optional<FakeCloud::Reply> {
    if (!request.target.ends_with("/deleteMessage")) return std::nullopt;
    return FakeCloud::Reply{.status = 400, .body = R"({"ok":false,"error_code":400,"description":"too old"})"};
  });
  EXPECT_THAT(handle({asked("cats")}), IsEmpty());
  EXPECT_EQ(cloud_.edits().back(), texts::kDone);
}

TEST_F(WorkerTest, AFailureIsOneMessageWithAButtonToTryAgain) {
  yt_dlp("echo 'ERROR: Private video' >&2; exit 1");
  EXPECT_THAT(handle({asked("https://8.8.8.8/x")}), IsEmpty());
  EXPECT_EQ(cloud_.count("sendMessage"), 2) << "the line, and the sentence";
  EXPECT_EQ(cloud_.count("deleteMessage"), 1) << "of which the line goes";
  std::string line, sentence;
  for (const auto& said : cloud_.said())
    if (said.method == "sendMessage") (json::find(said.parameters, "disable_notification") ? line : sentence) = json::text(said.parameters);
  EXPECT_THAT(line, HasSubstr("cancel:" + job().id()));
  EXPECT_THAT(sentence, AllOf(HasSubstr("retry:" + job().id()), HasSubstr("That video is private.")));
  const auto kept = WorkStore(cloud_.client(), "vb").retry_job("7", job().id());
  ASSERT_TRUE(kept.ok() && *kept);
  EXPECT_EQ((*kept)->text, "https://8.8.8.8/x");
  // As the bot queues it when the button is pressed.
  yt_dlp("cp $here/video.mp4 \"$out\"");
  auto again = asked("https://8.8.8.8/x");
  again["messageAttributes"].get_object()["retry_of"] = json::object{{"stringValue", job().id()}, {"dataType", "String"}};
  EXPECT_THAT(handle({again}), IsEmpty());
  EXPECT_EQ(cloud_.count("sendVideo"), 1);
}

TEST_F(WorkerTest, NoButtonsForWhoCannotHearThem) {
  yt_dlp("echo 'ERROR: Private video' >&2; exit 1");
  EXPECT_THAT(handle({record("cats", "m-1", {{"chat_id", "42"}})}), IsEmpty());
  for (const auto& said : cloud_.said()) EXPECT_THAT(json::text(said.parameters), Not(HasSubstr("reply_markup")));
}

TEST_F(WorkerTest, OneJobIsCancelledByItself) {
  cloud_.put("vb/work/7/" + job(1).id() + "/cancelled", "");
  EXPECT_THAT(handle({asked("cats", 1), asked("dogs", 2)}), IsEmpty());
  EXPECT_EQ(cloud_.count("sendVideo"), 1);
  EXPECT_THAT(cloud_.objects(), Not(Contains(Key("vb/work/7/" + job(1).id() + "/cancelled"))));
}

TEST_F(WorkerTest, AResultIsCalledAsTheFilmWasThatWasSent) {
  Job sent = job();
  sent.file_id = "F1";
  const auto named = [&](const std::string& text) {
    sent.text = text;
    return result_name(sent, Container::mp4);
  };
  EXPECT_EQ(named("holiday.MOV"), "holiday.mp4");
  EXPECT_EQ(named("Straße am Meer.mp4"), "Straße am Meer.mp4");
  EXPECT_EQ(named("../../etc/passwd"), "_.._etc_passwd.mp4");
  EXPECT_EQ(named("a\"b\r\nc.mp4"), "a_b__c.mp4");
  EXPECT_EQ(named("..."), "video.mp4");
  EXPECT_EQ(named(std::string(300, 'x') + ".mp4").size(), 100 + std::string("….mp4").size());
  EXPECT_EQ(result_name(job(), Container::mov), "video.mov") << "what was looked for has no name of a file";
}

TEST_F(WorkerTest, AChatThatIsGoneIsNotTriedAgain) {
  cloud_.intercept([](const FakeCloud::Received& request) -> std::optional<FakeCloud::Reply> {
    if (request.target.find("/send") == std::string::npos) return std::nullopt;
    return FakeCloud::Reply{
        .status = 403,
        .body = R"({"ok":false,"error_code":403,"description":"Forbidden: bot was blocked by the user"})"};
  });
  EXPECT_THAT(handle({asked("cats")}), IsEmpty());
  EXPECT_EQ(cloud_.objects().at("vb/answers/" + job().id()), "answered");
}

TEST_F(WorkerTest, ALargeVideoIsALink) {
  settings_.answers.most_sent = 10;
  EXPECT_THAT(handle({asked("cats")}), IsEmpty());
  EXPECT_EQ(cloud_.count("sendVideo"), 0);
  EXPECT_THAT(cloud_.texts(),
              ElementsAre(AllOf(HasSubstr("Here is your video, for 24 hours: " + cloud_.url() + "/vb/videos/7/"),
                                HasSubstr("X-Amz-Expires=86400"))));
}

TEST_F(WorkerTest, AFailedFetchIsToldInOneSentence) {
  yt_dlp("echo 'ERROR: [youtube] x: Private video. Sign in if you have been granted access' >&2; exit 1");
  EXPECT_THAT(handle({asked("https://8.8.8.8/x")}), IsEmpty());
  EXPECT_THAT(cloud_.texts(), ElementsAre("That video is private."));
  EXPECT_THAT(handle({asked("https://8.8.8.8/x", 1, "7", 2)}), IsEmpty());
  EXPECT_THAT(cloud_.texts(), SizeIs(1));
  yt_dlp("exit 0");
  EXPECT_THAT(handle({asked("cats", 2)}), IsEmpty());
  EXPECT_EQ(cloud_.texts().back(), "I found no video of that name.");
  yt_dlp("echo '<html>' > \"$out\"");
  EXPECT_THAT(handle({asked("cats", 3)}), IsEmpty());
  EXPECT_EQ(cloud_.texts().back(), "What is at that address is not a video.");
  settings_.fetch.program = "/no/such/program";
  EXPECT_THAT(handle({asked("cats", 4)}), IsEmpty());
  EXPECT_THAT(cloud_.texts().back(), HasSubstr("downloader is missing"));
}

TEST_F(WorkerTest, OnlyTheFailedMessagesOfABatchComeBack) {
  fail_s3_of("videos/7/" + job(2).id() + ".mp4");
  EXPECT_THAT(handle({asked("one", 1), asked("two", 2), asked("three", 3, "8")}), ElementsAre("m-2"));
  EXPECT_EQ(cloud_.count("sendVideo"), 2);
  EXPECT_THAT(cloud_.texts(), IsEmpty());
  EXPECT_THAT(handle({asked("two", 2, "7", 3)}), ElementsAre("m-2"));
  EXPECT_THAT(cloud_.texts(), ElementsAre(texts::kWentWrong)) << "on its last delivery the person is told";
}

TEST_F(WorkerTest, WhatIsNoEventFails) {
  Worker worker(settings_, cloud_.client(), *api_, clock_);
  for (const char* payload : {"", "{}", "[]", "{\"Records\":5}"}) {
    sdk::InvocationRequest request;
    request.payload = payload;
    EXPECT_FALSE(worker.handle(request).is_success()) << payload;
  }
  EXPECT_TRUE(read_sqs_event(R"({"Records":[1,null,{},{"messageId":5},{"messageId":"m","body":7}]})").ok());
}

TEST_F(WorkerTest, CancelledWorkIsDropped) {
  cloud_.put("vb/cancelled/7", R"({"date":100,"message_id":1})");
  EXPECT_THAT(handle({asked("cats", 1), asked("dogs", 2)}), IsEmpty());
  EXPECT_EQ(runs(), 1);
  EXPECT_EQ(cloud_.count("sendVideo"), 1);
}

TEST_F(WorkerTest, RunningWorkIsCancelledWithAllItsProcesses) {
  yt_dlp("sleep 60 & echo $! > $here/grandchild; setsid sleep 60 & echo $! >> $here/grandchild; echo started; wait");
  std::thread canceller([&] {
    while (read_all(folder_ / "grandchild").size() < 3) std::this_thread::yield();
    cloud_.put("vb/cancelled/7", R"({"date":100,"message_id":1})");
  });
  EXPECT_THAT(handle({asked("cats")}), IsEmpty());
  canceller.join();
  EXPECT_EQ(cloud_.count("sendVideo"), 0);
  EXPECT_THAT(cloud_.texts(), IsEmpty());
  EXPECT_EQ(cloud_.edits().back(), texts::kCancelled);
  std::istringstream pids(read_all(folder_ / "grandchild"));
  for (std::string pid; std::getline(pids, pid);)
    EXPECT_FALSE(std::filesystem::exists("/proc/" + pid)) << "process " << pid << " is left";
}

TEST_F(WorkerTest, AStatusLineThatHangsHoldsNothingUp) {
  std::promise<void> end;
  sdk::FakeHttpServer hanging([ended = end.get_future().share()](const FakeCloud::Received&) {
    ended.wait();
    return FakeCloud::Reply{};
  });
  BotApiOptions options;
  options.base_url = hanging.url();
  BotApi api(options);
  WorkStore store(cloud_.client(), "vb");
  const Job of = job();
  StatusLine line(of, store, api);
  const auto began = std::chrono::steady_clock::now();
  line.set("Fetching 1 %");
  EXPECT_LT(std::chrono::steady_clock::now() - began, Seconds{60});
  line.set("Fetching 2 %");
  EXPECT_LT(std::chrono::steady_clock::now() - began, Seconds{60}) << "one that may be there is not begun again";
  end.set_value();
}

TEST_F(WorkerTest, AnEndlessFetchIsEnded) {
  yt_dlp("sleep 60");
  EXPECT_THAT(handle({asked("cats")}, Seconds{6}), IsEmpty());
  EXPECT_THAT(cloud_.texts(), ElementsAre(HasSubstr("took longer")));
}

TEST_F(WorkerTest, PrivateAddressesAreRefusedBeforeAnythingStarts) {
  int message = 1;
  for (const char* link :
       {"http://127.0.0.1/x", "http://localhost:8080/", "HTTP://[::1]/", "http://0.0.0.0/",
        "http://169.254.169.254/latest/meta-data/", "http://10.0.0.1", "http://[::ffff:10.0.0.1]/", "http://0x7f.1/",
        "http://user@127.0.0.1/", "http://100.64.0.1/", "http://[fd00:ec2::254]/"}) {
    EXPECT_THAT(handle({asked(link, message++)}), IsEmpty());
    EXPECT_THAT(cloud_.texts().back(), HasSubstr("private address")) << link;
  }
  EXPECT_EQ(runs(), 0);
  settings_.fetch.allowed = *parse_networks("127.0.0.0/8");
  EXPECT_THAT(handle({asked("http://127.0.0.1/x", message)}), IsEmpty());
  EXPECT_EQ(runs(), 1);
}

TEST_F(WorkerTest, TheDownloaderSeesNoSecrets) {
  ::setenv("TELEGRAM_TOKEN", "1:SECRET", 1);
  EXPECT_THAT(handle({asked("cats")}), IsEmpty());
  ::unsetenv("TELEGRAM_TOKEN");
  const std::string environment = read_all(folder_ / "env");
  EXPECT_THAT(environment, Not(HasSubstr("SECRET")));
  EXPECT_THAT(environment, HasSubstr("https_proxy=http://127.0.0.1:"));
}

TEST_F(WorkerTest, GivesASentVideoToFaceBlurAndAnswersWithItsResult) {
  cloud_.give_file("F1", std::string(kMp4));
  EXPECT_THAT(handle({sent_file("F1")}), IsEmpty());
  const std::string key = "polybot/" + job().id() + ".mp4";
  EXPECT_EQ(cloud_.objects().at("fin/" + key), kMp4);
  ASSERT_THAT(cloud_.queued(), SizeIs(1)) << "a note to look after it";
  EXPECT_EQ(cloud_.queued()[0].queue, "results");
  EXPECT_EQ(cloud_.queued()[0].delay, 5);
  EXPECT_EQ(cloud_.count("sendVideo"), 0);
  EXPECT_THAT(handle({sent_file("F1")}), IsEmpty()) << "redelivered while FaceBlur works";
  cloud_.put("fout/" + key, std::string(kMp4) + "blurred");
  EXPECT_THAT(handle({stored("fout", key)}), IsEmpty());
  EXPECT_THAT(handle({stored("fout", key)}), IsEmpty());
  EXPECT_EQ(cloud_.count("sendVideo"), 1);
  const auto objects = cloud_.objects();
  EXPECT_EQ(objects.at("vb/videos/7/" + job().id() + ".mp4"), std::string(kMp4) + "blurred");
  EXPECT_THAT(objects, SizeIs(2)) << "the unblurred video is nowhere any more";
}

TEST_F(WorkerTest, TellsWhyBlurringFailed) {
  cloud_.give_file("F1", std::string(kMp4));
  EXPECT_THAT(handle({sent_file("F1")}), IsEmpty());
  const auto note = [&](int attempt) { return record(check_message({job().id(), attempt}), "c", {}, "results"); };
  EXPECT_THAT(handle({note(0)}), IsEmpty());
  ASSERT_THAT(cloud_.queued(), SizeIs(2)) << "it goes on looking";
  EXPECT_EQ(cloud_.queued()[1].delay, 10);
  cloud_.set_executions(
      {json::object{{"name", "other-1"}, {"status", "FAILED"}},
       json::object{{"name", job().id() + "-abc"}, {"status", "FAILED"}, {"executionArn", "arn"}}},
      {{"error", "DamagedMedia"},
       {"cause",
        R"({"errorMessage":"Face detection of s3://fin/x.mp4 failed: The video is cut short. It ends in a frame.","errorType":"DamagedMedia"})"}});
  EXPECT_THAT(handle({note(1)}), IsEmpty());
  EXPECT_THAT(handle({note(1)}), IsEmpty());
  EXPECT_THAT(cloud_.texts(), ElementsAre("I could not blur that video: The video is cut short."));
  EXPECT_THAT(cloud_.objects(), SizeIs(2)) << "the marker, and what was asked, to be tried again; no video";
}

TEST_F(WorkerTest, ANoteThatFailsToTheLastIsFollowedByTheNext) {
  cloud_.give_file("F1", std::string(kMp4));
  EXPECT_THAT(handle({sent_file("F1")}), IsEmpty());
  const auto note = [&](int count) { return record(check_message({job().id(), 1}), "c", {}, "results", count); };
  fail_s3_of("vb/answers/");
  EXPECT_THAT(handle({note(2)}), ElementsAre("c"));
  EXPECT_THAT(cloud_.queued(), SizeIs(1));
  EXPECT_THAT(handle({note(3)}), IsEmpty());
  ASSERT_THAT(cloud_.queued(), SizeIs(2));
  EXPECT_EQ(cloud_.queued()[1].body, check_message({job().id(), 2}));
  EXPECT_EQ(cloud_.queued()[1].delay, 20);
  EXPECT_THAT(handle({note(3)}, Seconds{1}), IsEmpty()) << "also when no time was left for it";
  EXPECT_THAT(cloud_.queued(), SizeIs(3));
  cloud_.intercept([](const FakeCloud::Received& request) -> std::optional<FakeCloud::Reply> {
    const bool sends = request.headers.get_or("x-amz-target", "") == "AmazonSQS.SendMessage";
    if (!sends && request.target.find("vb/answers/") == std::string::npos) return std::nullopt;
    return FakeCloud::Reply{.status = 500};
  });
  EXPECT_THAT(handle({note(3)}), ElementsAre("c")) << "when even that fails";
}

TEST_F(WorkerTest, GivesUpABlurThatNeverEnds) {
  cloud_.give_file("F1", std::string(kMp4));
  EXPECT_THAT(handle({sent_file("F1")}), IsEmpty());
  EXPECT_THAT(handle({record(check_message({job().id(), 30}), "c", {}, "results")}), IsEmpty());
  EXPECT_THAT(cloud_.texts(), ElementsAre(HasSubstr("took too long")));
}

TEST_F(WorkerTest, ACancelledBlurIsDroppedAndItsLateResultRemoved) {
  cloud_.give_file("F1", std::string(kMp4));
  EXPECT_THAT(handle({sent_file("F1")}), IsEmpty());
  cloud_.put("vb/cancelled/7", R"({"date":100,"message_id":1})");
  EXPECT_THAT(handle({record(check_message({job().id(), 1}), "c", {}, "results")}), IsEmpty());
  const std::string key = "polybot/" + job().id() + ".mp4";
  EXPECT_THAT(cloud_.objects(), Not(Contains(Key("fin/" + key))));
  cloud_.put("fout/" + key, std::string(kMp4));
  EXPECT_THAT(handle({stored("fout", key)}), IsEmpty());
  EXPECT_THAT(cloud_.objects(), Not(Contains(Key("fout/" + key))));
  EXPECT_EQ(cloud_.count("sendVideo"), 0);
  EXPECT_THAT(cloud_.texts(), IsEmpty());
}

TEST_F(WorkerTest, ALostNotificationIsMadeUpFor) {
  cloud_.give_file("F1", std::string(kMp4));
  EXPECT_THAT(handle({sent_file("F1")}), IsEmpty());
  cloud_.put("fout/polybot/" + job().id() + ".mp4", std::string(kMp4));
  EXPECT_THAT(handle({record(check_message({job().id(), 1}), "c", {}, "results")}), IsEmpty());
  EXPECT_EQ(cloud_.count("sendVideo"), 1);
}

TEST_F(WorkerTest, AFileThatIsNoVideoIsRefused) {
  cloud_.give_file("F1", "PK this is an archive");
  cloud_.give_file("F2", "\x1a\x45\xdf\xa3 this is a webm");
  EXPECT_THAT(handle({sent_file("F1")}), IsEmpty());
  auto second = sent_file("F2");
  second["messageAttributes"].get_object()["message_id"].get_object()["stringValue"] = "2";
  EXPECT_THAT(handle({second}), IsEmpty());
  EXPECT_THAT(cloud_.texts(), ElementsAre(texts::kOnlyMp4AndMov, texts::kOnlyMp4AndMov));
  auto gone = sent_file("F3");
  gone["messageAttributes"].get_object()["message_id"].get_object()["stringValue"] = "3";
  EXPECT_THAT(handle({gone}), IsEmpty());
  EXPECT_THAT(cloud_.texts().back(), HasSubstr("send it again"));
}

TEST_F(WorkerTest, ResultsOfOthersAreLeftAlone) {
  EXPECT_THAT(handle({stored("fout", "faces.mp4"), stored("fout", "polybot/not-a-job.mp4"),
                      stored("other", "polybot/" + job().id() + ".mp4"),
                      record(R"({"Service":"Amazon S3","Event":"s3:TestEvent"})", "t", {}, "results"),
                      record("no JSON", "n", {}, "results")}),
              IsEmpty());
  EXPECT_THAT(cloud_.said(), IsEmpty());
}

TEST_F(WorkerTest, ChatsNeverCross) {
  std::vector<json::object> batch;
  for (int i = 0; i < 20; ++i) batch.push_back(asked("message " + std::to_string(i), i, i % 2 ? "7" : "8"));
  EXPECT_THAT(handle(std::move(batch)), IsEmpty());
  int seen = 0;
  for (const auto& said : cloud_.said()) {
    if (said.method != "sendVideo") continue;
    const auto at = said.form.find("message ");
    const int number = std::stoi(said.form.substr(at + 8));
    EXPECT_THAT(said.form, HasSubstr(number % 2 ? "\r\n\r\n7\r\n" : "\r\n\r\n8\r\n"));
    ++seen;
  }
  EXPECT_EQ(seen, 20);
}

TEST(SettingsTest, ComeFromTheEnvironment) {
  std::map<std::string, std::string> values{{"VIDEOS_BUCKET", "v"}};
  const sdk::Environment environment = [&](std::string_view name) -> std::optional<std::string> {
    const auto found = values.find(std::string(name));
    return found == values.end() ? std::nullopt : std::optional(found->second);
  };
  EXPECT_EQ(worker_settings(environment)->videos_bucket, "v");
  values["ALLOWED_NETWORKS"] = "127.0.0.0/8, fd00::/8";
  EXPECT_THAT(worker_settings(environment)->fetch.allowed, SizeIs(2));
  for (const char* bad : {"300.0.0.0/8", "10.0.0.0/33", "10.0.0.0/x", "localhost", "::/129"}) {
    values["ALLOWED_NETWORKS"] = bad;
    EXPECT_FALSE(worker_settings(environment).ok()) << bad;
  }
  values.erase("ALLOWED_NETWORKS");
  values["MAX_DOWNLOAD_MB"] = "0";
  EXPECT_FALSE(worker_settings(environment).ok());
  values.clear();
  EXPECT_FALSE(worker_settings(environment).ok());
}

}  // namespace
}  // namespace cumulet::polybot
