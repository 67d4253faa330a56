#include "services/lambda/queue_poller.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.hpp"
#include "services/lambda/errors.hpp"
#include "services/lambda/fake_environment_testing.hpp"

namespace cumulet::lambda {
namespace {

using testing::DataPlane;
using ::testing::ElementsAre;
using testing::FakeQueues;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using Request = CreateEventSourceMappingRequest;

void one_at_a_time(Request& r) { r.batch_size = 1; }

json::array records(const DataPlane& plane, std::size_t environment) {
  return json::parse(*plane.made.at(environment)->invocation.payload)->at("Records").as_array();
}

std::vector<std::string> bodies(const DataPlane& plane, std::size_t environment) {
  std::vector<std::string> out;
  for (const auto& record : records(plane, environment)) out.emplace_back(record.at("body").as_string());
  return out;
}

// A queue, a function and a mapping between them.
struct Line : DataPlane {
  explicit Line(
      const std::function<void(Request&)>& edit = [](Request&) {}, const std::string& queue = "q",
      Seconds visibility = Seconds{30}) {
    queues.make(queue, visibility);
    put("f");
    mapping = map(queue, "f", edit);
  }
  void put_messages(int count, const std::string& queue = "q") {
    for (int i = 0; i < count; ++i) queues.put(queue, "b" + std::to_string(i));
    run();
  }
  void update(const std::function<void(UpdateEventSourceMappingRequest&)>& edit) {
    UpdateEventSourceMappingRequest request;
    request.uuid = mapping.uuid;
    edit(request);
    ASSERT_TRUE(lambda->event_sources().update(context(), request).ok());
    run();
  }
  std::size_t left() { return queues.at("q").messages.size(); }
  EventSourceMappingConfiguration seen() { return *lambda->event_sources().get(context(), {mapping.uuid}); }
  EventSourceMappingConfiguration mapping;
};

TEST(QueuePoller, AMessageRunsTheFunctionAndIsDeleted) {
  Line line;
  EXPECT_EQ(line.mapping.state, "Creating");
  EXPECT_EQ(line.seen().state, "Enabled");
  line.queues.put("q", "hello");
  line.run();
  ASSERT_TRUE(line.busy(0));
  const auto all = records(line, 0);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(json::text(all[0]),
            R"({"messageId":"m1","receiptHandle":"m1#1","body":"hello","attributes":{"ApproximateReceiveCount":"1"},)"
            R"("messageAttributes":{},"md5OfBody":"md5","eventSource":"aws:sqs",)"
            R"("eventSourceARN":"arn:aws:sqs:us-east-1:000000000000:q","awsRegion":"us-east-1"})");
  EXPECT_EQ(line.left(), 1u);
  line.answer(0);
  EXPECT_EQ(line.left(), 0u);
}

// Records and events of large messages are made on a worker: in order, and none is lost on the way.
TEST(QueuePoller, LargeMessagesGoByAWorker) {
  const std::string large(300'000, 'x');
  Line line([](Request& r) { r.maximum_batching_window_in_seconds = 1; });
  for (int i = 0; i < 10; ++i) line.queues.put("q", std::to_string(i) + large);
  line.run();
  line.advance(Seconds{1});
  ASSERT_TRUE(line.busy(0));
  const auto seen = bodies(line, 0);
  ASSERT_THAT(seen, SizeIs(10));
  for (int i = 0; i < 10; ++i) EXPECT_EQ(seen[static_cast<std::size_t>(i)], std::to_string(i) + large);
  line.answer(0);
  EXPECT_EQ(line.left(), 0u);
}

TEST(QueuePoller, AMappingThatStopsGivesBackWhatAWorkerHas) {
  for (int steps = 0; steps < 12; ++steps) {
    Line line;
    line.queues.put("q", std::string(100'000, 'x'));
    line.io.restart();
    for (int i = 0; i < steps; ++i) line.io.poll_one();
    line.update([](auto& r) { r.enabled = false; });
    if (line.made.empty() || !line.busy(0)) {
      line.update([](auto& r) { r.enabled = true; });
      ASSERT_TRUE(!line.made.empty() && line.busy(0)) << steps << ": it is not visible";
    }
    line.answer(0);
    EXPECT_EQ(line.left(), 0u) << steps;
  }
}

TEST(QueuePoller, FiveAtATimeAtFirst) {
  Line line(one_at_a_time);
  line.put_messages(20);
  EXPECT_THAT(line.at_work(), SizeIs(5));
  line.answer(2);
  EXPECT_THAT(line.at_work(), SizeIs(5)) << "the next one at once";
  for (int i = 0; i < 200 && !line.at_work().empty(); ++i) line.answer(line.at_work().front());
  EXPECT_EQ(line.left(), 0u);
  EXPECT_EQ(line.made.size(), 5u) << "warm ones go on";
}

TEST(QueuePoller, GrowsWhileThereIsABacklogAndShrinksAfterIt) {
  Line line(one_at_a_time, "q", Seconds{600});
  line.settings.environments.memory_budget_mb = 100'000;
  line.close();
  line.open();
  line.put_messages(60);
  EXPECT_THAT(line.at_work(), SizeIs(5));
  line.advance(Milliseconds{2'999});
  EXPECT_THAT(line.at_work(), SizeIs(5));
  line.advance(Milliseconds{1});
  EXPECT_THAT(line.at_work(), SizeIs(20));
  line.advance(Seconds{3});
  EXPECT_THAT(line.at_work(), SizeIs(35));
  for (int i = 0; i < 2; ++i) line.advance(Seconds{3});
  EXPECT_THAT(line.at_work(), SizeIs(60));
  EXPECT_EQ(line.lambda->poller_figures().at(0).running, 60);
  while (!line.at_work().empty()) line.answer(line.at_work().front());
  for (int i = 0; i < 20; ++i) line.advance(Seconds{3});
  EXPECT_EQ(line.lambda->poller_figures().at(0).limit, 5);
}

TEST(QueuePoller, MaximumConcurrency) {
  Line line([](Request& r) {
    r.batch_size = 1;
    r.scaling_config = ScalingConfig{2};
  });
  line.put_messages(10);
  EXPECT_THAT(line.at_work(), SizeIs(2));
  line.advance(Seconds{12});
  EXPECT_THAT(line.at_work(), SizeIs(2));
}

TEST(QueuePoller, AFailureLeavesTheMessageForAfterItsVisibilityTimeout) {
  Line line;
  line.queues.put("q", "x");
  line.run();
  line.fail(0);
  EXPECT_EQ(line.left(), 1u);
  line.advance(Seconds{29});
  EXPECT_FALSE(line.busy(0));
  line.advance(Seconds{1});
  ASSERT_TRUE(line.busy(0));
  EXPECT_EQ(records(line, 0)[0].at("attributes").at("ApproximateReceiveCount"), "2");
  line.answer(0);
  EXPECT_EQ(line.left(), 0u);
}

TEST(QueuePoller, ReportedFailuresStayTheOthersGo) {
  Line line([](Request& r) { r.function_response_types = std::vector<std::string>{"ReportBatchItemFailures"}; });
  line.update([](auto& r) { r.enabled = false; });
  line.put_messages(3);
  line.update([](auto& r) { r.enabled = true; });
  EXPECT_THAT(bodies(line, 0), ElementsAre("b0", "b1", "b2"));
  line.answer(0, R"({"batchItemFailures":[{"itemIdentifier":"m2"}]})");
  ASSERT_EQ(line.left(), 1u);
  EXPECT_EQ(line.queues.at("q").messages.front().id, "m2");
  line.advance(Seconds{30});
  EXPECT_THAT(bodies(line, 0), ElementsAre("b1"));
  line.answer(0, R"({"batchItemFailures":[{"itemIdentifier":"nobody"}]})");
  EXPECT_EQ(line.left(), 1u) << "an id that is not of the batch fails all of it";
  line.advance(Seconds{30});
  line.answer(0, R"({"batchItemFailures":[]})");
  EXPECT_EQ(line.left(), 0u);
}

TEST(QueuePoller, WithoutReportingTheAnswerSaysNothing) {
  Line line;
  line.queues.put("q", "x");
  line.run();
  line.answer(0, R"({"batchItemFailures":[{"itemIdentifier":"m1"}]})");
  EXPECT_EQ(line.left(), 0u);
}

TEST(QueuePoller, GathersWithinTheWindow) {
  Line line([](Request& r) {
    r.batch_size = 25;
    r.maximum_batching_window_in_seconds = 5;
  });
  line.put_messages(12);
  line.advance(Seconds{3});
  line.put_messages(3);
  EXPECT_THAT(line.at_work(), IsEmpty());
  line.advance(Milliseconds{1'999});
  EXPECT_THAT(line.at_work(), IsEmpty());
  line.advance(Milliseconds{1});
  ASSERT_TRUE(line.busy(0));
  EXPECT_THAT(bodies(line, 0), SizeIs(15));
  line.answer(0);
  EXPECT_EQ(line.left(), 0u);
  line.put_messages(26);
  ASSERT_TRUE(line.busy(0)) << "a full batch waits for nothing";
  EXPECT_THAT(bodies(line, 0), SizeIs(25));
  line.advance(Seconds{5});
  ASSERT_TRUE(line.busy(1));
  EXPECT_THAT(bodies(line, 1), SizeIs(1));
}

TEST(QueuePoller, AWindowLongerThanTheVisibilityTimeoutEndsBeforeIt) {
  Line line([](Request& r) {
    r.batch_size = 25;
    r.maximum_batching_window_in_seconds = 300;
  });
  line.put_messages(2);
  line.advance(Seconds{28});
  EXPECT_THAT(line.at_work(), IsEmpty());
  line.advance(Seconds{1});
  ASSERT_TRUE(line.busy(0));
  line.advance(Seconds{25});  // hidden anew: the function may still be at it
  EXPECT_THAT(line.at_work(), SizeIs(1));
  line.answer(0);
  EXPECT_EQ(line.left(), 0u);
}

TEST(QueuePoller, AVisibilityTimeoutOfNothingIsNoLoop) {
  Line line;
  line.advance(Seconds{25});  // beyond the poll that began with the other timeout
  line.queues.at("q").facts.visibility_timeout = Seconds{0};
  line.queues.put("q", "x");
  line.run();
  EXPECT_THAT(line.at_work(), SizeIs(5)) << "again and again, within the limit";
}

TEST(QueuePoller, ABatchIsAtMostSixMegabytes) {
  Line line([](Request& r) {
    r.batch_size = 100;
    r.maximum_batching_window_in_seconds = 1;
  });
  for (int i = 0; i < 8; ++i) line.queues.put("q", std::string(1'000'000, 'x'));
  line.run();
  ASSERT_TRUE(line.busy(0)) << "the seventh had no room";
  EXPECT_THAT(bodies(line, 0), SizeIs(6));
  EXPECT_LE(line.made[0]->invocation.payload->size(), 6'291'456u);
  line.advance(Seconds{1});
  ASSERT_TRUE(line.busy(1));
  EXPECT_THAT(bodies(line, 1), SizeIs(2));
  line.answer(0);
  line.answer(1);
  EXPECT_EQ(line.left(), 0u);
}

TEST(QueuePoller, TheRestOfALargeBatchIsHiddenForAsLongAsTheFunctionMayTake) {
  Line line([](Request& r) { r.batch_size = 10; });
  line.update([](auto& r) { r.enabled = false; });
  line.put("f", [](Function& f) {
    f.reserved_concurrency = 1;
    f.latest.configuration.timeout = 20;
  });
  for (int i = 0; i < 8; ++i) line.queues.put("q", std::string(1'000'000, 'x'));
  line.update([](auto& r) { r.enabled = true; });
  EXPECT_THAT(bodies(line, 0), SizeIs(6));
  EXPECT_EQ(line.queues.at("q").messages.back().receives, 1) << "received with the others";
  line.advance(Seconds{15});
  line.answer(0);
  ASSERT_TRUE(line.busy(0));
  EXPECT_THAT(bodies(line, 0), SizeIs(2));
  EXPECT_GE(line.queues.at("q").messages.back().visible_at, line.time.now() + Seconds{20});
}

TEST(QueuePoller, WhatWasReceivedJustNowIsNotHiddenAnew) {
  Line line(one_at_a_time);
  line.put("f", [](Function& f) { f.latest.configuration.timeout = 30; });
  line.put_messages(3);
  line.queues.at("q").facts.visibility_timeout = Seconds{10};  // less than the function may take
  line.advance(Seconds{25});
  line.put_messages(1);
  EXPECT_THAT(line.at_work(), SizeIs(4));
  EXPECT_EQ(line.queues.visibility_changes, 0) << "there is nothing to win";
}

TEST(QueuePoller, WhatTheFilterDoesNotWantIsDeleted) {
  Line line([](Request& r) { r.filter_criteria = FilterCriteria{{{Filter{R"({"body":{"kind":["good"]}})"}}}}; });
  line.queues.put("q", R"({"kind":"bad"})");
  line.queues.put("q", "no document");
  line.queues.put("q", R"({"kind":"good"})");
  line.run();
  ASSERT_THAT(line.at_work(), SizeIs(1));
  EXPECT_THAT(bodies(line, 0), ElementsAre(R"({"kind":"good"})"));
  EXPECT_EQ(line.left(), 1u);
  line.answer(0);
  EXPECT_EQ(line.left(), 0u);
}

TEST(QueuePoller, TakesNothingWhileTheFunctionsReservedConcurrencyIsUsed) {
  Line line(one_at_a_time);
  line.put("f", [](Function& f) { f.reserved_concurrency = 2; });
  line.queues.at("q").dead_after = 1;
  line.put_messages(20);
  EXPECT_THAT(line.at_work(), SizeIs(2));
  line.advance(Seconds{20});
  int received = 0;
  for (const auto& message : line.queues.at("q").messages) received += message.receives;
  EXPECT_EQ(received, 2) << "the others were left where they are";
  for (int i = 0; i < 100 && !line.at_work().empty(); ++i) line.answer(line.at_work().front());
  EXPECT_EQ(line.left(), 0u);
  EXPECT_THAT(line.queues.at("q").dead, IsEmpty());
}

TEST(QueuePoller, WithNoConcurrencyAtAllTheQueueIsLeftAlone) {
  Line line;
  line.put("f", [](Function& f) { f.reserved_concurrency = 0; });
  line.queues.at("q").dead_after = 1;
  line.advance(Seconds{60});
  line.put_messages(3);
  line.advance(Seconds{600});
  EXPECT_EQ(line.left(), 3u);
  EXPECT_THAT(line.queues.at("q").dead, IsEmpty());
  line.put("f", [](Function& f) { f.reserved_concurrency.reset(); });
  line.run();
  EXPECT_FALSE(line.at_work().empty());
}

TEST(QueuePoller, APollUnderWayEndsWhenTheFunctionMayNotRunAnyMore) {
  Line line;
  line.advance(Seconds{1});
  line.put("f", [](Function& f) { f.reserved_concurrency = 0; });
  line.put_messages(1);
  EXPECT_EQ(line.queues.at("q").messages.front().receives, 0);
  line.put("f", [](Function& f) { f.reserved_concurrency.reset(); });
  line.run();
  EXPECT_THAT(line.at_work(), SizeIs(1));
}

TEST(QueuePoller, AThrottledBatchIsHeldAndTriedAgain) {
  Line line(one_at_a_time);
  line.put("f", [](Function& f) { f.reserved_concurrency = 1; });
  line.queues.at("q").dead_after = 1;
  // The poll that is under way has been let in before; another caller takes the place.
  const auto other = line.invoke("f");
  line.put_messages(3);
  EXPECT_THAT(line.at_work(), SizeIs(1));
  line.advance(Seconds{10});
  line.answer(0);
  EXPECT_TRUE(other->came);
  line.advance(Seconds{5});
  ASSERT_THAT(line.at_work(), SizeIs(1));
  EXPECT_EQ(records(line, line.at_work()[0])[0].at("attributes").at("ApproximateReceiveCount"), "1");
  for (int i = 0; i < 10 && !line.at_work().empty(); ++i) line.answer(line.at_work().front());
  EXPECT_EQ(line.left(), 0u);
  EXPECT_THAT(line.queues.at("q").dead, IsEmpty());
}

TEST(QueuePoller, WaitsForRoomWithinTheMemoryBudget) {
  Line line(one_at_a_time);
  line.settings.environments.memory_budget_mb = 300;  // two of 128
  line.close();
  line.open();
  line.put_messages(6);
  EXPECT_THAT(line.at_work(), SizeIs(2));
  line.advance(Seconds{25});
  EXPECT_THAT(line.at_work(), SizeIs(2));
  int received = 0;
  for (const auto& message : line.queues.at("q").messages) received += message.receives;
  EXPECT_EQ(received, 2);
  for (int i = 0; i < 100 && !line.at_work().empty(); ++i) line.answer(line.at_work().front());
  EXPECT_EQ(line.left(), 0u);
}

TEST(QueuePoller, ABatchThatFindsNoRoomWaitsForIt) {
  Line line(one_at_a_time, "q", Seconds{60});
  line.settings.environments.memory_budget_mb = 128;
  line.close();
  line.open();
  line.queues.at("q").dead_after = 1;
  line.put("g");
  line.advance(Seconds{1});  // a poll is under way
  line.invoke("g");
  line.put_messages(2);
  EXPECT_THAT(line.at_work(), SizeIs(1)) << "the other function";
  for (int i = 0; i < 30; ++i) line.advance(Seconds{1});
  EXPECT_EQ(line.queues.at("q").messages.front().receives, 1);
  EXPECT_EQ(line.queues.at("q").messages.back().receives, 0);
  line.answer(0);
  for (int i = 0; i < 10; ++i) line.advance(Seconds{1});
  for (int i = 0; i < 10 && !line.at_work().empty(); ++i) line.answer(line.at_work().front());
  EXPECT_EQ(line.left(), 0u);
  EXPECT_THAT(line.queues.at("q").dead, IsEmpty());
}

TEST(QueuePoller, DisabledItGivesBackWhatItHolds) {
  Line line(one_at_a_time);
  line.put("f", [](Function& f) { f.reserved_concurrency = 1; });
  line.invoke("f");
  line.put_messages(1);
  const auto& message = line.queues.at("q").messages.front();
  ASSERT_EQ(message.receives, 1) << "held";
  line.update([](auto& r) { r.enabled = false; });
  line.advance(Seconds{1});
  EXPECT_LE(message.visible_at, line.time.now());
}

TEST(QueuePoller, OneEnvironmentFitsAlwaysAndIdleOnesMakeRoom) {
  Line line(one_at_a_time);
  line.settings.environments.memory_budget_mb = 100;  // less than one
  line.close();
  line.open();
  line.queues.make("r");
  line.put("g");
  line.map("r", "g", one_at_a_time);
  line.put_messages(1);
  ASSERT_TRUE(line.busy(0));
  line.queues.put("r", "waits");
  line.run();
  EXPECT_THAT(line.at_work(), SizeIs(1));
  line.answer(0);
  ASSERT_TRUE(line.busy(1)) << "the idle one was ended";
  EXPECT_THAT(bodies(line, 1), ElementsAre("waits"));
}

TEST(QueuePoller, AFifoQueueRunsEachGroupInOrder) {
  Line line(one_at_a_time, "q.fifo");
  for (int i = 0; i < 3; ++i)
    for (const char* group : {"a", "b"}) line.queues.put("q.fifo", group + std::to_string(i), group);
  line.run();
  EXPECT_THAT(line.at_work(), SizeIs(2)) << "one for each group";
  EXPECT_THAT(bodies(line, 0), ElementsAre("a0"));
  line.answer(0);
  EXPECT_THAT(bodies(line, 0), ElementsAre("a1"));
  EXPECT_THAT(bodies(line, 1), ElementsAre("b0"));
}

TEST(QueuePoller, DisabledItFinishesWhatRuns) {
  Line line(one_at_a_time);
  line.put_messages(7);
  line.update([](auto& r) { r.enabled = false; });
  EXPECT_EQ(line.seen().state, "Disabled");
  ASSERT_THAT(line.at_work(), SizeIs(5));
  while (!line.at_work().empty()) line.answer(line.at_work().front());
  EXPECT_EQ(line.left(), 2u);
  line.update([](auto& r) { r.enabled = true; });
  EXPECT_THAT(line.at_work(), SizeIs(2));
}

TEST(QueuePoller, IsTakenUpAfterAKill) {
  Line line;
  line.queues.put("q", "x");
  line.run();
  ASSERT_TRUE(line.busy(0));
  line.close();
  line.open();
  line.advance(Seconds{30});
  ASSERT_TRUE(line.busy(1)) << "not deleted: it is seen again";
  line.answer(1);
  EXPECT_EQ(line.left(), 0u);
}

TEST(QueuePoller, SaysWhatIsWrongAndGoesOnWhenItIsMended) {
  Line line;
  line.queues.drop("q");
  line.run();
  EXPECT_THAT(line.seen().last_processing_result.value_or(""), HasSubstr("NonExistentQueue"));
  EXPECT_EQ(line.seen().state, "Enabled");
  line.queues.make("q");
  line.put_messages(1);
  line.advance(Seconds{6});
  ASSERT_TRUE(line.busy(0));
  EXPECT_FALSE(line.seen().last_processing_result);
  line.answer(0);
  ASSERT_TRUE(line.lambda->functions().delete_function(line.context(), {"f", {}}).ok());
  line.run();
  line.put_messages(1);
  line.advance(Seconds{21});
  EXPECT_THAT(line.seen().last_processing_result.value_or(""), HasSubstr("PROBLEM: Function not found"));
  line.put("f");
  line.advance(Seconds{30});
  EXPECT_FALSE(line.at_work().empty());
}

TEST(QueuePoller, OnePollWaitsWhenThereIsNothingToDo) {
  Line line;
  const int before = line.queues.polls;
  line.advance(Seconds{200});
  EXPECT_LE(line.queues.polls - before, 10);
}

}  // namespace
}  // namespace cumulet::lambda
