// Somebody sets the wall's clock while queues work: what waits goes on as if nobody had, and what is told is the
// wall's.
#include "services/sqs/service_testing.hpp"

namespace cumulet::sqs {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::chrono::hours kHour{1};

class SqsClockTest : public SqsTest, public testing::WithParamInterface<std::chrono::hours> {
 protected:
  void set_clock() { time.set_wall_by(GetParam()); }
  void restart() {
    close();
    time.start_again();
    open();
  }
};
INSTANTIATE_TEST_SUITE_P(BackAndForward, SqsClockTest,
                         testing::Values(-kHour, kHour, std::chrono::hours{24 * 365}, -std::chrono::hours{24 * 365}));

TEST_P(SqsClockTest, AVisibilityTimeoutEndsInItsTime) {
  const std::string url = create("jobs", {{"VisibilityTimeout", "30"}});
  ASSERT_TRUE(send(url, "one").ok());
  EXPECT_THAT(bodies(url), ElementsAre("one"));
  set_clock();
  time.advance(Seconds{29});
  EXPECT_THAT(bodies(url), IsEmpty());
  time.advance(Seconds{1});
  EXPECT_THAT(bodies(url), ElementsAre("one"));
}

TEST_P(SqsClockTest, ADelayEndsInItsTime) {
  const std::string url = create("jobs", {{"DelaySeconds", "60"}});
  ASSERT_TRUE(send(url, "before").ok());
  set_clock();
  ASSERT_TRUE(send(url, "after").ok());
  time.advance(Seconds{59});
  EXPECT_THAT(bodies(url), IsEmpty());
  time.advance(Seconds{1});
  EXPECT_THAT(bodies(url), ElementsAre("before", "after"));
}

TEST_P(SqsClockTest, ALongPollEndsInItsTime) {
  const std::string url = create("jobs");
  const auto before = start(sqs->receive_message(context, receive_request(url, 1, 20)));
  set_clock();
  const auto after = start(sqs->receive_message(context, receive_request(url, 1, 20)));
  time.advance(Seconds{19});
  settle();
  EXPECT_FALSE(before->result);
  EXPECT_FALSE(after->result);
  time.advance(Seconds{1});
  settle();
  EXPECT_TRUE(before->result);
  EXPECT_TRUE(after->result);
}

TEST_P(SqsClockTest, ALongPollHearsOfADelayedMessage) {
  const std::string url = create("jobs", {{"DelaySeconds", "5"}});
  ASSERT_TRUE(send(url, "one").ok());
  set_clock();
  const auto poll = start(sqs->receive_message(context, receive_request(url, 1, 20)));
  time.advance(Seconds{5});
  settle();
  ASSERT_TRUE(poll->result);
  EXPECT_EQ(poll->result->value().messages->at(0).body, "one");
}

TEST_P(SqsClockTest, ChangedVisibilityCountsFromNow) {
  const std::string url = create("jobs");
  ASSERT_TRUE(send(url, "one").ok());
  const auto got = receive(url);
  set_clock();
  ChangeMessageVisibilityRequest request;
  request.queue_url = url;
  request.receipt_handle = got.at(0).receipt_handle;
  request.visibility_timeout = 43'000;  // beyond twelve hours together, if an hour had passed
  EXPECT_TRUE(run(sqs->change_message_visibility(context, request)).ok());
}

TEST_P(SqsClockTest, RetentionIsTimeThatPassed) {
  const std::string url = create("jobs", {{"MessageRetentionPeriod", "600"}});
  ASSERT_TRUE(send(url, "one").ok());
  set_clock();
  EXPECT_EQ(backlog("jobs").visible, 1);
  time.advance(Seconds{600});
  EXPECT_EQ(backlog("jobs").visible, 1);
  time.advance(Seconds{2});
  EXPECT_EQ(backlog("jobs").visible, 0);
}

TEST_P(SqsClockTest, DuplicatesAreKnownForFiveMinutes) {
  const std::string url = create("jobs.fifo", {{"FifoQueue", "true"}});
  ASSERT_TRUE(send(url, "one", "g", "d").ok());
  set_clock();
  time.advance(Seconds{299});
  ASSERT_TRUE(send(url, "two", "g", "d").ok());
  EXPECT_EQ(backlog("jobs.fifo").visible, 1) << "a duplicate";
  time.advance(Seconds{1});
  ASSERT_TRUE(send(url, "three", "g", "d").ok());
  EXPECT_EQ(backlog("jobs.fifo").visible, 2);
}

TEST_P(SqsClockTest, WhatIsToldIsTheWallsTime) {
  const std::string url = create("jobs");
  set_clock();
  ASSERT_TRUE(send(url, "one").ok());
  const auto got = receive(url);
  const std::string now = std::to_string(to_millis(time.now()));
  EXPECT_EQ(got.at(0).attributes->at("SentTimestamp"), now);
  EXPECT_EQ(got.at(0).attributes->at("ApproximateFirstReceiveTimestamp"), now);
}

TEST_P(SqsClockTest, APurgeWaitsAMinute) {
  const std::string url = create("jobs");
  QueueRequest request;
  request.queue_url = url;
  ASSERT_TRUE(run(sqs->purge_queue(context, request)).ok());
  set_clock();
  time.advance(Seconds{59});
  EXPECT_FALSE(run(sqs->purge_queue(context, request)).ok());
  time.advance(Seconds{1});
  EXPECT_TRUE(run(sqs->purge_queue(context, request)).ok());
}

// A start takes the stored times from the wall's clock; set back, it must not hold anything for hours.
TEST_F(SqsTest, AfterAStartNothingIsDelayedForLongerThanItMayBe) {
  const std::string url = create("jobs", {{"DelaySeconds", "900"}});
  ASSERT_TRUE(send(url, "one").ok());
  close();
  time.set_wall_by(-kHour);
  time.start_again();
  open();
  EXPECT_EQ(backlog("jobs").visible, 0);
  time.advance(Seconds{900});
  EXPECT_EQ(backlog("jobs").visible, 1);
}

TEST_F(SqsTest, AfterAStartDuplicatesAreNotKnownForHours) {
  const std::string url = create("jobs.fifo", {{"FifoQueue", "true"}});
  ASSERT_TRUE(send(url, "one", "g", "d").ok());
  close();
  time.set_wall_by(-kHour);
  time.start_again();
  open();
  ASSERT_TRUE(send(url, "two", "g", "d").ok());
  EXPECT_EQ(backlog("jobs.fifo").visible, 2);
}

}  // namespace
}  // namespace cumulet::sqs
