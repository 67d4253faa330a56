#include "chat/fetch.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <vector>

#include "chat/errors.hpp"

namespace cumulet::chat {
namespace {

namespace asio = boost::asio;
using Steady = std::chrono::steady_clock;

// Connections are taken (by the system) and never answered.
class LinkFetcherTest : public testing::Test {
 protected:
  LinkFetcherTest() {
    std::string name = (std::filesystem::temp_directory_path() / "cumulet-fetch-XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    Result<std::unique_ptr<storage::BlobStore>> opened = storage::BlobStore::open(folder_ / "files", false);
    EXPECT_TRUE(opened.ok());
    blobs_ = std::move(opened).value();
  }
  ~LinkFetcherTest() override { std::filesystem::remove_all(folder_); }

  std::string silent_url() const {
    return "http://127.0.0.1:" + std::to_string(silent_.local_endpoint().port()) + "/a.mp4";
  }
  static awaitable<void> ask(LinkFetcher& links, std::string url, std::string& said) {
    File file;
    Result<void> taken = co_await links.take(std::move(url), file);
    said = taken.ok() ? "ok" : taken.error().message();
  }
  // Begins `count` fetches of the silent URL; their outcomes are complete after run().
  void begin(LinkFetcher& links, std::size_t count) {
    said_.resize(count);
    for (std::string& said : said_)
      asio::co_spawn(io_, ask(links, silent_url(), said), [](std::exception_ptr e) {
        if (e) std::rethrow_exception(e);
      });
  }

  static constexpr std::string_view kFailed = "Bad Request: failed to get HTTP URL content";
  asio::io_context io_;
  asio::ip::tcp::acceptor silent_{io_, {asio::ip::address_v4::loopback(), 0}};
  std::filesystem::path folder_;
  std::unique_ptr<storage::BlobStore> blobs_;
  std::vector<std::string> said_;
};

TEST_F(LinkFetcherTest, ASilentServerIsGivenUp) {
  FetchLimits limits;
  limits.stall = Seconds{1};
  LinkFetcher links(*blobs_, limits);
  const auto began = Steady::now();
  begin(links, 1);
  io_.run();
  EXPECT_EQ(said_[0], kFailed);
  EXPECT_LT(Steady::now() - began, Seconds{10});
}

TEST_F(LinkFetcherTest, MoreThanItsPlacesAreRefusedAndStopEndsTheRest) {
  FetchLimits limits;
  limits.threads = 1;
  limits.at_once = 3;
  LinkFetcher links(*blobs_, limits);
  const auto began = Steady::now();
  begin(links, 5);
  asio::post(io_, [&] { links.stop(); });  // after all of them have asked
  io_.run();
  links.join();
  EXPECT_EQ(said_, (std::vector<std::string>{std::string(kFailed), std::string(kFailed), std::string(kFailed),
                                             "Too Many Requests: retry after 5", "Too Many Requests: retry after 5"}));
  EXPECT_LT(Steady::now() - began, Seconds{8});

  // The places are free again: a fetcher that has stopped fails, it is not full.
  io_.restart();
  said_.clear();
  LinkFetcher stopped(*blobs_, limits);
  stopped.stop();
  for (int round = 0; round < 4; ++round) {
    begin(stopped, 3);
    io_.run();
    io_.restart();
    EXPECT_EQ(said_, std::vector<std::string>(3, std::string(kFailed)));
  }
}

}  // namespace
}  // namespace cumulet::chat
