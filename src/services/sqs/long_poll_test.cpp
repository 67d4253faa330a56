#include "services/sqs/service_testing.hpp"

namespace cumulet::sqs {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST_F(SqsTest, ALongPollWakesForAMessageAndEndsInTime) {
  const std::string url = create("jobs");
  const auto first = start(sqs->receive_message(context, receive_request(url, 10, 20)));
  const auto second = start(sqs->receive_message(context, receive_request(url, 10, 5)));
  EXPECT_FALSE(first->result);
  ASSERT_TRUE(send(url, "one").ok());
  settle();
  ASSERT_TRUE(first->result);
  ASSERT_TRUE(first->result->value().messages);
  EXPECT_EQ(first->result->value().messages->at(0).body, "one");
  EXPECT_FALSE(second->result);
  time.advance(Seconds{4});
  settle();
  EXPECT_FALSE(second->result);
  time.advance(Seconds{1});
  settle();
  ASSERT_TRUE(second->result);
  EXPECT_FALSE(second->result->value().messages);
}

TEST_F(SqsTest, ALongPollWakesWhenADelayOrATimeoutEnds) {
  const std::string url = create("jobs", {{"DelaySeconds", "3"}, {"VisibilityTimeout", "7"}});
  ASSERT_TRUE(send(url, "late").ok());
  auto poll = start(sqs->receive_message(context, receive_request(url, 1, 20)));
  time.advance(Milliseconds{2'999});
  settle();
  EXPECT_FALSE(poll->result);
  time.advance(Milliseconds{1});
  settle();
  ASSERT_TRUE(poll->result);
  poll = start(sqs->receive_message(context, receive_request(url, 1, 20)));
  time.advance(Seconds{7});
  settle();
  ASSERT_TRUE(poll->result);
  EXPECT_EQ(poll->result->value().messages->at(0).attributes->at("ApproximateReceiveCount"), "2");
}

TEST_F(SqsTest, ACancelledLongPollTakesNothing) {
  const std::string url = create("jobs");
  const auto poll = start(sqs->receive_message(context, receive_request(url, 1, 20)));
  poll->cancel.emit(asio::cancellation_type::total);
  settle();
  EXPECT_TRUE(poll->is_ended);
  ASSERT_TRUE(send(url, "one").ok());
  EXPECT_EQ(backlog("jobs").visible, 1);
  EXPECT_EQ(backlog("jobs").in_flight, 0);
}

// The first is woken, but its client is gone before it runs again.
TEST_F(SqsTest, ACancelledLongPollPassesItsWakeUpOn) {
  const std::string url = create("jobs");
  const auto gone = start(sqs->receive_message(context, receive_request(url, 1, 20)));
  const auto next = start(sqs->receive_message(context, receive_request(url, 1, 20)));
  gone->cancel.emit(asio::cancellation_type::total);  // it is told when the I/O thread runs: after the wake-up
  OutgoingMessage message;
  message.body = "one";
  ASSERT_TRUE(
      database
          ->write_blocking([&](storage::Transaction& tx) { return sqs->send(tx, std::string(kArn) + "jobs", message); })
          .ok());
  settle();
  EXPECT_TRUE(gone->is_ended);
  EXPECT_TRUE(!gone->result || !gone->result->value().messages);
  ASSERT_TRUE(next->result);
  ASSERT_TRUE(next->result->value().messages);
  EXPECT_EQ(next->result->value().messages->at(0).body, "one");
}

// The client goes while a message of the same call is moved to the dead-letter queue.
TEST_F(SqsTest, ACancelledReceivePutsBackWhatItTook) {
  create("dead");
  const std::string url = create(
      "jobs", {{"RedrivePolicy", R"({"deadLetterTargetArn":")" + std::string(kArn) + R"(dead","maxReceiveCount":1})"}});
  ASSERT_TRUE(send(url, "poison").ok());
  auto request = receive_request(url, 10);
  request.visibility_timeout = 0;
  ASSERT_TRUE(run(sqs->receive_message(context, request))->messages);
  ASSERT_TRUE(send(url, "good").ok());

  std::promise<void> release;
  hold_writer(release);
  const auto gone = start(sqs->receive_message(context, receive_request(url, 10)));
  EXPECT_EQ(backlog("jobs").in_flight, 2);
  gone->cancel.emit(asio::cancellation_type::total);
  io.restart();
  io.poll();
  release.set_value();
  settle();
  EXPECT_TRUE(gone->is_ended);
  EXPECT_TRUE(!gone->result || !gone->result->value().messages);
  EXPECT_EQ(backlog("dead").visible, 1);
  EXPECT_EQ(backlog("jobs").in_flight, 0);
  const auto got = receive(url);
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(got[0].body, "good");
  EXPECT_EQ(got[0].attributes->at("ApproximateReceiveCount"), "1");
}

TEST_F(SqsTest, ALongPollOfAFullQueueWaitsForRoom) {
  close();
  database = std::move(storage::Database::open(folder / "state.db", storage::Durability::ephemeral)).value();
  Settings settings;
  settings.in_flight_limit = 2;
  sqs = std::make_unique<Sqs>(
      Dependencies{*database, time, time, random, io.get_executor(), pool.get_executor(), settings});
  ASSERT_TRUE(sqs->load().ok());
  const std::string url = create("jobs");
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(send(url, std::to_string(i)).ok());
  const auto first = receive(url);
  ASSERT_EQ(first.size(), 2u) << "no more than the limit";
  EXPECT_TRUE(run(sqs->receive_message(context, receive_request(url, 1))).error().is(kOverLimit));

  const auto poll = start(sqs->receive_message(context, receive_request(url, 10, 20)));
  const auto other = start(sqs->receive_message(context, receive_request(url, 10, 5)));
  EXPECT_FALSE(poll->result);
  ASSERT_TRUE(send(url, "4").ok());
  settle();
  EXPECT_FALSE(poll->result) << "full as before";
  ASSERT_TRUE(remove(url, first[0].receipt_handle).ok());
  settle();
  ASSERT_TRUE(poll->result);
  ASSERT_TRUE(poll->result->value().messages);
  ASSERT_EQ(poll->result->value().messages->size(), 1u);
  EXPECT_EQ(poll->result->value().messages->at(0).body, "2");
  EXPECT_FALSE(other->result);
  time.advance(Seconds{5});
  settle();
  ASSERT_TRUE(other->result);
  EXPECT_TRUE(other->result->ok());
  EXPECT_FALSE(other->result->value().messages);
}

TEST_F(SqsTest, ADeletedQueueEndsItsLongPolls) {
  const std::string url = create("jobs");
  const auto poll = start(sqs->receive_message(context, receive_request(url, 1, 20)));
  QueueRequest request{url};
  ASSERT_TRUE(run(sqs->delete_queue(context, request)).ok());
  settle();
  ASSERT_TRUE(poll->result);
  EXPECT_TRUE(poll->result->error().is(kQueueDoesNotExist));
  EXPECT_FALSE(send(url, "x").ok());
  crash();
  EXPECT_FALSE(sqs->find(std::string(kArn) + "jobs"));
  EXPECT_EQ(create("jobs"), url);
  EXPECT_THAT(bodies(url), IsEmpty());
}

}  // namespace
}  // namespace cumulet::sqs
