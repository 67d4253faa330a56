#include "events/sums.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/manual_time.hpp"

namespace cumulet::events {
namespace {

class SumsTest : public testing::Test {
 protected:
  SumsTest() {
    char name[] = "/tmp/cumulet-sums-XXXXXX";
    folder = ::mkdtemp(name);
    open();
  }
  ~SumsTest() override {
    close();
    std::filesystem::remove_all(folder);
  }
  void open() {
    database = std::move(storage::Database::open(folder / "state.db", storage::Durability::ephemeral)).value();
    sums = std::make_unique<Sums>(*database, time, time);
    ASSERT_TRUE(sums->load().ok());
  }
  void close() {
    sums.reset();
    database.reset();
  }
  void settle() {
    ASSERT_TRUE(database->write_blocking([](storage::Transaction&) -> Result<void> { return {}; }).ok());
  }
  std::vector<Sum> all(const Series& series) {
    return std::move(sums->read(series, TimePoint{}, time.now() + Seconds{60})).value();
  }

  std::filesystem::path folder;
  ManualTime time;  // begins with a minute
  const TimePoint start = time.now();
  const Series duration{"us-east-1", "AWS/Lambda", "Duration", "FunctionName", "f"};
  const Series errors{"us-east-1", "AWS/Lambda", "Errors", "FunctionName", "f"};
  std::unique_ptr<storage::Database> database;
  std::unique_ptr<Sums> sums;
};

TEST_F(SumsTest, ValuesAreAddedUpByTheMinute) {
  sums->add(duration, 10);
  sums->add(duration, 4);
  time.advance(Seconds{59});
  sums->add(duration, 1);
  time.advance(Seconds{1});
  sums->add(duration, 7);
  settle();
  const auto minutes = all(duration);
  ASSERT_EQ(minutes.size(), 2u);
  EXPECT_EQ(minutes[0].at, start);
  EXPECT_EQ(minutes[0].count, 3);
  EXPECT_EQ(minutes[0].sum, 15);
  EXPECT_EQ(minutes[0].smallest, 1);
  EXPECT_EQ(minutes[0].largest, 10);
  EXPECT_EQ(minutes[1].at, start + Seconds{60});
  EXPECT_EQ(minutes[1].sum, 7);
  EXPECT_EQ(sums->read(duration, start + Seconds{60}, start + Seconds{61})->size(), 1u);
  EXPECT_EQ(sums->read(duration, start, start + Seconds{60})->size(), 1u);
}

TEST_F(SumsTest, AMinuteGoesOnAfterARestart) {
  sums->add(duration, 1);
  close();
  open();
  sums->add(duration, 2);
  ASSERT_EQ(all(duration).size(), 1u);
  EXPECT_EQ(all(duration)[0].sum, 3);
  time.advance(Seconds{60});
  settle();
  EXPECT_EQ(all(duration)[0].sum, 3);
  EXPECT_EQ(all(duration)[0].count, 2);
  EXPECT_EQ(all(duration)[0].smallest, 1);
}

TEST_F(SumsTest, ListsWhatThereIs) {
  sums->add(duration, 1);
  time.advance(Seconds{60});
  settle();
  sums->add(errors, 1);
  sums->add({"eu-west-1", "AWS/SQS", "NumberOfMessagesSent", "QueueName", "q"}, 1);
  EXPECT_EQ(sums->list({}, std::nullopt, 10)->size(), 3u);
  SeriesFilter filter;
  filter.region = "us-east-1";
  EXPECT_EQ(*sums->list(filter, std::nullopt, 10), (std::vector{duration, errors}));
  EXPECT_EQ(*sums->list(filter, std::nullopt, 1), (std::vector{duration}));
  EXPECT_EQ(*sums->list(filter, duration, 1), (std::vector{errors}));
  filter.metric = "Errors";
  EXPECT_EQ(*sums->list(filter, std::nullopt, 10), (std::vector{errors}));
  filter = {};
  filter.active_since = time.now();
  EXPECT_EQ(sums->list(filter, std::nullopt, 10)->size(), 2u);
}

TEST_F(SumsTest, MinutesGoAfterFifteenDays) {
  sums->add(duration, 1);
  time.advance(std::chrono::hours(15 * 24));
  settle();
  sums->add(errors, 1);
  EXPECT_EQ(all(duration).size(), 1u);
  for (int i = 0; i < 4; ++i) {  // one series in its turn
    time.advance(Seconds{60});
    settle();
    sums->add(errors, 1);
  }
  EXPECT_EQ(all(duration).size(), 0u);
  EXPECT_EQ(sums->list({}, std::nullopt, 10)->size(), 1u);
}

TEST_F(SumsTest, NothingIsWrittenWhileNothingHappens) {
  sums->add(duration, 1);
  time.advance(Seconds{60});
  settle();
  time.advance(Seconds{60});
  settle();
  EXPECT_FALSE(time.next_due());
}

}  // namespace
}  // namespace cumulet::events
