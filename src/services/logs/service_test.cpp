#include "services/logs/service.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <set>

#include "base/ids.hpp"
#include "base/manual_time.hpp"
#include "services/logs/errors.hpp"

namespace cumulet::logs {
namespace {

class LogsTest : public testing::Test {
 protected:
  LogsTest() : folder_(std::filesystem::temp_directory_path() / ("cumulet-logs-" + uuid4())) {
    std::filesystem::create_directories(folder_);
    context_.region = "us-east-1";
    open();
  }
  ~LogsTest() override {
    logs_.reset();
    database_.reset();
    std::filesystem::remove_all(folder_);
  }
  void open() {
    logs_.reset();
    database_.reset();
    database_ = std::move(storage::Database::open(folder_ / "state.db", storage::Durability::ephemeral)).value();
    logs_ = std::make_unique<Logs>(Dependencies{*database_, time_, time_});
    ASSERT_TRUE(logs_->load().ok());
    logs_->start();
  }
  template <class T>
  static awaitable<void> keep(awaitable<Result<T>> operation, std::optional<Result<T>>& out) {
    out.emplace(co_await std::move(operation));
  }
  template <class T>
  Result<T> run(awaitable<Result<T>> operation) {
    boost::asio::io_context io;
    std::optional<Result<T>> out;
    awaitable<void> kept = keep(std::move(operation), out);
    boost::asio::co_spawn(io, std::move(kept), boost::asio::detached);
    io.run();
    return std::move(*out);
  }
  void make(const std::string& group, const std::string& stream) {
    (void)run(logs_->create_log_group(context_, {group, {}, {}, {}}));
    ASSERT_TRUE(run(logs_->create_log_stream(context_, {group, stream})).ok());
  }
  Result<PutLogEventsResponse> put(const std::string& group, const std::string& stream,
                                   std::vector<InputLogEvent> events) {
    return run(logs_->put_log_events(context_, {group, stream, std::move(events), {}}));
  }
  std::int64_t now() const { return to_millis(time_.now()); }
  GetLogEventsRequest get_request(bool from_head) {
    GetLogEventsRequest request;
    request.log_group_name = "g";
    request.log_stream_name = "s";
    request.start_from_head = from_head;
    return request;
  }
  std::vector<std::string> filtered(FilterLogEventsRequest request) {
    request.log_group_name = "g";
    std::vector<std::string> out;
    for (int page = 0; page < 1000; ++page) {
      const auto response = logs_->filter_log_events(context_, request);
      EXPECT_TRUE(response.ok());
      if (!response.ok()) break;
      for (const auto& event : response->events) out.push_back(event.message);
      if (!response->next_token) break;
      request.next_token = response->next_token;
    }
    return out;
  }
  static std::vector<std::string> messages(const GetLogEventsResponse& response) {
    std::vector<std::string> out;
    for (const auto& event : response.events) out.push_back(event.message);
    return out;
  }

  std::filesystem::path folder_;
  ManualTime time_;
  std::unique_ptr<storage::Database> database_;
  std::unique_ptr<Logs> logs_;
  wire::CallContext context_;
};

using testing::ElementsAre;

TEST_F(LogsTest, GroupsAndStreamsAreMadeOnce) {
  EXPECT_EQ(run(logs_->create_log_stream(context_, {"g", "s"})).error().message(),
            "The specified log group does not exist.");
  make("g", "s");
  const auto again = run(logs_->create_log_group(context_, {"g", {}, {}, {}}));
  EXPECT_TRUE(again.error().is(kResourceAlreadyExists));
  EXPECT_EQ(again.error().message(), "The specified log group already exists");
  EXPECT_EQ(run(logs_->create_log_stream(context_, {"g", "s"})).error().message(),
            "The specified log stream already exists");
  context_.region = "eu-west-1";
  EXPECT_EQ(put("g", "s", {{now(), "x"}}).error().message(), "The specified log group does not exist.");
}

TEST_F(LogsTest, TokensWalkBothWaysAndStandStillAtTheEnds) {
  make("g", "s");
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(put("g", "s", {{now() + i, "m" + std::to_string(i)}}).ok());
  auto request = get_request(true);
  request.limit = 2;
  auto page = *logs_->get_log_events(context_, request);
  EXPECT_THAT(messages(page), ElementsAre("m0", "m1"));
  request.next_token = page.next_forward_token;
  page = *logs_->get_log_events(context_, request);
  EXPECT_THAT(messages(page), ElementsAre("m2", "m3"));
  request.next_token = page.next_forward_token;
  page = *logs_->get_log_events(context_, request);
  EXPECT_THAT(messages(page), ElementsAre("m4"));
  request.next_token = page.next_forward_token;
  page = *logs_->get_log_events(context_, request);
  EXPECT_THAT(messages(page), ElementsAre());
  EXPECT_EQ(page.next_forward_token, *request.next_token);
  ASSERT_TRUE(put("g", "s", {{now() + 9, "late"}}).ok());
  page = *logs_->get_log_events(context_, request);
  EXPECT_THAT(messages(page), ElementsAre("late"));
  request.next_token = page.next_backward_token;
  page = *logs_->get_log_events(context_, request);
  EXPECT_THAT(messages(page), ElementsAre("m3", "m4"));

  request = get_request(false);
  request.limit = 2;
  page = *logs_->get_log_events(context_, request);
  EXPECT_THAT(messages(page), ElementsAre("m4", "late"));
  request.limit = 10;
  request.next_token = page.next_backward_token;
  page = *logs_->get_log_events(context_, request);
  EXPECT_THAT(messages(page), ElementsAre("m0", "m1", "m2", "m3"));
  request.next_token = page.next_backward_token;
  page = *logs_->get_log_events(context_, request);
  EXPECT_THAT(messages(page), ElementsAre());
  EXPECT_EQ(page.next_backward_token, *request.next_token);
  request.next_token = page.next_forward_token;
  EXPECT_EQ(messages(*logs_->get_log_events(context_, request)).size(), 6u);
  request.next_token = "f/12";
  EXPECT_TRUE(logs_->get_log_events(context_, request).error().is(kInvalidParameter));
}

TEST_F(LogsTest, AnEmptyStreamsTokenFindsWhatComesLater) {
  make("g", "s");
  for (const bool from_head : {true, false}) {
    auto request = get_request(from_head);
    auto page = *logs_->get_log_events(context_, request);
    request.next_token = page.next_forward_token;
    ASSERT_TRUE(put("g", "s", {{now(), "x"}}).ok());
    EXPECT_FALSE(logs_->get_log_events(context_, request)->events.empty());
  }
}

TEST_F(LogsTest, TimesBoundAReadHalfOpen) {
  make("g", "s");
  ASSERT_TRUE(put("g", "s", {{now(), "a"}, {now() + 1, "b"}, {now() + 2, "c"}}).ok());
  auto request = get_request(true);
  request.start_time = now() + 1;
  request.end_time = now() + 2;
  EXPECT_THAT(messages(*logs_->get_log_events(context_, request)), ElementsAre("b"));
}

TEST_F(LogsTest, BatchesAreCheckedAsAwsDoes) {
  make("g", "s");
  EXPECT_EQ(put("g", "s", {{now() + 1, "a"}, {now(), "b"}}).error().message(),
            "Log events in a single PutLogEvents request must be in chronological order.");
  EXPECT_EQ(put("g", "s", {{now(), std::string(1'048'551, 'a')}}).error().message(),
            "Log event too large: 1048577 bytes exceeds limit of 1048576");
  EXPECT_TRUE(put("g", "s", {{now(), std::string(1'048'550, 'a')}}).ok());
  std::vector<InputLogEvent> big(5, {now(), std::string(250'000, 'a')});
  EXPECT_EQ(put("g", "s", big).error().message(), "Upload too large: 1250130 bytes exceeds limit of 1048576");
  EXPECT_THAT(put("g", "s", {{now() - 25 * 3'600'000, "a"}, {now(), "b"}}).error().message(),
              testing::HasSubstr("cannot span more than 24 hours"));
  EXPECT_EQ(put("g", "none", {{now(), "a"}}).error().message(), "The specified log stream does not exist.");
}

TEST_F(LogsTest, EventsOutOfTimeAreRejectedByIndex) {
  make("g", "s");
  const std::int64_t hour = 3'600'000, day = 24 * hour;
  auto response = *put("g", "s", {{now() - 15 * day, "a"}, {now() - 15 * day + 1, "b"}});
  ASSERT_TRUE(response.rejected_log_events_info);
  EXPECT_EQ(response.rejected_log_events_info->too_old_log_event_end_index, 2);
  response = *put("g", "s", {{now(), "ok"}, {now() + 2 * hour, "ok"}, {now() + 2 * hour + 1, "c"}});
  EXPECT_EQ(response.rejected_log_events_info->too_new_log_event_start_index, 2);
  ASSERT_TRUE(run(logs_->put_retention_policy(context_, {"g", 3})).ok());
  response = *put("g", "s", {{now() - 4 * day, "d"}, {now() - 3 * day, "kept"}});
  EXPECT_EQ(response.rejected_log_events_info->expired_log_event_end_index, 1);
  EXPECT_THAT(messages(*logs_->get_log_events(context_, get_request(true))), ElementsAre("kept", "ok", "ok"));
}

TEST_F(LogsTest, FilteringMergesStreamsByTimeAcrossPages) {
  make("g", "s");
  make("g", "t");
  make("g", "other");
  std::vector<std::string> expected;
  for (int i = 0; i < 40; ++i) {
    const std::string message = "line " + std::to_string(i) + (i % 2 ? " odd" : " even");
    ASSERT_TRUE(put("g", i % 3 ? "s" : "t", {{now() + i, message}}).ok());
    expected.push_back(message);
  }
  ASSERT_TRUE(put("g", "other", {{now() + 100, "elsewhere"}}).ok());
  FilterLogEventsRequest request;
  request.limit = 7;
  request.log_stream_names = std::vector<std::string>{"s", "t"};
  EXPECT_EQ(filtered(request), expected);
  request.filter_pattern = "odd";
  EXPECT_EQ(filtered(request).size(), 20u);
  request = {};
  request.log_stream_name_prefix = "oth";
  EXPECT_THAT(filtered(request), ElementsAre("elsewhere"));
  request = {};
  request.start_time = now() + 39;
  EXPECT_THAT(filtered(request), ElementsAre("line 39 odd", "elsewhere"));
  request = {};
  request.log_group_name = "g";
  request.log_stream_names = std::vector<std::string>{"absent"};
  EXPECT_TRUE(logs_->filter_log_events(context_, request).error().is(kResourceNotFound));
}

TEST_F(LogsTest, EventIdsAreUniqueAndStay) {
  make("g", "s");
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(put("g", "s", {{now(), "same"}, {now(), "same"}}).ok());
  FilterLogEventsRequest request;
  request.log_group_name = "g";
  const auto before = logs_->filter_log_events(context_, request)->events;
  std::set<std::string> ids;
  for (const auto& event : before) ids.insert(event.event_id);
  EXPECT_EQ(ids.size(), 40u);
  open();
  ASSERT_TRUE(put("g", "s", {{now(), "same"}}).ok());
  const auto later = logs_->filter_log_events(context_, request)->events;
  ASSERT_EQ(later.size(), 41u);
  for (std::size_t i = 0; i < before.size(); ++i) EXPECT_EQ(before[i].event_id, later[i].event_id);
}

// Against a plain sort: random times, sizes and streams, so that chunks overlap and are cut and rewritten.
TEST_F(LogsTest, ReadsInOrderWhateverTheOrderOfArrival) {
  SeededRandom random(7);
  make("g", "s");
  std::vector<std::pair<std::int64_t, std::string>> all;
  for (int batch = 0; batch < 60; ++batch) {
    std::vector<InputLogEvent> events;
    for (int i = 0; i < 20; ++i)
      events.push_back({now() - static_cast<std::int64_t>(random.next() % 100'000),
                        std::to_string(batch) + "/" + std::to_string(i) + std::string(random.next() % 3'000, '.')});
    std::stable_sort(events.begin(), events.end(),
                     [](const auto& a, const auto& b) { return a.timestamp < b.timestamp; });
    for (const auto& event : events) all.emplace_back(event.timestamp, event.message);
    ASSERT_TRUE(put("g", "s", events).ok());
  }
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> expected;
  for (auto& [time, message] : all) expected.push_back(message);
  FilterLogEventsRequest filter;
  filter.limit = 97;
  EXPECT_EQ(filtered(filter), expected);
  for (const bool forward : {true, false}) {
    auto request = get_request(forward);
    request.limit = 83;
    std::vector<std::string> walked;
    for (int page = 0; page < 100; ++page) {
      const auto response = *logs_->get_log_events(context_, request);
      if (response.events.empty()) break;
      const auto part = messages(response);
      walked.insert(forward ? walked.end() : walked.begin(), part.begin(), part.end());
      request.next_token = forward ? response.next_forward_token : response.next_backward_token;
    }
    EXPECT_EQ(walked, expected) << forward;
  }
}

TEST_F(LogsTest, DescribesGroupsByPrefixAndPage) {
  for (const char* name : {"/aws/lambda/a", "/aws/lambda/b", "/aws/states/x", "zz"}) make(name, "s");
  DescribeLogGroupsRequest request;
  request.log_group_name_prefix = "/aws/";
  request.limit = 2;
  auto page = *logs_->describe_log_groups(context_, request);
  ASSERT_EQ(page.log_groups.size(), 2u);
  EXPECT_EQ(page.log_groups[0].arn, "arn:aws:logs:us-east-1:000000000000:log-group:/aws/lambda/a:*");
  request.next_token = page.next_token;
  page = *logs_->describe_log_groups(context_, request);
  ASSERT_EQ(page.log_groups.size(), 1u);
  EXPECT_EQ(page.log_groups[0].log_group_name, "/aws/states/x");
  EXPECT_FALSE(page.next_token);
  request = {};
  request.log_group_name_pattern = "LAMBDA";
  EXPECT_EQ(logs_->describe_log_groups(context_, request)->log_groups.size(), 2u);
}

TEST_F(LogsTest, OrdersStreamsByTheirLastEvent) {
  for (const char* name : {"a", "b", "c"}) make("g", name);
  ASSERT_TRUE(put("g", "b", {{now() + 5, "x"}}).ok());
  ASSERT_TRUE(put("g", "a", {{now() + 9, "x"}}).ok());
  DescribeLogStreamsRequest request;
  request.log_group_name = "g";
  request.order_by = "LastEventTime";
  request.descending = true;
  request.limit = 2;
  auto page = *logs_->describe_log_streams(context_, request);
  ASSERT_EQ(page.log_streams.size(), 2u);
  EXPECT_EQ(page.log_streams[0].log_stream_name, "a");
  EXPECT_EQ(page.log_streams[0].last_event_timestamp, now() + 9);
  EXPECT_EQ(page.log_streams[1].log_stream_name, "b");
  request.next_token = page.next_token;
  EXPECT_EQ(logs_->describe_log_streams(context_, request)->log_streams.at(0).log_stream_name, "c");
  request.log_stream_name_prefix = "a";
  EXPECT_EQ(logs_->describe_log_streams(context_, request).error().message(),
            "Cannot order by LastEventTime with a logStreamNamePrefix.");
}

TEST_F(LogsTest, DroppedAndExpiredEventsLeaveTheDisk) {
  make("g", "s");
  make("kept", "s");
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(put("g", "s", {{now(), std::string(20'000, 'x')}}).ok());
  ASSERT_TRUE(put("kept", "s", {{now(), "old"}}).ok());
  ASSERT_TRUE(run(logs_->delete_log_group(context_, {"g"})).ok());
  EXPECT_FALSE(logs_->exists({"us-east-1", "g"}));
  const auto chunks = [this] {
    return *database_->read_value<std::int64_t>([](storage::Connection& c) -> Result<std::int64_t> {
      auto row = c.prepare("SELECT count(*) FROM logs_chunk");
      row.step();
      return row.integer(0);
    });
  };
  const auto settle = [this] {  // each round of the purger is a job; a job of ours comes after it
    for (int i = 0; i < 20; ++i) {
      time_.advance(Milliseconds(1));
      ASSERT_TRUE(database_->write_blocking([](storage::Transaction&) -> Result<void> { return {}; }).ok());
    }
  };
  settle();
  EXPECT_EQ(chunks(), 1);
  ASSERT_TRUE(run(logs_->put_retention_policy(context_, {"kept", 1})).ok());
  settle();
  EXPECT_EQ(chunks(), 1);
  time_.advance(std::chrono::hours(26));
  settle();
  EXPECT_EQ(chunks(), 0);
  make("g", "s");  // the new one does not see the old one's events
  EXPECT_THAT(messages(*logs_->get_log_events(context_, get_request(true))), ElementsAre());
}

TEST_F(LogsTest, RefusesOddRetentions) {
  make("g", "s");
  EXPECT_THAT(run(logs_->put_retention_policy(context_, {"g", 2})).error().message(),
              testing::StartsWith("1 validation error detected: Value '2' at 'retentionInDays' failed to satisfy "
                                  "constraint: Member must satisfy enum value set: [1, 3, 5"));
}

TEST_F(LogsTest, TagsFollowTheirGroup) {
  ASSERT_TRUE(run(logs_->create_log_group(context_, {"g", {}, {{"a", "1"}}, {}})).ok());
  const std::string arn = "arn:aws:logs:us-east-1:000000000000:log-group:g";
  ASSERT_TRUE(run(logs_->tag_resource(context_, {arn, {{"b", "2"}}})).ok());
  EXPECT_EQ(logs_->list_tags_for_resource(context_, {arn})->tags,
            (std::map<std::string, std::string>{{"a", "1"}, {"b", "2"}}));
  ASSERT_TRUE(run(logs_->untag_resource(context_, {arn + ":*", {"a"}})).ok());
  EXPECT_EQ(logs_->list_tags_for_resource(context_, {arn})->tags.size(), 1u);
  EXPECT_TRUE(logs_->list_tags_for_resource(context_, {"arn:aws:logs:us-east-1:000000000000:log-group:none"})
                  .error()
                  .is(kResourceNotFound));
}

TEST_F(LogsTest, TheEnginesWriterMakesWhatIsMissingAndIsReadAtOnce) {
  logs_->writer().append("us-east-1", "g", "s", {{time_.now(), "START"}, {time_.now(), "END"}});
  EXPECT_THAT(messages(*logs_->get_log_events(context_, get_request(true))), ElementsAre("START", "END"));
  logs_->writer().append("us-east-1", "g", "s", {{time_.now(), "by the timer"}});
  time_.advance(Milliseconds(100));
  ASSERT_TRUE(database_->write_blocking([](storage::Transaction&) -> Result<void> { return {}; }).ok());
  logs_.reset();
  open();
  EXPECT_EQ(logs_->get_log_events(context_, get_request(true))->events.size(), 3u);
}

TEST_F(LogsTest, TheEnginesWriterCutsLongMessagesAndMendsBytes) {
  std::string accents;
  for (int i = 0; i < 200'000; ++i) accents += "é";
  logs_->writer().append("us-east-1", "g", "s", {{time_.now(), accents}, {time_.now(), "bad \xff\xc3 bytes"}});
  const auto page = *logs_->get_log_events(context_, get_request(true));
  ASSERT_EQ(page.events.size(), 3u);
  EXPECT_EQ(page.events[0].message + page.events[1].message, accents);
  EXPECT_LE(page.events[0].message.size(), 262'118u);
  EXPECT_EQ(page.events[2].message, "bad \xEF\xBF\xBD\xEF\xBF\xBD bytes");
}

TEST_F(LogsTest, AHundredMegabytesArriveWhole) {
  const std::string line(1'000, 'x');
  for (int i = 0; i < 1'000; ++i) {
    std::vector<InputEvent> events(100, {time_.now(), line});
    logs_->writer().append("us-east-1", "g", "s", std::move(events));
  }
  logs_->writer().flush();
  EXPECT_EQ(logs_->writer().lost_bytes(), 0u);
  auto request = get_request(true);
  std::size_t count = 0;
  for (int page = 0; page < 1'000; ++page) {
    const auto response = *logs_->get_log_events(context_, request);
    count += response.events.size();
    if (response.events.empty()) break;
    request.next_token = response.next_forward_token;
  }
  EXPECT_EQ(count, 100'000u);
}

}  // namespace
}  // namespace cumulet::logs
