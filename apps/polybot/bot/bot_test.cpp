#include "apps/polybot/bot/bot.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>
#include <future>

#include "apps/polybot/common/texts.hpp"
#include "apps/polybot/testing/fake_cloud.hpp"
#include "base/manual_time.hpp"
#include "sdk/errors.hpp"

namespace cumulet::polybot {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Sends at once, on the caller's thread.
class DirectReplies final : public Replies {
 public:
  explicit DirectReplies(BotApi& api) : api_(api) {}
  void say(Reply reply) override { (void)api_.call("sendMessage", {{"chat_id", reply.chat_id}, {"text", reply.text}}); }

 private:
  BotApi& api_;
};

class BotTest : public testing::Test {
 protected:
  BotTest() {
    config_.bot_to_worker_queue_name = "work";
    config_.token = "1:T";
    BotApiOptions options;
    options.base_url = cloud_.url();
    options.token = config_.token;
    options.sleep = [](Milliseconds) {};
    api_.emplace(options);
    replies_.emplace(*api_);
    queue_.emplace(cloud_.client());
    store_.emplace(cloud_.client(), "videos-bucket");
    bot_.emplace(config_, *api_, *queue_, &*store_, *replies_);
    bot_->set_name("PolyBot");
    std::string folder = (std::filesystem::temp_directory_path() / "polybot_bot_test.XXXXXX").string();
    folder_ = mkdtemp(folder.data());
  }
  ~BotTest() override { std::filesystem::remove_all(folder_); }

  static std::string update(std::int64_t id, const std::string& content, std::int64_t chat = 7) {
    return R"({"update_id":)" + std::to_string(id) + R"(,"message":{"message_id":)" + std::to_string(id + 1000) +
           R"(,"date":1700000000,"chat":{"id":)" + std::to_string(chat) + R"(,"type":"private"},)" + content + "}}";
  }
  void receive(const std::string& content, std::int64_t chat = 7) {
    for (const auto& one : read_updates(*json::parse('[' + update(next_++, content, chat) + ']'))) bot_->handle(one);
  }
  void write(const std::string& text, std::int64_t chat = 7) {
    std::string quoted;
    json::append_quoted(quoted, text);
    receive("\"text\":" + quoted, chat);
  }
  // Runs the bot until the updates are used up, and a little longer.
  Result<void> run(const OffsetStore& offsets, int sleeps = 3) {
    std::atomic<bool> stopping = false;
    int polls = 0;
    cloud_.intercept([&](const FakeCloud::Received& request) -> std::optional<FakeCloud::Reply> {
      if (request.target.ends_with("/getUpdates") && ++polls > 10) stopping = true;
      return answer_ ? answer_(request) : std::nullopt;
    });
    return bot_->run(offsets, stopping, [&](Milliseconds time) {
      slept_.push_back(time);
      if (--sleeps <= 0) stopping = true;
    });
  }

  FakeCloud cloud_;
  ManualTime time_;
  BotConfig config_;
  std::optional<BotApi> api_;
  std::optional<DirectReplies> replies_;
  std::optional<sdk::Sqs> queue_;
  std::optional<WorkStore> store_;
  std::optional<Bot> bot_;
  std::int64_t next_ = 1;
  std::filesystem::path folder_;
  std::function<std::optional<FakeCloud::Reply>(const FakeCloud::Received&)> answer_;
  std::vector<Milliseconds> slept_;
};

TEST_F(BotTest, PutsATextOnTheQueueAndSaysSo) {
  write("funny cats", -42);
  const auto queued = cloud_.queued();
  ASSERT_EQ(queued.size(), 1u);
  EXPECT_EQ(queued[0].queue, "work");
  EXPECT_EQ(queued[0].body, "funny cats");
  EXPECT_EQ(queued[0].attributes.at("chat_id"), "-42");
  EXPECT_FALSE(queued[0].attributes.contains("kind"));
  EXPECT_THAT(cloud_.texts(), ElementsAre("Your message is being processed..."));
}

TEST_F(BotTest, SaysWhenTheQueueFails) {
  cloud_.intercept([](const FakeCloud::Received& request) -> std::optional<FakeCloud::Reply> {
    if (request.headers.get_or("x-amz-target", "") != "AmazonSQS.SendMessage") return std::nullopt;
    return FakeCloud::Reply{.status = 400, .body = R"({"__type":"com.amazonaws.sqs#QueueDoesNotExist"})"};
  });
  write("cats");
  EXPECT_THAT(cloud_.texts(), ElementsAre("Something went wrong, please try again..."));
  EXPECT_THAT(*store_->open_work("7", 10), testing::IsEmpty());
  EXPECT_TRUE(cloud_.objects().empty()) << "not marked as answered: it may be on the queue after all";
  cloud_.intercept(nullptr);
  write("cats");
  EXPECT_EQ(cloud_.texts().back(), "Your message is being processed...");
}

TEST_F(BotTest, WorksWithTheExercisesConfigurationAlone) {
  bot_.emplace(config_, *api_, *queue_, nullptr, *replies_);
  write("cats");
  EXPECT_EQ(cloud_.queued().size(), 1u);
  EXPECT_TRUE(cloud_.objects().empty());
  write("/status");
  EXPECT_THAT(cloud_.texts().back(), HasSubstr("switched off"));
}

TEST_F(BotTest, AVideoIsToBeBlurred) {
  receive(R"("video":{"file_id":"F1","mime_type":"video/mp4"})");
  receive(R"("document":{"file_id":"F2","file_name":"holiday.MOV"})");
  receive(R"("document":{"file_id":"F3","file_name":"thesis.pdf","mime_type":"application/pdf"})");
  const auto queued = cloud_.queued();
  ASSERT_EQ(queued.size(), 2u);
  EXPECT_EQ(queued[0].attributes.at("kind"), "blur");
  EXPECT_EQ(queued[0].attributes.at("file_id"), "F1");
  EXPECT_EQ(queued[1].body, "holiday.MOV");
  EXPECT_EQ(cloud_.texts().back(), texts::kOnlyMp4AndMov);
}

TEST_F(BotTest, BlursALink) {
  write("/blur@PolyBot  https://example.com/v.mp4 please");
  write("/blur cats");
  ASSERT_EQ(cloud_.queued().size(), 1u);
  EXPECT_EQ(cloud_.queued()[0].body, "https://example.com/v.mp4");
  EXPECT_EQ(cloud_.queued()[0].attributes.at("kind"), "blur");
  EXPECT_THAT(cloud_.texts().back(), HasSubstr("/blur LINK"));
}

TEST_F(BotTest, FindsTheLinkWhereverItStands) {
  const auto queued = [&](const std::string& content) {
    receive(content);
    return cloud_.queued().empty() ? std::string() : cloud_.queued().back().body;
  };
  // Behind words; the emoji counts as two units.
  EXPECT_EQ(
      queued(R"("text":"this one","entities":[{"type":"text_link","offset":0,"length":4,"url":"https://x.y/1"}])"),
      "https://x.y/1");
  EXPECT_EQ(queued("\"text\":\"\xF0\x9F\x98\x80 youtu.be/2 now\",\"entities\":[{\"type\":\"url\",\"offset\":3,"
                   "\"length\":10}]"),
            "https://youtu.be/2");
  // A caption, and one's entities.
  EXPECT_EQ(queued(R"("photo":[{"file_id":"P"}],"caption":"like here: https://x.y/3")"), "https://x.y/3");
  EXPECT_EQ(queued(R"("document":{"file_id":"D","file_name":"a.pdf"},"caption":"here",)"
                   R"("caption_entities":[{"type":"text_link","offset":0,"length":4,"url":"https://x.y/4"}])"),
            "https://x.y/4");
  // Among words the worker finds it: the text goes as it is.
  EXPECT_EQ(queued(R"("text":"look: https://x.y/5 !")"), "look: https://x.y/5 !");
  const auto before = cloud_.queued().size();
  receive(R"("photo":[{"file_id":"P"}],"caption":"my holiday")");
  EXPECT_THAT(cloud_.texts().back(), HasSubstr("I understand the name of a video"));
  receive(R"("document":{"file_id":"D","file_name":"a.pdf"},"caption":"read this")");
  EXPECT_EQ(cloud_.texts().back(), texts::kOnlyMp4AndMov);
  EXPECT_EQ(cloud_.queued().size(), before);
  // What entities say may be anything.
  for (const char* entity :
       {R"({"type":"url","offset":-1,"length":5})", R"({"type":"url","offset":0,"length":999})", R"({"type":"url"})",
        R"({"type":"text_link","url":"javascript:x"})", "5", R"({"type":"url","offset":0,"length":9})"})
    EXPECT_EQ(queued(R"("text":"readme.md","entities":[)" + std::string(entity) + "]"), "readme.md") << entity;
}

TEST_F(BotTest, BlursWhatIsAnswered) {
  receive(
      R"("text":"/blur","reply_to_message":{"message_id":3,"chat":{"id":7},"video":{"file_id":"F9","file_name":"a.mp4"}})");
  ASSERT_EQ(cloud_.queued().size(), 1u);
  EXPECT_EQ(cloud_.queued()[0].attributes.at("file_id"), "F9");
  EXPECT_EQ(cloud_.queued()[0].attributes.at("kind"), "blur");
  EXPECT_EQ(cloud_.queued()[0].attributes.at("message_id"), "1001") << "the command's own";
  receive(R"("text":"/blur@PolyBot","reply_to_message":{"message_id":3,"text":"see https://x.y/v.mp4, it is fun"})");
  ASSERT_EQ(cloud_.queued().size(), 2u);
  EXPECT_EQ(cloud_.queued()[1].body, "https://x.y/v.mp4");
  EXPECT_EQ(cloud_.queued()[1].attributes.at("kind"), "blur");
  receive(R"("text":"/blur https://x.y/w.mp4","reply_to_message":{"message_id":3,"video":{"file_id":"F9"}})");
  EXPECT_EQ(cloud_.queued().back().body, "https://x.y/w.mp4") << "the link that was given, not what is answered";
  receive(R"("text":"/blur","reply_to_message":{"message_id":3,"document":{"file_id":"D","file_name":"a.pdf"}})");
  EXPECT_EQ(cloud_.texts().back(), texts::kOnlyMp4AndMov);
  receive(R"("text":"/blur","reply_to_message":{"message_id":3,"text":"cats"})");
  receive(R"("text":"/blur","reply_to_message":5)");
  EXPECT_THAT(cloud_.texts().back(), HasSubstr("/blur LINK"));
  receive(R"("photo":[{"file_id":"P"}],"caption":"/blur https://x.y/z.mp4")");
  EXPECT_EQ(cloud_.queued().back().body, "https://x.y/z.mp4");
  EXPECT_EQ(cloud_.queued().back().attributes.at("kind"), "blur");
}

TEST_F(BotTest, FollowsAGroupThatBecameASupergroup) {
  config_.allowed_chats = {-5};
  receive(R"("migrate_to_chat_id":-100123)", -5);
  write("cats", -100123);
  ASSERT_EQ(cloud_.queued().size(), 1u);
  EXPECT_EQ(cloud_.queued()[0].attributes.at("chat_id"), "-100123");
  receive(R"("migrate_to_chat_id":-100999)", -6);
  write("cats", -100999);
  EXPECT_EQ(cloud_.queued().size(), 1u) << "a group that was not allowed";
}

TEST_F(BotTest, KnowsWhatIsBeingWorkedOnAndCancelsIt) {
  write("/status");
  EXPECT_THAT(cloud_.texts().back(), HasSubstr("Nothing is waiting"));
  write("cats");
  write("dogs");
  write("birds", 8);
  write("/status");
  EXPECT_THAT(cloud_.texts().back(),
              HasSubstr("2 messages are being worked on or wait:\n• cats – waits\n• dogs – waits"));
  write("/cancel");
  EXPECT_EQ(cloud_.texts().back(), "Cancelled: 2 messages.");
  write("/status");
  EXPECT_THAT(cloud_.texts().back(), HasSubstr("Nothing is waiting"));
  Job job{
      .chat_id = "7", .wish = Wish::fetch, .text = {}, .file_id = {}, .place = Place{1700000000, 1002}, .retry_of = {}, .queue_id = {}};
  EXPECT_TRUE(*store_->is_cancelled(job));
  job.place->message_id = 2000;
  EXPECT_FALSE(*store_->is_cancelled(job)) << "what comes after /cancel is not cancelled";
  job.chat_id = "8";
  job.place->message_id = 1003;
  EXPECT_FALSE(*store_->is_cancelled(job)) << "nor what another chat wants";
}

TEST_F(BotTest, DeletesAChatsVideosOnly) {
  cloud_.put("videos-bucket/videos/7/a.mp4", "x");
  cloud_.put("videos-bucket/videos/7/b.mp4", "x");
  cloud_.put("videos-bucket/videos/77/c.mp4", "x");
  write("/delete");
  EXPECT_EQ(cloud_.texts().back(), "Deleted 2 videos.");
  EXPECT_EQ(cloud_.objects().size(), 1u);
}

TEST_F(BotTest, TalksToAllowedChatsOnly) {
  config_.allowed_chats = {7};
  write("cats", 8);
  write("cats", 8);
  EXPECT_TRUE(cloud_.queued().empty());
  EXPECT_THAT(cloud_.texts(), ElementsAre(HasSubstr("its id is 8")));
  write("cats", 7);
  EXPECT_EQ(cloud_.queued().size(), 1u);
}

TEST_F(BotTest, AnswersOddMessages) {
  write("/nonsense");
  EXPECT_THAT(cloud_.texts().back(), HasSubstr("do not know that command"));
  write("   \n");
  receive(R"("sticker":{"file_id":"S"})");
  EXPECT_THAT(cloud_.texts().back(), HasSubstr("/help"));
  write(std::string(4097, 'x'));
  EXPECT_THAT(cloud_.texts().back(), HasSubstr("too long"));
  EXPECT_TRUE(cloud_.queued().empty());
  const auto before = cloud_.texts().size();
  receive(R"("new_chat_members":[{"id":1}])");
  write("/help@SomebodyElsesBot");
  EXPECT_EQ(cloud_.texts().size(), before) << "what is not for the bot is not answered";
  write("/help@polybot");
  EXPECT_EQ(cloud_.texts().size(), before + 1);
  write(
      "a\x01"
      "b");
  EXPECT_EQ(cloud_.queued().at(0).body, "a b");
}

TEST_F(BotTest, MalformedUpdatesAreLeftOut) {
  for (const char* text :
       {"{}", "[]", "[1,null,\"x\",[]]", R"([{"update_id":"1"}])", R"([{"update_id":-1}])", R"([{"update_id":1e30}])",
        R"([{"message":{"message_id":1,"chat":{"id":7},"text":"no id"}}])"})
    EXPECT_TRUE(read_updates(*json::parse(text)).empty()) << text;
  for (const char* message : {"1", "{}", R"({"message_id":1})", R"({"message_id":1,"chat":7,"text":"x"})",
                              R"({"message_id":"1","chat":{"id":7},"text":"x"})"}) {
    const auto updates = read_updates(*json::parse(R"([{"update_id":5,"message":)" + std::string(message) + "}]"));
    ASSERT_EQ(updates.size(), 1u);
    EXPECT_FALSE(updates[0].message) << message;
  }
  const auto wrong = read_updates(*json::parse(
      R"([{"update_id":5,"message":{"message_id":1,"chat":{"id":7},"text":5,"video":"x","document":{"file_id":7}}}])"));
  ASSERT_TRUE(wrong.at(0).message);
  EXPECT_FALSE(wrong[0].message->file);
}

TEST_F(BotTest, KeepsItsOffsetAcrossRestarts) {
  const OffsetStore offsets(folder_ / "state", "1:T", time_);
  cloud_.set_updates({'[' + update(50, R"("text":"one")") + ',' + update(51, R"("text":"two")") + ']'});
  ASSERT_TRUE(run(offsets).ok());
  EXPECT_EQ(cloud_.queued().size(), 2u);
  EXPECT_EQ(offsets.load(), 52);
  // Started again: a server that lost the confirmation brings the last one again.
  cloud_.set_updates({'[' + update(51, R"("text":"two")") + ',' + update(52, R"("text":"three")") + ']'});
  const auto before = cloud_.said().size();
  ASSERT_TRUE(run(offsets).ok());
  EXPECT_EQ(cloud_.queued().size(), 3u);
  EXPECT_EQ(cloud_.queued().back().body, "three");
  EXPECT_EQ(json::find(cloud_.said().at(before).parameters, "offset")->get_int64(), 52);
  EXPECT_EQ(OffsetStore(folder_ / "state", "2:T", time_).load(), std::nullopt) << "of another bot";
  time_.advance(std::chrono::hours(24 * 7));
  EXPECT_EQ(offsets.load(), std::nullopt) << "Telegram may have begun anew";
}

TEST_F(BotTest, WaitsOutWhatPasses) {
  const OffsetStore offsets(folder_, "1:T", time_);
  int call = 0;
  answer_ = [&](const FakeCloud::Received& request) -> std::optional<FakeCloud::Reply> {
    if (!request.target.ends_with("/getUpdates")) return std::nullopt;
    switch (++call) {
      case 1:
        return FakeCloud::Reply{.status = 429,
                                .body = R"({"ok":false,"error_code":429,"parameters":{"retry_after":9}})"};
      case 2: return FakeCloud::Reply{.status = 502};
      case 3:
      case 4: return FakeCloud::Reply{.close_before = true};  // libcurl itself tries a closed connection once more
      case 5:
        return FakeCloud::Reply{.status = 409, .body = R"({"ok":false,"error_code":409,"description":"Conflict"})"};
      case 6: return FakeCloud::Reply{.body = R"({"ok":true,"result":[{"no_id":1}]})"};
      default: return std::nullopt;
    }
  };
  cloud_.set_updates({'[' + update(5, R"("text":"cats")") + ']'});
  ASSERT_TRUE(run(offsets, 100).ok());
  ASSERT_GE(slept_.size(), 5u);
  slept_.resize(5);  // then the pauses between polls that a server answers at once
  EXPECT_THAT(slept_, ElementsAre(Milliseconds{9000}, Milliseconds{1000}, Milliseconds{2000}, Milliseconds{4000},
                                  Milliseconds{8000}));
  EXPECT_EQ(cloud_.queued().size(), 1u);
}

TEST_F(BotTest, AServerThatDoesNotWaitIsNotAskedWithoutEnd) {
  const OffsetStore offsets(folder_, "1:T", time_);
  ASSERT_TRUE(run(offsets, 2).ok());
  EXPECT_EQ(cloud_.count("getUpdates"), 2);
  EXPECT_THAT(slept_, ElementsAre(Milliseconds{500}, Milliseconds{500}));
  slept_.clear();
  cloud_.set_updates({"\"nonsense\"", "{}", "5"});
  ASSERT_TRUE(run(offsets, 3).ok());
  EXPECT_THAT(slept_, ElementsAre(Milliseconds{1000}, Milliseconds{2000}, Milliseconds{4000}));
}

TEST_F(BotTest, EndsWhenTheTokenIsRefused) {
  const OffsetStore offsets(folder_, "1:T", time_);
  answer_ = [](const FakeCloud::Received&) {
    return FakeCloud::Reply{.status = 401, .body = R"({"ok":false,"error_code":401,"description":"Unauthorized"})"};
  };
  const auto out = run(offsets);
  ASSERT_FALSE(out.ok());
  EXPECT_TRUE(out.error().is(kBadToken));
}

TEST_F(BotTest, AHundredMessagesAtOnceAreAllQueuedWhileRepliesAreThrottled) {
  const SystemClock clock;
  int refused = 0;
  cloud_.intercept([&](const FakeCloud::Received& request) -> std::optional<FakeCloud::Reply> {
    if (!request.target.ends_with("/sendMessage") || request.body.find("\"chat_id\":7,") == std::string::npos)
      return {};
    ++refused;
    return FakeCloud::Reply{.status = 429, .body = R"({"ok":false,"error_code":429,"parameters":{"retry_after":30}})"};
  });
  SendingReplies replies(*api_, clock);
  bot_.emplace(config_, *api_, *queue_, &*store_, replies);
  for (int i = 0; i < 100; ++i) write("message " + std::to_string(i));
  write("of another chat", 8);
  EXPECT_EQ(cloud_.queued().size(), 101u);
  replies.stop(Milliseconds{300});
  EXPECT_EQ(refused, 1) << "a throttled chat is left alone as long as the server says";
  EXPECT_EQ(cloud_.count("sendMessage"), 1) << "and holds up no other";
}

TEST_F(BotTest, AReplyThatMayHaveArrivedIsSentOnceMoreAtMost) {
  const SystemClock clock;
  std::atomic<int> sent = 0;
  cloud_.intercept([&](const FakeCloud::Received& request) -> std::optional<FakeCloud::Reply> {
    if (!request.target.ends_with("/sendMessage")) return {};
    if (request.body.find("the second") == std::string::npos) {
      ++sent;
      return FakeCloud::Reply{.status = 502};
    }
    return {};
  });
  SendingReplies replies(*api_, clock);
  replies.say({7, 0, "the first"});
  replies.say({7, 0, "the second"});
  replies.stop(Milliseconds{10'000});
  EXPECT_EQ(sent, 2);
  EXPECT_THAT(cloud_.texts(), ElementsAre("the second"));
}

TEST_F(BotTest, AReplyThatHangsHoldsUpNoEnd) {
  const SystemClock clock;
  std::atomic<bool> given_up = false, asked = false;
  std::promise<void> end;
  sdk::FakeHttpServer server([&, ended = end.get_future().share()](const FakeCloud::Received&) {
    asked = true;
    ended.wait();
    return FakeCloud::Reply{};
  });
  BotApiOptions options;
  options.base_url = server.url();
  options.token = "1:T";
  options.cancelled = &given_up;
  BotApi api(options);
  SendingReplies replies(api, clock, &given_up);
  replies.say({7, 0, "x"});
  while (!asked) std::this_thread::yield();
  const auto began = std::chrono::steady_clock::now();
  replies.stop(Milliseconds{100});
  EXPECT_LT(std::chrono::steady_clock::now() - began, Seconds{60});
  end.set_value();
}

class ConfigTest : public testing::Test {
 protected:
  ConfigTest() {
    std::string folder = (std::filesystem::temp_directory_path() / "polybot_config_test.XXXXXX").string();
    folder_ = mkdtemp(folder.data());
    values_["TELEGRAM_TOKEN_FILE"] = (folder_ / ".telegramToken").string();
    write(".telegramToken", "123:ABC-def\n");
  }
  ~ConfigTest() override { std::filesystem::remove_all(folder_); }
  void write(const std::string& name, const std::string& text) { std::ofstream(folder_ / name) << text; }
  Result<BotConfig> load(const std::string& text) {
    write("config.json", text);
    return load_config(folder_ / "config.json", [this](std::string_view name) -> std::optional<std::string> {
      const auto found = values_.find(std::string(name));
      return found == values_.end() ? std::nullopt : std::optional(found->second);
    });
  }
  std::filesystem::path folder_;
  std::map<std::string, std::string> values_;
};

TEST_F(ConfigTest, TakesTheExercisesKeys) {
  const auto config =
      load(R"({"aws_region":"eu-central-1","bot_to_worker_queue_name":"q","autoscaling_group_name":"x"})");
  ASSERT_TRUE(config.ok()) << config.error().message();
  EXPECT_EQ(config->aws_region, "eu-central-1");
  EXPECT_EQ(config->bot_to_worker_queue_name, "q");
  EXPECT_EQ(config->telegram_api_url, "https://api.telegram.org");
  EXPECT_EQ(config->token, "123:ABC-def");
}

TEST_F(ConfigTest, TheEnvironmentWins) {
  values_["BOT_TO_WORKER_QUEUE_NAME"] = "other";
  values_["ALLOWED_CHATS"] = "7, -8";
  values_["TELEGRAM_TOKEN"] = "9:Z";
  const auto config = load(R"({"bot_to_worker_queue_name":"q","allowed_chats":[1]})");
  ASSERT_TRUE(config.ok()) << config.error().message();
  EXPECT_EQ(config->bot_to_worker_queue_name, "other");
  EXPECT_THAT(config->allowed_chats, ElementsAre(-8, 7));
  EXPECT_EQ(config->token, "9:Z");
}

TEST_F(ConfigTest, SaysWhatIsWrong) {
  const auto says = [&](const std::string& text, const std::string& words) {
    const auto config = load(text);
    ASSERT_FALSE(config.ok()) << text;
    EXPECT_THAT(config.error().message(), HasSubstr(words));
  };
  says("{}", "bot_to_worker_queue_name");
  says("{", "no JSON");
  says("[]", "JSON object");
  says(R"({"bot_to_worker_queue_name":5})", "must be a text");
  says(R"({"bot_to_worker_queue_name":"q","allowed_chats":["x"]})", "allowed_chats");
  says(R"({"bot_to_worker_queue_name":"q","telegram_api_url":"ftp://x"})", "telegram_api_url");
  write(".telegramToken", "SECRET with blanks");
  const auto config = load(R"({"bot_to_worker_queue_name":"q"})");
  ASSERT_FALSE(config.ok());
  EXPECT_EQ(config.error().message().find("SECRET"), std::string::npos);
  std::filesystem::remove(folder_ / ".telegramToken");
  says(R"({"bot_to_worker_queue_name":"q"})", "there is no bot token");
}

// -- buttons, albums, groups

constexpr std::string_view kFailedJob = "0123456789abcdef0123456789abcdef";

class ButtonsTest : public BotTest {
 protected:
  void press(const std::string& data, std::int64_t chat = 7) {
    const std::string update = R"([{"update_id":)" + std::to_string(next_++) + R"(,"callback_query":{"id":"q1","data":")" + data +
                               R"(","message":{"message_id":555,"date":1700000000,"chat":{"id":)" + std::to_string(chat) +
                               R"(,"type":"private"}}}}])";
    for (const auto& one : read_updates(*json::parse(update))) bot_->handle(one);
  }
  // What the last call of that method brought.
  json::value last(std::string_view method) {
    json::value out;
    for (const auto& said : cloud_.said())
      if (said.method == method) out = said.parameters;
    return out;
  }
  Job failed() {
    Job job;
    job.chat_id = "7";
    job.text = "https://example.com/film";
    job.place = Place{100, 42};
    EXPECT_TRUE(store_->put_retry(job).ok());
    return job;
  }
};

TEST_F(ButtonsTest, CancelDropsOneJob) {
  write("cats");
  write("dogs");
  const auto work = *store_->open_work("7", 10);
  ASSERT_EQ(work.size(), 2u);
  press("cancel:" + work[0].job_id);
  EXPECT_EQ(json::text_at(last("answerCallbackQuery"), "text"), texts::kCancelled);
  EXPECT_EQ(json::text_at(last("answerCallbackQuery"), "callback_query_id"), "q1");
  EXPECT_THAT(cloud_.edits(), ElementsAre(texts::kCancelled));
  const auto left = *store_->open_work("7", 10);
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left[0].job_id, work[1].job_id);
}

TEST_F(ButtonsTest, WhatIsAnsweredIsNotCancelled) {
  cloud_.put("videos-bucket/answers/" + std::string(kFailedJob), "answered");
  press("cancel:" + std::string(kFailedJob));
  EXPECT_EQ(json::text_at(last("answerCallbackQuery"), "text"), "That is done already.");
  EXPECT_THAT(cloud_.edits(), testing::IsEmpty());
  EXPECT_EQ(cloud_.objects().size(), 1u);
}

TEST_F(ButtonsTest, RetryQueuesTheSameUnderAnIdOfItsOwn) {
  const Job job = failed();
  press("retry:" + job.id());
  ASSERT_EQ(cloud_.queued().size(), 1u);
  const auto queued = cloud_.queued()[0];
  EXPECT_EQ(queued.body, job.text);
  EXPECT_EQ(queued.attributes.at("retry_of"), job.id());
  EXPECT_EQ(queued.attributes.at("message_id"), "42") << "answered as the request was";
  const auto again = *job_of(queued.body, queued.attributes, "m-1");
  EXPECT_NE(again.id(), job.id());
  EXPECT_EQ(store_->status_message(again), 555) << "the line goes on where the failure stood";
  EXPECT_THAT(cloud_.edits(), ElementsAre(texts::kWaiting));
  press("retry:" + job.id());
  EXPECT_EQ(cloud_.queued().size(), 1u);
  EXPECT_THAT(json::text_at(last("answerCallbackQuery"), "text"), HasSubstr("send it again"));
}

TEST_F(ButtonsTest, ARetryThatCannotBeQueuedMayBePressedAgain) {
  const Job job = failed();
  cloud_.intercept([](const FakeCloud::Received& request) -> std::optional<FakeCloud::Reply> {
    if (request.headers.get_or("x-amz-target", "") != "AmazonSQS.SendMessage") return std::nullopt;
    return FakeCloud::Reply{.status = 400, .body = R"({"__type":"com.amazonaws.sqs#QueueDoesNotExist"})"};
  });
  press("retry:" + job.id());
  EXPECT_EQ(cloud_.edits().back(), texts::kWentWrong);
  EXPECT_THAT(json::text(last("editMessageText")), HasSubstr("retry:" + job.id()));
  cloud_.intercept(nullptr);
  press("retry:" + job.id());
  EXPECT_EQ(cloud_.queued().size(), 1u);
}

TEST_F(ButtonsTest, CancelAfterwardsReachesWhatWasTriedAgain) {
  const Job job = failed();
  write("/cancel");
  press("retry:" + job.id());
  const auto again = *job_of(cloud_.queued()[0].body, cloud_.queued()[0].attributes, "m-1");
  EXPECT_FALSE(*store_->is_cancelled(again)) << "an older /cancel is not for it";
  write("/cancel");
  EXPECT_TRUE(*store_->is_cancelled(again));
}

TEST_F(ButtonsTest, OthersJobsAndStrangersPressesDoNothing) {
  const Job job = failed();
  press("retry:" + job.id(), 8);
  press("retry:../7/" + job.id());
  press("explode:" + job.id());
  press("retry:" + std::string(40, 'a'));
  config_.allowed_chats = {1};
  press("retry:" + job.id());
  EXPECT_THAT(cloud_.queued(), testing::IsEmpty());
  EXPECT_EQ(cloud_.count("answerCallbackQuery"), 5) << "no button stays busy";
  for (const char* odd : {R"([{"update_id":1,"callback_query":5}])", R"([{"update_id":1,"callback_query":{"id":"q"}}])",
                          R"([{"update_id":1,"callback_query":{"id":"","message":{"message_id":1,"chat":{"id":1}}}}])"})
    EXPECT_FALSE(read_updates(*json::parse(odd)).at(0).press) << odd;
}

TEST_F(BotTest, AnAlbumIsAnsweredOnce) {
  for (int i = 0; i < 3; ++i)
    receive(R"("media_group_id":"g1","video":{"file_id":"F)" + std::to_string(i) + R"("})");
  receive(R"("media_group_id":"g1","photo":[{}])");
  receive(R"("media_group_id":"g1","photo":[{}])");
  EXPECT_EQ(cloud_.queued().size(), 3u) << "each film is work";
  EXPECT_EQ(cloud_.texts().size(), 2u);
  receive(R"("media_group_id":"g2","video":{"file_id":"F9"})");
  EXPECT_EQ(cloud_.texts().size(), 3u);
}

TEST_F(BotTest, InAGroupOnlyWhatIsMeantForItIsAnswered) {
  const auto receive_in_group = [this](const std::string& content) {
    const std::string update = R"([{"update_id":)" + std::to_string(next_++) +
                               R"(,"message":{"message_id":1,"date":1,"chat":{"id":-5,"type":"supergroup"},)" + content + "}}]";
    for (const auto& one : read_updates(*json::parse(update))) bot_->handle(one);
  };
  for (const char* chatter : {R"("text":"lunch?")", R"("text":"https://example.com/x")", R"("video":{"file_id":"F"})", R"("sticker":{})",
                              R"("text":"/play")", R"("text":"hello @PolyBotOfOthers")", R"("text":"/status@OtherBot")",
                              R"("text":"yes","reply_to_message":{"from":{"is_bot":true,"username":"OtherBot"}})"})
    receive_in_group(chatter);
  EXPECT_THAT(cloud_.said(), testing::IsEmpty());
  receive_in_group(R"("text":"@polybot funny cats")");
  ASSERT_EQ(cloud_.queued().size(), 1u);
  EXPECT_EQ(cloud_.queued()[0].body, " funny cats");
  receive_in_group(R"("text":"dogs","reply_to_message":{"from":{"is_bot":true,"username":"PolyBot"}})");
  receive_in_group(R"("text":"/blur https://example.com/x")");
  receive_in_group(R"("caption":"@PolyBot","video":{"file_id":"F"})");
  EXPECT_EQ(cloud_.queued().size(), 4u);
}

}  // namespace
}  // namespace cumulet::polybot
