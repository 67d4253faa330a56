#include "services/sqs/service_testing.hpp"

namespace cumulet::sqs {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST_F(SqsTest, KeepsWhatWasSentAndForgetsWhatWasDeleted) {
  const std::string url = create("jobs");
  EXPECT_EQ(url, "http://127.0.0.1:4566/000000000000/jobs");
  ASSERT_TRUE(send(url, "one").ok());
  ASSERT_TRUE(send(url, "two").ok());
  const auto got = receive(url, 1);
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(got[0].attributes->at("SenderId"), "AIDA");
  ASSERT_TRUE(remove(url, got[0].receipt_handle).ok());
  crash();
  EXPECT_THAT(bodies(url), ElementsAre("two"));
  EXPECT_THAT(bodies(url), IsEmpty());
}

TEST_F(SqsTest, ObserversAreToldWhatBecomesOfMessages) {
  close();
  is_observed = true;
  open();
  create("dead");
  const std::string url = create(
      "jobs", {{"RedrivePolicy", R"({"deadLetterTargetArn":")" + std::string(kArn) + R"(dead","maxReceiveCount":1})"},
               {"VisibilityTimeout", "1"}});
  head.headers.add("X-Amzn-Trace-Id", "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0");
  const std::string good = send(url, "good")->message_id;
  const auto got = receive(url, 1);
  ASSERT_TRUE(remove(url, got.at(0).receipt_handle).ok());
  const std::string bad = send(url, "bad")->message_id;
  receive(url);
  time.advance(Seconds{2});
  receive(url);
  settle();
  std::vector<std::string> told;
  events::JournalQuery all;
  all.order = events::JournalQuery::Order::oldest_first;
  const auto rows = journal->read(all)->rows;
  for (const auto& row : rows) {
    EXPECT_EQ(row.entry.trace, "1-5759e988-bd862e3fe1be46a994272793");
    told.push_back(row.entry.outcome + ' ' + row.entry.what);
  }
  // The deletion's row goes along with the commit behind it.
  EXPECT_THAT(told,
              ElementsAre("sent jobs/" + good, "sent jobs/" + bad, "deleted jobs/" + good, "deadLettered jobs/" + bad));
  const auto sum = [&](const char* metric) {
    double out = 0;
    const auto minutes =
        sums->read({"us-east-1", "AWS/SQS", metric, "QueueName", "jobs"}, TimePoint{}, time.now() + Seconds{60});
    for (const auto& minute : *minutes) out += minute.sum;
    return out;
  };
  EXPECT_EQ(sum("NumberOfMessagesSent"), 2);
  EXPECT_EQ(sum("NumberOfMessagesReceived"), 2);
  EXPECT_EQ(sum("NumberOfMessagesDeleted"), 1);
}

TEST_F(SqsTest, MessagesAreSeenWithoutReceivingThem) {
  const std::string url = create("jobs");
  create("other");
  for (const char* body : {"one", "two", "three"}) ASSERT_TRUE(send(url, body).ok());
  receive(url, 1);
  const auto first = sqs->peek(std::string(kArn) + "jobs", 0, 2, 2);
  ASSERT_TRUE(first.ok());
  ASSERT_EQ(first->messages.size(), 2u);
  EXPECT_EQ(first->messages[0].body, "on");
  EXPECT_EQ(first->messages[0].body_bytes, 3);
  EXPECT_EQ(first->messages[0].state, "inFlight");
  EXPECT_EQ(first->messages[0].receives, 1);
  EXPECT_EQ(first->messages[1].state, "visible");
  EXPECT_EQ(first->messages[1].receives, 0);
  const auto second = sqs->peek(std::string(kArn) + "jobs", first->next, 2, 100);
  ASSERT_EQ(second->messages.size(), 1u);
  EXPECT_EQ(second->messages[0].body, "three");
  EXPECT_EQ(second->next, 0);
  EXPECT_EQ(backlog("jobs").visible, 2);
  EXPECT_TRUE(sqs->peek(std::string(kArn) + "other", 0, 10, 10)->messages.empty());
  EXPECT_FALSE(sqs->peek(std::string(kArn) + "none", 0, 10, 10).ok());
}

TEST_F(SqsTest, AHandleFromBeforeACrashStillDeletes) {
  const std::string url = create("jobs"), fifo = create("jobs.fifo", {{"FifoQueue", "true"}});
  ASSERT_TRUE(send(url, "one").ok());
  ASSERT_TRUE(send(fifo, "two", "g", "d").ok());
  const std::string handle = receive(url)[0].receipt_handle, fifo_handle = receive(fifo)[0].receipt_handle;
  crash();
  EXPECT_EQ(backlog("jobs").visible, 1) << "what was in flight is visible again";
  EXPECT_TRUE(remove(url, handle).ok());
  EXPECT_TRUE(remove(fifo, fifo_handle).ok());
  EXPECT_EQ(backlog("jobs").visible, 0);
  EXPECT_EQ(backlog("jobs.fifo").visible, 0);
}

TEST_F(SqsTest, AMessageThatTakesTheEngineDownReachesItsDeadLetterQueue) {
  const std::string dead = create("dead");
  const std::string url = create(
      "jobs", {{"RedrivePolicy", R"({"deadLetterTargetArn":")" + std::string(kArn) + R"(dead","maxReceiveCount":3})"}});
  const auto sent = send(url, "poison");
  for (int i = 1; i <= 3; ++i) {
    const auto got = receive(url);
    ASSERT_EQ(got.size(), 1u) << i;
    EXPECT_EQ(got[0].attributes->at("ApproximateReceiveCount"), std::to_string(i));
    time.advance(Seconds{1});  // the count is written
    crash();
  }
  EXPECT_THAT(bodies(url), IsEmpty());
  const auto buried = receive(dead);
  ASSERT_EQ(buried.size(), 1u);
  EXPECT_EQ(buried[0].message_id, sent->message_id);
  EXPECT_EQ(buried[0].attributes->at("DeadLetterQueueSourceArn"), std::string(kArn) + "jobs");
  EXPECT_EQ(buried[0].attributes->at("ApproximateReceiveCount"), "4");
  crash();
  EXPECT_EQ(backlog("jobs").visible, 0);
  EXPECT_THAT(bodies(dead), ElementsAre("poison"));
}

TEST_F(SqsTest, DeduplicatesForFiveMinutesAlsoAfterDeletionAndCrash) {
  const std::string url = create("jobs.fifo", {{"FifoQueue", "true"}, {"ContentBasedDeduplication", "true"}});
  const auto first = send(url, "one", "g");
  ASSERT_TRUE(first.ok());
  ASSERT_TRUE(remove(url, receive(url)[0].receipt_handle).ok());
  crash();
  const auto again = send(url, "one", "other");
  EXPECT_EQ(again->message_id, first->message_id);
  EXPECT_EQ(again->sequence_number, first->sequence_number);
  EXPECT_EQ(first->sequence_number->size(), 20u);
  EXPECT_THAT(bodies(url), IsEmpty());
  time.advance(Seconds{300});
  const auto later = send(url, "one", "g");
  EXPECT_NE(later->message_id, first->message_id);
  EXPECT_GT(*later->sequence_number, *first->sequence_number);
  EXPECT_THAT(bodies(url), ElementsAre("one"));
}

TEST_F(SqsTest, DeduplicatesByGroupWhereAsked) {
  const std::string url = create("jobs.fifo", {{"FifoQueue", "true"}, {"DeduplicationScope", "messageGroup"}});
  ASSERT_TRUE(send(url, "one", "g", "d").ok());
  ASSERT_TRUE(send(url, "two", "g", "d").ok());
  ASSERT_TRUE(send(url, "three", "h", "d").ok());
  EXPECT_THAT(bodies(url), ElementsAre("one", "three"));
}

TEST_F(SqsTest, RepeatsAReceiveByItsAttemptId) {
  const std::string url = create("jobs.fifo", {{"FifoQueue", "true"}, {"ContentBasedDeduplication", "true"}});
  ASSERT_TRUE(send(url, "one", "g").ok());
  auto request = receive_request(url, 10);
  request.receive_request_attempt_id = "try";
  const auto first = run(sqs->receive_message(context, request));
  time.advance(Seconds{20});
  const auto repeated = run(sqs->receive_message(context, request));
  ASSERT_TRUE(repeated->messages);
  EXPECT_EQ(repeated->messages->at(0).receipt_handle, first->messages->at(0).receipt_handle);
  time.advance(Seconds{20});  // past the first timeout, within the second
  EXPECT_THAT(bodies(url), IsEmpty());
  ASSERT_TRUE(remove(url, first->messages->at(0).receipt_handle).ok());
  EXPECT_FALSE(run(sqs->receive_message(context, request))->messages);
}

TEST_F(SqsTest, AnAttemptIdHasAHundredAndTwentyEightCharactersAtMost) {
  const std::string url = create("jobs.fifo", {{"FifoQueue", "true"}});
  auto request = receive_request(url, 10);
  request.receive_request_attempt_id = std::string(128, '!');
  EXPECT_TRUE(run(sqs->receive_message(context, request)).ok());
  for (const std::string& bad : {std::string(), std::string(129, 'a'), std::string("a b"), std::string("\xC3\xA4")}) {
    request.receive_request_attempt_id = bad;
    const auto refused = run(sqs->receive_message(context, request));
    ASSERT_FALSE(refused.ok()) << bad;
    EXPECT_TRUE(refused.error().is(kInvalidParameterValue));
    EXPECT_EQ(refused.error().message(),
              "Value " + bad +
                  " for parameter ReceiveRequestAttemptId is invalid. Reason: ReceiveRequestAttemptId can only include "
                  "alphanumeric and punctuation characters. 1 to 128 in length.");
  }
}

TEST_F(SqsTest, RefusesAnExpiredHandleOfAFifoQueueOnly) {
  const std::string url = create("jobs"), fifo = create("jobs.fifo", {{"FifoQueue", "true"}});
  ASSERT_TRUE(send(url, "one").ok());
  ASSERT_TRUE(send(fifo, "two", "g", "d").ok());
  const std::string handle = receive(url)[0].receipt_handle, fifo_handle = receive(fifo)[0].receipt_handle;
  time.advance(Seconds{31});
  EXPECT_TRUE(remove(url, handle).ok());
  EXPECT_EQ(backlog("jobs").visible, 0);
  const auto refused = remove(fifo, fifo_handle);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(
      refused.error().message(),
      "Value " + fifo_handle + " for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.");
  EXPECT_TRUE(remove(url, fifo_handle).error().is(kReceiptHandleIsInvalid));
}

TEST_F(SqsTest, ChangesAtTheSameTimeDoNotUndoEachOther) {
  const std::string url = create("jobs");
  TagQueueRequest tag;
  tag.queue_url = url;
  SetQueueAttributesRequest set;
  set.queue_url = url;
  std::vector<std::shared_ptr<Call<wire::Empty>>> calls;
  for (const char* name : {"a", "b", "c"}) {
    tag.tags = StringMap{{name, "1"}};
    calls.push_back(start(sqs->tag_queue(context, tag)));
  }
  for (const char* name : {"DelaySeconds", "VisibilityTimeout"}) {
    set.attributes = StringMap{{name, "7"}};
    calls.push_back(start(sqs->set_queue_attributes(context, set)));
  }
  settle();
  QueueRequest list{url};
  EXPECT_EQ(run(sqs->list_queue_tags(context, list))->tags->size(), 3u);
  GetQueueAttributesRequest get;
  get.queue_url = url;
  get.attribute_names = {"All"};
  const auto attributes = run(sqs->get_queue_attributes(context, get))->attributes.value();
  EXPECT_EQ(attributes.at("DelaySeconds"), "7");
  EXPECT_EQ(attributes.at("VisibilityTimeout"), "7");
}

TEST_F(SqsTest, AMessageIsInFlightForTwelveHoursAtMost) {
  const std::string url = create("jobs");
  ASSERT_TRUE(send(url, "one").ok());
  ChangeMessageVisibilityRequest change;
  change.queue_url = url;
  change.receipt_handle = receive(url)[0].receipt_handle;
  change.visibility_timeout = 43'200;
  EXPECT_TRUE(run(sqs->change_message_visibility(context, change)).ok());
  time.advance(Seconds{40'000});
  EXPECT_EQ(
      run(sqs->change_message_visibility(context, change)).error().message(),
      "Value 43200 for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout for the message is "
      "beyond the limit [43200 seconds]");
  change.visibility_timeout = 3'200;
  EXPECT_TRUE(run(sqs->change_message_visibility(context, change)).ok());
  EXPECT_EQ(backlog("jobs").in_flight, 1);
}

// Recorded on AWS: an earlier handle is as good as the last one.
TEST_F(SqsTest, AStandardQueueTakesAnyHandleItGave) {
  const std::string url = create("jobs");
  ASSERT_TRUE(send(url, "one").ok());
  auto request = receive_request(url, 1);
  request.visibility_timeout = 0;
  const std::string first = run(sqs->receive_message(context, request))->messages->at(0).receipt_handle;
  EXPECT_EQ(receive(url).size(), 1u);
  ChangeMessageVisibilityRequest change;
  change.queue_url = url;
  change.receipt_handle = first;
  change.visibility_timeout = 0;
  ASSERT_TRUE(run(sqs->change_message_visibility(context, change)).ok());
  EXPECT_EQ(receive(url).size(), 1u);
  ASSERT_TRUE(remove(url, first).ok());
  EXPECT_EQ(backlog("jobs").in_flight, 0);
  EXPECT_EQ(run(sqs->change_message_visibility(context, change)).error().message(),
            "Value " + first +
                " for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for "
                "visibility timeout change.");
}

TEST_F(SqsTest, MessagesExpire) {
  const std::string url = create("jobs", {{"MessageRetentionPeriod", "60"}});
  ASSERT_TRUE(send(url, "old").ok());
  time.advance(Seconds{50});
  ASSERT_TRUE(send(url, "new").ok());
  time.advance(Seconds{11});
  EXPECT_EQ(backlog("jobs").visible, 1);
  EXPECT_THAT(bodies(url), ElementsAre("new"));
  settle();
  crash();
  EXPECT_THAT(bodies(url), ElementsAre("new"));
}

TEST_F(SqsTest, APurgeIsForGoodAndOnceAMinute) {
  const std::string url = create("jobs.fifo", {{"FifoQueue", "true"}});
  ASSERT_TRUE(send(url, "one", "g", "d").ok());
  receive(url);
  QueueRequest request{url};
  ASSERT_TRUE(run(sqs->purge_queue(context, request)).ok());
  EXPECT_TRUE(run(sqs->purge_queue(context, request)).error().is(kPurgeQueueInProgress));
  crash();
  EXPECT_THAT(bodies(url), IsEmpty());
  ASSERT_TRUE(send(url, "again", "g", "d").ok());
  EXPECT_THAT(bodies(url), ElementsAre("again")) << "a purge forgets what was sent";
}

TEST_F(SqsTest, MovesMessagesBackAtTheRateAskedFor) {
  const std::string dead = create("dead");
  const std::string url = create(
      "jobs", {{"RedrivePolicy", R"({"deadLetterTargetArn":")" + std::string(kArn) + R"(dead","maxReceiveCount":"1"})"},
               {"VisibilityTimeout", "0"}});
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(send(url, std::to_string(i)).ok());
  EXPECT_THAT(bodies(url), ElementsAre("0", "1", "2"));
  EXPECT_THAT(bodies(url), IsEmpty());
  EXPECT_EQ(backlog("dead").visible, 3);

  StartMessageMoveTaskRequest request;
  request.source_arn = std::string(kArn) + "dead";
  request.max_number_of_messages_per_second = 1;
  ASSERT_TRUE(run(sqs->start_message_move_task(context, request)).ok());
  EXPECT_FALSE(run(sqs->start_message_move_task(context, request)).ok());
  const auto task = [&] {
    ListMessageMoveTasksRequest list;
    list.source_arn = request.source_arn;
    return run(sqs->list_message_move_tasks(context, list))->results.at(0);
  };
  EXPECT_EQ(task().status, "RUNNING");
  EXPECT_EQ(task().approximate_number_of_messages_moved, 0);
  EXPECT_EQ(task().approximate_number_of_messages_to_move, 3);
  time.advance(Seconds{1});
  settle();
  EXPECT_EQ(task().approximate_number_of_messages_moved, 1);
  crash();  // it goes on
  for (int i = 0; i < 5; ++i) {
    settle();
    time.advance(Seconds{1});
  }
  settle();
  EXPECT_EQ(task().status, "COMPLETED");
  EXPECT_EQ(task().approximate_number_of_messages_moved, 3);
  EXPECT_EQ(backlog("dead").visible, 0);
  EXPECT_EQ(backlog("jobs").visible, 3);
}

TEST_F(SqsTest, ListsTheNextPageThoughTheLastQueueOfThisOneIsGone) {
  for (const char* name : {"a", "b", "c"}) create(name);
  ListQueuesRequest list;
  list.max_results = 2;
  const auto first = run(sqs->list_queues(context, list));
  ASSERT_TRUE(first.ok());
  ASSERT_TRUE(first->next_token);
  QueueRequest second{"http://127.0.0.1:4566/000000000000/b"};
  ASSERT_TRUE(run(sqs->delete_queue(context, second)).ok());
  list.next_token = first->next_token;
  const auto next = run(sqs->list_queues(context, list));
  ASSERT_TRUE(next.ok()) << next.error().message();
  EXPECT_THAT(next->queue_urls.value(), ElementsAre("http://127.0.0.1:4566/000000000000/c"));
  list.next_token = "no token!";
  EXPECT_FALSE(run(sqs->list_queues(context, list)).ok());
}

// The engine ends while a part of a move is written and somebody waits for a message in flight.
TEST_F(SqsTest, LeavesNoTimerBehind) {
  create("dead");
  const std::string url = create(
      "jobs", {{"RedrivePolicy", R"({"deadLetterTargetArn":")" + std::string(kArn) + R"(dead","maxReceiveCount":"1"})"},
               {"VisibilityTimeout", "0"}});
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(send(url, std::to_string(i)).ok());
  EXPECT_EQ(bodies(url).size(), 3u);
  EXPECT_THAT(bodies(url), IsEmpty());
  const std::string other = create("other");
  ASSERT_TRUE(send(other, "in flight").ok());
  EXPECT_EQ(bodies(other).size(), 1u);
  const auto poll = start(sqs->receive_message(context, receive_request(other, 1, 20)));
  StartMessageMoveTaskRequest request;
  request.source_arn = std::string(kArn) + "dead";
  request.max_number_of_messages_per_second = 1;
  ASSERT_TRUE(run(sqs->start_message_move_task(context, request)).ok());
  settle();

  std::promise<void> release;
  hold_writer(release);
  time.advance(Seconds{1});  // a part is submitted
  std::thread stopping([this] { sqs->stop(); });
  for (int i = 0; i < 10'000 && !poll->result; ++i) {  // the poll ends when queues are closed
    io.restart();
    io.run_for(Milliseconds{1});
  }
  EXPECT_TRUE(poll->result);
  release.set_value();
  stopping.join();
  EXPECT_EQ(time.next_due(), std::nullopt);
}

TEST_F(SqsTest, SendsInSomebodysTransaction) {
  create("jobs");
  OutgoingMessage message;
  message.body = "from a service";
  message.attributes["kind"] = {"String", "test", std::nullopt};
  const std::string arn = std::string(kArn) + "jobs";
  const auto undone = database->write_blocking([&](storage::Transaction& tx) -> Result<void> {
    EXPECT_TRUE(sqs->send(tx, arn, message).ok());
    return Error{kInternalFailure, "undone"};
  });
  EXPECT_FALSE(undone.ok());
  EXPECT_EQ(sqs->backlog(arn).visible, 0);
  ASSERT_TRUE(database->write_blocking([&](storage::Transaction& tx) { return sqs->send(tx, arn, message); }).ok());
  const auto got = run(sqs->receive(arn, 10, Seconds{0}));
  ASSERT_TRUE(got.ok());
  ASSERT_EQ(got->size(), 1u);
  EXPECT_EQ(got->at(0).body, "from a service");
  EXPECT_EQ(got->at(0).message_attributes.at("kind").string_value, "test");
  EXPECT_EQ(got->at(0).attributes.at("ApproximateReceiveCount"), "1");
  ASSERT_TRUE(run(sqs->remove(arn, {got->at(0).receipt_handle})).ok());
  EXPECT_EQ(sqs->backlog(arn).in_flight, 0);
  EXPECT_FALSE(
      database->write_blocking([&](storage::Transaction& tx) { return sqs->send(tx, arn + "x", message); }).ok());
}

TEST_F(SqsTest, ReadsFromTheDiskWhatItDoesNotRemember) {
  const std::string url = create("jobs");
  const std::string large(300'000, 'x');  // more than is kept in memory of one message
  ASSERT_TRUE(send(url, large).ok());
  ASSERT_TRUE(send(url, "small").ok());
  EXPECT_THAT(bodies(url), ElementsAre(large, "small"));
}

TEST_F(SqsTest, JsonTakesNumbersForTexts) {
  const wire::ServiceDescriptor service = describe(*sqs);
  const auto row = std::find_if(service.operations.begin(), service.operations.end(),
                                [](const auto& operation) { return operation.name == "CreateQueue"; });
  wire::DecodeRequest request;
  request.body = R"({"QueueName":"q","Attributes":{"DelaySeconds":400,"FifoQueue":true}})";
  CreateQueueRequest input;
  ASSERT_TRUE(wire::decode(wire::Protocol::aws_json_1_0, service, *row, request, &input).ok());
  EXPECT_EQ(input.attributes, (StringMap{{"DelaySeconds", "400"}, {"FifoQueue", "true"}}));
  request.body = R"({"QueueName":{}})";
  EXPECT_EQ(wire::decode(wire::Protocol::aws_json_1_0, service, *row, request, &input).error().message(),
            "Start of structure or map found where not expected.");
}

TEST_F(SqsTest, WaitsAfterADeletionWhereAskedTo) {
  close();
  database = std::move(storage::Database::open(folder / "state.db", storage::Durability::ephemeral)).value();
  Settings settings;
  settings.waits_after_deletion = true;
  sqs = std::make_unique<Sqs>(
      Dependencies{*database, time, time, random, io.get_executor(), pool.get_executor(), settings});
  ASSERT_TRUE(sqs->load().ok());
  const std::string url = create("jobs");
  QueueRequest request{url};
  ASSERT_TRUE(run(sqs->delete_queue(context, request)).ok());
  CreateQueueRequest again;
  again.queue_name = "jobs";
  EXPECT_TRUE(run(sqs->create_queue(context, again)).error().is(kQueueDeletedRecently));
  time.advance(Seconds{60});
  EXPECT_TRUE(run(sqs->create_queue(context, again)).ok());
}

}  // namespace
}  // namespace cumulet::sqs
