#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <thread>

#include "net/connection.hpp"
#include "net/http_server_testing.hpp"

// Who makes room when the server is full, and who is too slow to stay.
namespace cumulet::net {
namespace {

using namespace testing;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST_F(HttpServerTest, MakesRoomForNewConnections) {
  ServerLimits limits;
  limits.max_connections = 2;
  serve_echo(limits);
  RawClient first(port_);
  first.send("GET /1 HTTP/1.1\r\nHost: x\r\n\r\n");
  first.receive("/1 ");
  RawClient second(port_);
  second.send("GET /2 HTTP/1.1\r\nHost: x\r\n\r\n");
  second.receive("/2 ");
  EXPECT_THAT(exchange("GET /3 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), EndsWith("GET /3 "));
  EXPECT_EQ(first.receive(), "");
  EXPECT_TRUE(first.closed());
}

// Fills the server with `count` connections that sent `start`.
std::vector<std::unique_ptr<RawClient>> crowd(std::uint16_t port, int count, std::string_view start) {
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < count; ++i) {
    clients.push_back(std::make_unique<RawClient>(port));
    clients.back()->send(start);
  }
  return clients;
}

constexpr std::string_view kDrip = "PUT /drip HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nb";

TEST_F(HttpServerTest, DrippingBodiesMakeRoomForNewConnections) {
  ServerLimits limits;
  limits.max_connections = 4;
  limits.slow_after = Milliseconds{0};
  serve_echo(limits);
  const auto drips = crowd(port_, 4, kDrip);
  EXPECT_THAT(exchange(kLastRequest), EndsWith("GET /new "));
}

TEST_F(HttpServerTest, DrippingHeadsMakeRoomForNewConnections) {
  ServerLimits limits;
  limits.max_connections = 4;
  limits.slow_after = Milliseconds{0};
  serve_echo(limits);
  const auto drips = crowd(port_, 4, "GET / HTTP/1.1\r\nHost:");
  EXPECT_THAT(exchange(kLastRequest), EndsWith("GET /new "));
}

TEST_F(HttpServerTest, WhoTakesNoAnswerMakesRoomForNewConnections) {
  ServerLimits limits;
  limits.max_connections = 4;
  limits.slow_after = Milliseconds{0};
  serve(
      [](const http::RequestHead& head, http::BodyStream&) -> awaitable<http::Response> {
        co_return text_response(head.target == "/new" ? "new" : std::string(64 << 20, 'x'));
      },
      limits);
  const auto takers = crowd(port_, 4, "GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
  for (const auto& taker : takers) taker->receive("HTTP/1.1", Milliseconds{5000});  // it has begun
  EXPECT_THAT(exchange(kLastRequest), EndsWith("new"));
}

// The slowest goes first: an upload that is slow but moves outlives those that drip.
TEST_F(HttpServerTest, ASlowUploadOutlivesDrippingOnes) {
  ServerLimits limits;
  limits.max_connections = 4;
  limits.slow_after = Milliseconds{0};
  std::atomic<int> begun{0}, seen{0};
  serve(
      [&](const http::RequestHead& head, http::BodyStream& body) -> awaitable<http::Response> {
        begun += head.target == "/slow";
        std::uint64_t size = 0;
        while (true) {
          Result<std::string_view> piece = co_await body.read();
          if (!piece.ok()) co_return text_response("broken");
          if (piece->empty()) break;
          size += piece->size();
          if (size >= 500) seen += head.target == "/slow";
        }
        co_return text_response(head.target + " " + std::to_string(size));
      },
      limits);
  RawClient slow(port_);
  slow.send("PUT /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\nConnection: close\r\n\r\n");
  while (begun == 0) std::this_thread::yield();
  slow.send(std::string(500, 's'));
  while (seen == 0) std::this_thread::yield();
  const auto drips = crowd(port_, 3, kDrip);
  for (int i = 0; i < 3; ++i) EXPECT_THAT(exchange(kLastRequest), HasSubstr("/new 0"));
  slow.send(std::string(500, 's'));
  EXPECT_THAT(slow.receive(), EndsWith("/slow 1000"));
}

TEST_F(HttpServerTest, AWaitingHandlerKeepsItsPlace) {
  ServerLimits limits;
  limits.max_connections = 3;
  limits.slow_after = Milliseconds{0};
  std::atomic<int> waiting{0};
  std::vector<std::shared_ptr<asio::steady_timer>> polls;
  serve(
      [&](const http::RequestHead& head, http::BodyStream& body) -> awaitable<http::Response> {
        if (head.target == "/new") co_return text_response("new");
        while (head.target == "/drip") {
          const Result<std::string_view> piece = co_await body.read();
          if (!piece.ok() || piece->empty()) co_return text_response("dripped");
        }
        auto timer = std::make_shared<asio::steady_timer>(co_await asio::this_coro::executor);
        timer->expires_at(asio::steady_timer::time_point::max());
        polls.push_back(timer);
        ++waiting;
        const auto token = asio::as_tuple(asio::use_awaitable);
        co_await timer->async_wait(token);
        co_return text_response("message");
      },
      limits);
  RawClient first(port_), second(port_);
  for (RawClient* poll : {&first, &second}) poll->send("GET /poll HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  while (waiting < 2) std::this_thread::yield();
  const auto drip = crowd(port_, 1, kDrip);
  for (int i = 0; i < 5; ++i) EXPECT_THAT(exchange(kLastRequest), EndsWith("new"));
  asio::post(io_.executor(), [&] {
    for (const auto& timer : polls) timer->cancel();
  });
  for (RawClient* poll : {&first, &second}) EXPECT_THAT(poll->receive(), EndsWith("message"));
}

// Fairness by client: who has the most connections pays with them, though another's is idle for longer.
TEST_F(HttpServerTest, TheClientWithMostConnectionsMakesRoom) {
  ServerLimits limits;
  limits.max_connections = 4;
  limits.slow_after = Milliseconds{0};
  serve_echo(limits);
  RawClient modest(port_, "127.0.0.2");
  modest.send("GET /1 HTTP/1.1\r\nHost: x\r\n\r\n");
  modest.receive("/1 ");
  const auto greedy = crowd(port_, 3, "GET /2 HTTP/1.1\r\nHost: x\r\n\r\n");
  for (const auto& one : greedy) one->receive("/2 ");
  EXPECT_THAT(exchange(kLastRequest), EndsWith("GET /new "));
  modest.send("GET /3 HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(modest.receive("/3 "), HasSubstr("GET /3 "));
}

// What comes in by a further socket (a function's way to the engine) counts as one client of its own.
TEST_F(HttpServerTest, AFurtherSocketIsAClientOfItsOwn) {
  ServerLimits limits;
  limits.max_connections = 4;
  serve_echo(limits);
  const FurtherSocket further;
  std::promise<std::shared_ptr<void>> promise;
  asio::post(io_.executor(), [&] { promise.set_value(server_->serve(further.listener)); });
  const auto served = promise.get_future().get();
  RawClient modest(port_);
  modest.send("GET /1 HTTP/1.1\r\nHost: x\r\n\r\n");
  modest.receive("/1 ");
  const auto greedy = crowd(further.port, 3, "GET /2 HTTP/1.1\r\nHost: x\r\n\r\n");
  for (const auto& one : greedy) one->receive("/2 ");
  EXPECT_THAT(exchange(kLastRequest), EndsWith("GET /new "));
  modest.send("GET /3 HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(modest.receive("/3 "), HasSubstr("GET /3 "));
}

// A byte now and then is no progress: within the timeout a body must move by `body_progress`.
TEST_F(HttpServerTest, ABodyThatDripsTimesOut) {
  ServerLimits limits;
  limits.body_timeout = Milliseconds{300};
  serve_echo(limits);
  RawClient client(port_);
  client.send(kDrip);
  std::string answer;
  for (int i = 0; i < 200 && answer.empty(); ++i) {
    client.send("b");
    answer = client.receive("RequestTimeout", Milliseconds{20});
  }
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 400"));
}

TEST(PaceTest, CountsTheTimeThatTheClientWasWaitedFor) {
  const SteadyTime start = std::chrono::steady_clock::now();
  Pace pace;
  EXPECT_FALSE(pace.has_waited());
  pace.begin_wait(start);
  pace.end_wait(start + Seconds{1});
  EXPECT_TRUE(pace.has_waited());
  pace.move(1000, 4096);
  // The handler takes an hour.
  pace.begin_wait(start + std::chrono::hours{1});
  EXPECT_TRUE(pace.is_waiting());
  EXPECT_NEAR(pace.rate(start + std::chrono::hours{1} + Seconds{1}), 500, 1);
  pace.end_wait(start + std::chrono::hours{1} + Seconds{1});
  EXPECT_EQ(pace.window_waited(), Seconds{2});
  pace.move(3000, 4096);
  EXPECT_EQ(pace.window_waited(), Seconds{2});
  pace.move(96, 4096);  // enough: a new window
  EXPECT_EQ(pace.window_waited(), Seconds{0});
}

}  // namespace
}  // namespace cumulet::net
