#include "events/feed.hpp"

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <thread>

#include "base/json.hpp"
#include "base/manual_time.hpp"

namespace cumulet::events {
namespace {

namespace asio = boost::asio;

class FeedTest : public testing::Test {
 protected:
  void publish(std::int64_t n) {
    feed.publish([n] {
      QueueDepth depth;
      depth.visible = n;
      return depth;
    });
  }
  // Reads without waiting.
  Feed::Page read(std::uint64_t after, std::size_t max = 100) {
    std::optional<Feed::Page> page;
    start(page, after, max, Milliseconds{0});
    run();
    return std::move(*page);
  }
  void start(std::optional<Feed::Page>& page, std::uint64_t after, std::size_t max, Milliseconds wait) {
    auto reading = reader(page, after, max, wait);
    asio::co_spawn(io, std::move(reading), asio::detached);
    run();
  }
  awaitable<void> reader(std::optional<Feed::Page>& page, std::uint64_t after, std::size_t max, Milliseconds wait) {
    Feed::Page got = co_await feed.read(after, max, wait);
    page.emplace(std::move(got));
  }
  void run() {
    io.restart();
    io.poll();
  }
  static std::vector<std::int64_t> values(const Feed::Page& page) {
    std::vector<std::int64_t> out;
    for (const auto& entry : page.entries) out.push_back(std::get<QueueDepth>(entry->record).visible);
    return out;
  }

  ManualTime time;
  asio::io_context io;
  Feed feed{time, time, {4, Seconds{60}}};
};

using Values = std::vector<std::int64_t>;

TEST_F(FeedTest, ReadersGetWhatComesAfterTheirNumber) {
  read(0);  // somebody is interested from here on
  publish(1);
  publish(2);
  publish(3);
  const auto first = read(0, 2);
  EXPECT_EQ(values(first), (Values{1, 2}));
  EXPECT_EQ(first.next, 2u);
  const auto second = read(first.next);
  EXPECT_EQ(values(second), (Values{3}));
  EXPECT_EQ(second.lost, 0u);
  EXPECT_EQ(values(read(0)), (Values{1, 2, 3})) << "another reader has its own place";
}

TEST_F(FeedTest, AReaderThatFallsBehindIsToldHowManyItLost) {
  read(0);
  for (int n = 1; n <= 10; ++n) publish(n);
  const auto page = read(2);
  EXPECT_EQ(values(page), (Values{7, 8, 9, 10}));
  EXPECT_EQ(page.lost, 4u);
  EXPECT_EQ(page.next, 10u);
}

TEST_F(FeedTest, WithoutReadersRecordsAreCountedAndNotMade) {
  int made = 0;
  const auto make = [&] {
    ++made;
    return QueueDepth{};
  };
  feed.publish(make);
  feed.publish(make);
  EXPECT_EQ(made, 0);
  const auto page = read(0);
  EXPECT_EQ(page.lost, 2u);
  EXPECT_EQ(page.next, 2u);
  feed.publish(make);
  EXPECT_EQ(made, 1);
  // Interest ends a minute after the last reader has gone.
  time.advance(Seconds{59});
  EXPECT_EQ(values(read(2)).size(), 1u);
  time.advance(Seconds{59});
  EXPECT_TRUE(feed.is_watched());
  time.advance(Seconds{1});
  EXPECT_FALSE(feed.is_watched());
  feed.publish(make);
  EXPECT_EQ(made, 1);
  EXPECT_EQ(read(3).lost, 1u);
}

TEST_F(FeedTest, AReaderWaitsForTheNextRecord) {
  std::optional<Feed::Page> one, two;
  start(one, 0, 10, Seconds{20});
  start(two, 0, 10, Seconds{20});
  EXPECT_FALSE(one || two);
  time.advance(Seconds{19});
  publish(5);
  run();
  ASSERT_TRUE(one && two);
  EXPECT_EQ(values(*one), (Values{5}));
  EXPECT_EQ(values(*two), (Values{5}));
}

TEST_F(FeedTest, AWaitEndsInItsTimeAndAtClose) {
  std::optional<Feed::Page> page;
  start(page, 0, 10, Seconds{20});
  time.advance(Seconds{20});
  run();
  ASSERT_TRUE(page);
  EXPECT_TRUE(page->entries.empty());
  EXPECT_EQ(page->next, 0u);
  page.reset();
  start(page, 0, 10, Seconds{20});
  feed.close();
  run();
  EXPECT_TRUE(page);
  page.reset();
  start(page, 0, 10, Seconds{20});
  EXPECT_TRUE(page) << "nobody waits for what was closed";
}

TEST_F(FeedTest, AWaitIsCancelled) {
  asio::cancellation_signal signal;
  bool has_ended = false;
  std::optional<Feed::Page> page;
  auto reading = reader(page, 0, 10, Seconds{20});
  auto ended = asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr) { has_ended = true; });
  asio::co_spawn(io, std::move(reading), std::move(ended));
  run();
  signal.emit(asio::cancellation_type::all);
  run();
  EXPECT_TRUE(has_ended);
}

TEST_F(FeedTest, ANumberOfAnotherRunReadsFromTheBeginning) {
  read(0);
  publish(1);
  const auto page = read(1000);
  EXPECT_TRUE(page.is_of_another_run);
  EXPECT_EQ(values(page), (Values{1}));
  EXPECT_EQ(page.next, 1u);
}

TEST_F(FeedTest, ManyPublishAtOnce) {
  read(0);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int n = 0; n < 1000; ++n) publish(n);
    });
  for (auto& thread : threads) thread.join();
  const auto page = read(0);
  EXPECT_EQ(page.next, 4000u);
  EXPECT_EQ(page.lost + page.entries.size(), 4000u);
}

TEST(Records, AreToldAsJson) {
  Invocation invocation;
  invocation.function = "f\"x";
  invocation.region = "us-east-1";
  invocation.outcome = "failed";
  invocation.error = "bad \xff byte";
  invocation.milliseconds = 1.5;
  invocation.memory_bytes = 1 << 20;
  EXPECT_EQ(
      json_text(invocation),
      R"({"kind":"invocation","function":"f\"x","region":"us-east-1","requestId":"","trace":"","outcome":"failed",)"
      R"("error":"bad � byte","milliseconds":1.5,"initMilliseconds":0.0,"memoryBytes":1048576})");
  LogLine line;
  line.timestamp = from_millis(1'440'938'160'000);
  line.message = "a\nb";
  EXPECT_EQ(json_text(line), R"({"kind":"logLine","region":"","group":"","stream":"",)"
                             R"("timestamp":"2015-08-30T12:36:00.000Z","message":"a\nb"})");
  const std::vector<Record> all{Invocation{}, Environment{}, StateTransition{}, QueueDepth{},
                                Poller{},     LogLine{},     ObjectEvent{},     Deployment{}};
  for (const Record& record : all) {
    const auto parsed = json::parse(json_text(record));
    ASSERT_TRUE(parsed.ok()) << json_text(record);
    EXPECT_EQ(parsed->at("kind").as_string(), kind_of(record));
  }
}

}  // namespace
}  // namespace cumulet::events
