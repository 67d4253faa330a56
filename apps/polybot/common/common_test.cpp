#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "apps/polybot/common/bot_api.hpp"
#include "apps/polybot/common/job.hpp"
#include "apps/polybot/common/media.hpp"
#include "sdk/errors.hpp"
#include "sdk/testing/fake_http_server.hpp"

namespace cumulet::polybot {
namespace {

using Reply = sdk::FakeHttpServer::Reply;
using Received = sdk::FakeHttpServer::Received;

constexpr const char* kToken = "12345:SECRET-token";

class BotApiTest : public testing::Test {
 protected:
  BotApi api(const std::string& url) {
    BotApiOptions options;
    options.base_url = url;
    options.token = kToken;
    options.sleep = [this](Milliseconds time) { sleeps_.push_back(time); };
    return BotApi(std::move(options));
  }
  std::vector<Milliseconds> sleeps_;
};

TEST_F(BotApiTest, CallsAMethodAndGivesItsResult) {
  sdk::FakeHttpServer server([](const Received&) { return Reply{.body = R"({"ok":true,"result":{"id":7}})"}; });
  const auto out = api(server.url() + "/").call("getMe", {});
  ASSERT_TRUE(out.ok()) << out.error().message();
  EXPECT_EQ(json::text(*out), R"({"id":7})");
  EXPECT_EQ(server.received().at(0).target, std::string("/bot") + kToken + "/getMe");
}

TEST_F(BotApiTest, NamesWhatTheServerRefuses) {
  std::string body;
  int status = 200;
  sdk::FakeHttpServer server([&](const Received&) { return Reply{.status = status, .body = body}; });
  const auto fails_with = [&](int code, std::string_view said, const ErrorKind& kind) {
    status = code;
    body = said;
    const auto out = api(server.url()).call("getMe", {});
    ASSERT_FALSE(out.ok());
    EXPECT_TRUE(out.error().is(kind)) << code << ": " << out.error().code();
  };
  fails_with(401, R"({"ok":false,"error_code":401,"description":"Unauthorized"})", kBadToken);
  fails_with(409, R"({"ok":false,"error_code":409,"description":"Conflict: terminated"})", kOtherPoller);
  fails_with(400, R"({"ok":false,"error_code":400,"description":"Bad Request: chat not found"})", kRefused);
  fails_with(413, "<html>Request Entity Too Large</html>", kTooLarge);
  fails_with(502, "<html>Bad Gateway</html>", kServerFault);
  fails_with(200, "not JSON", kServerFault);
  fails_with(200, R"({"ok":true})", kServerFault);
  fails_with(200, std::string(2000, '['), kServerFault);
}

TEST_F(BotApiTest, WaitsAsLongAsAThrottlingServerSays) {
  int calls = 0;
  sdk::FakeHttpServer server([&](const Received&) {
    if (++calls == 1)
      return Reply{.status = 429, .body = R"({"ok":false,"error_code":429,"parameters":{"retry_after":7}})"};
    if (calls == 2) return Reply{.status = 502};
    return Reply{.body = R"({"ok":true,"result":true})"};
  });
  EXPECT_TRUE(api(server.url()).call_patiently("sendMessage", {}, Milliseconds{60'000}).ok());
  EXPECT_EQ(sleeps_, (std::vector<Milliseconds>{Milliseconds{7000}, Milliseconds{500}}));
  calls = 0;
  const auto out = api(server.url()).call_patiently("sendMessage", {}, Milliseconds{5000});
  ASSERT_FALSE(out.ok());
  EXPECT_EQ(retry_after(out.error()), Seconds{7});
}

TEST_F(BotApiTest, DoesNotRepeatWhatMayHaveBeenDone) {
  int calls = 0;
  Reply second{.status = 502};
  sdk::FakeHttpServer server([&](const Received&) {
    if (++calls == 1)
      return Reply{.status = 429, .body = R"({"ok":false,"error_code":429,"parameters":{"retry_after":7}})"};
    return second;
  });
  const auto send = [&] {
    calls = 0;
    return api(server.url()).call_patiently("sendMessage", {}, Milliseconds{60'000}, Twice::wrong);
  };
  EXPECT_TRUE(send().error().is(kServerFault));
  EXPECT_EQ(calls, 2) << "after throttling, but not after a fault";
  second = {.body = R"({"ok":true,"result":true})", .cut_after = 5};
  EXPECT_TRUE(send().error().is(sdk::kConnectionLost));
  EXPECT_EQ(calls, 2) << "nor after a connection that was lost";
}

TEST_F(BotApiTest, NeverTellsTheToken) {
  std::string url;
  {
    sdk::FakeHttpServer server([](const Received&) { return Reply{}; });
    url = server.url();
  }
  const auto gone = api(url).call("getMe", {});
  ASSERT_FALSE(gone.ok());
  EXPECT_EQ(gone.error().message().find("SECRET"), std::string::npos) << gone.error().message();
  EXPECT_NE(gone.error().message().find("<token>"), std::string::npos) << gone.error().message();
  sdk::FakeHttpServer echo([](const Received& request) {
    return Reply{.status = 400, .body = R"({"ok":false,"error_code":400,"description":"no )" + request.target + "\"}"};
  });
  EXPECT_EQ(api(echo.url()).call("getMe", {}).error().message(), "no /bot<token>/getMe");
  const auto file = api(url).download("videos/1.mp4", "/tmp/polybot-no-such-file-1", 10);
  EXPECT_EQ(file.error().message().find("SECRET"), std::string::npos) << file.error().message();
}

TEST_F(BotApiTest, FollowsAGroupThatBecameASupergroup) {
  sdk::FakeHttpServer server([](const Received& request) {
    if (request.body.find("-100123") != std::string::npos) return Reply{.body = R"({"ok":true,"result":true})"};
    return Reply{
        .status = 400,
        .body =
            R"({"ok":false,"error_code":400,"description":"Bad Request: group chat was upgraded to a supergroup chat",)"
            R"("parameters":{"migrate_to_chat_id":-100123}})"};
  });
  EXPECT_TRUE(api(server.url()).call("sendMessage", {{"chat_id", "-5"}, {"text", "hello"}}).ok());
  EXPECT_TRUE(api(server.url()).call_patiently("sendMessage", {{"chat_id", -5}, {"text", "hello"}}, Seconds{1}).ok());
  const auto file = std::filesystem::temp_directory_path() / "polybot_common_test_moved";
  std::ofstream(file) << "the bytes";
  EXPECT_TRUE(api(server.url())
                  .upload("sendVideo", {{"chat_id", "-5"}}, "video", file, "v.mp4", "video/mp4", file.parent_path())
                  .ok());
  std::filesystem::remove(file);
  EXPECT_EQ(server.received().size(), 6u) << "each was sent twice";
  EXPECT_FALSE(api(server.url()).call("getChat", {}).ok()) << "what names no chat is not sent again";
  EXPECT_EQ(server.received().size(), 7u);
}

TEST_F(BotApiTest, UploadsAFileAsAForm) {
  const auto folder = std::filesystem::temp_directory_path() / "polybot_common_test";
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "video") << "the bytes";
  sdk::FakeHttpServer server([](const Received&) { return Reply{.body = R"({"ok":true,"result":{"message_id":5}})"}; });
  const auto out =
      api(server.url())
          .upload("sendVideo", {{"chat_id", "7"}}, "video", folder / "video", "a\"b.mp4", "video/mp4", folder);
  ASSERT_TRUE(out.ok()) << out.error().message();
  const auto got = server.received().at(0);
  const std::string type(got.headers.get_or("content-type", ""));
  ASSERT_TRUE(type.starts_with("multipart/form-data; boundary=")) << type;
  const std::string boundary = type.substr(30);
  EXPECT_EQ(got.body, "--" + boundary + "\r\nContent-Disposition: form-data; name=\"chat_id\"\r\n\r\n7\r\n--" +
                          boundary +
                          "\r\nContent-Disposition: form-data; name=\"video\"; filename=\"a_b.mp4\"\r\n"
                          "Content-Type: video/mp4\r\n\r\nthe bytes\r\n--" +
                          boundary + "--\r\n");
  std::filesystem::remove(folder / "video");
  EXPECT_TRUE(std::filesystem::is_empty(folder));
  std::filesystem::remove_all(folder);
}

TEST_F(BotApiTest, DownloadsUpToALimit) {
  const auto file = std::filesystem::temp_directory_path() / "polybot_download_test";
  std::filesystem::remove(file);
  sdk::FakeHttpServer server([](const Received&) { return Reply{.body = std::string(1000, 'x')}; });
  EXPECT_TRUE(api(server.url()).download("videos/a b.mp4", file, 1000).ok());
  EXPECT_EQ(server.received().at(0).target, std::string("/file/bot") + kToken + "/videos/a%20b.mp4");
  EXPECT_EQ(std::filesystem::file_size(file), 1000u);
  std::filesystem::remove(file);
  EXPECT_TRUE(api(server.url()).download("v", file, 999).error().is(kFileTooLarge));
  EXPECT_FALSE(std::filesystem::exists(file));
}

TEST(JobTest, TravelsOnTheQueueAndBack) {
  Job job{.chat_id = "-100", .wish = Wish::blur, .text = "x", .file_id = "F", .place = Place{5, 6}, .retry_of = {}, .queue_id = "m"};
  const auto back = job_of(job.text, attributes_of(job), "other-delivery");
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(back->id(), job.id()) << "queued twice, it is the same job";
  EXPECT_EQ(back->file_id, "F");
  EXPECT_EQ(back->wish, Wish::blur);
  EXPECT_EQ(job_from_json(json::text(to_json(job)))->id(), job.id());
  job.place->message_id = 7;
  EXPECT_NE(back->id(), job.id());
}

TEST(JobTest, IsMadeOfTheExercisesOwnMessageToo) {
  const auto job = job_of("cats", {{"chat_id", "42"}}, "m-1");
  ASSERT_TRUE(job.ok());
  EXPECT_EQ(job->wish, Wish::fetch);
  EXPECT_EQ(job->id(), job_of("cats", {{"chat_id", "42"}}, "m-1")->id());
  EXPECT_NE(job->id(), job_of("cats", {{"chat_id", "42"}}, "m-2")->id());
  EXPECT_NE(job->id(), job_of("cats", {{"chat_id", "43"}}, "m-1")->id());
  for (const char* bad : {"", "x", "1/2", "../1", "999999999999999999999"})
    EXPECT_FALSE(job_of("cats", {{"chat_id", bad}}, "m").ok()) << bad;
}

TEST(JobTest, TellsLinksFromNames) {
  EXPECT_EQ(link_of(" HTTPS://x.y/z please").value_or(""), "HTTPS://x.y/z");
  EXPECT_EQ(link_of("http://x").value_or(""), "http://x");
  EXPECT_EQ(link_of("look at this:\nhttps://x.y/z?a=b, it is fun").value_or(""), "https://x.y/z?a=b");
  EXPECT_EQ(link_of("the one (https://x.y/z) I meant").value_or(""), "https://x.y/z");
  EXPECT_EQ(link_of("https://x.y/A_(film)!").value_or(""), "https://x.y/A_(film)");
  EXPECT_EQ(link_of("(see https://x.y/A_(film))").value_or(""), "https://x.y/A_(film)");
  EXPECT_EQ(link_of("http://[::1]/").value_or(""), "http://[::1]/");
  for (const char* name :
       {"cats", "--exec rm", "ftp://x", "file:///etc/passwd", "httpx://a", "http://", "(https://)", ""})
    EXPECT_FALSE(link_of(name)) << name;
}

TEST(JobTest, KeepsToTheQueuesCharacters) {
  EXPECT_EQ(allowed_characters(std::string("a\0b\x1f\tc\xff\xc3\xa4\xef\xbf\xbf", 12)), "a b \tc \xc3\xa4   ");
  EXPECT_EQ(shortened("\xc3\xa4\xc3\xa4\xc3\xa4", 2), "\xc3\xa4\xc3\xa4…");
  EXPECT_EQ(shortened("ab", 2), "ab");
}

TEST(MediaTest, GoesByTheFirstBytes) {
  EXPECT_EQ(container_of(std::string_view("\0\0\0\x18"
                                          "ftypisom",
                                          12)),
            Container::mp4);
  EXPECT_EQ(container_of(std::string_view("\0\0\0\x14"
                                          "ftypqt  ",
                                          12)),
            Container::mov);
  EXPECT_EQ(container_of(std::string_view("\0\0\0\x14"
                                          "ftypheic",
                                          12)),
            Container::other);
  EXPECT_EQ(container_of("\x1a\x45\xdf\xa3...."), Container::webm);
  EXPECT_EQ(container_of("<!DOCTYPE html>"), Container::other);
  EXPECT_EQ(container_of(""), Container::other);
  EXPECT_TRUE(can_be_blurred(Container::mov));
  EXPECT_FALSE(can_be_blurred(Container::webm));
}

}  // namespace
}  // namespace cumulet::polybot
