#include "services/lambda/async_invocations.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.hpp"
#include "services/lambda/errors.hpp"
#include "services/lambda/fake_environment_testing.hpp"

namespace cumulet::lambda {
namespace {

using testing::DataPlane;
using ::testing::HasSubstr;

void set_destinations(Function& f) {
  EventInvokeConfig config;
  config.destination_config.on_failure = OnDestination{"arn:aws:lambda:us-east-1:000000000000:function:failed"};
  config.destination_config.on_success = OnDestination{"arn:aws:lambda:us-east-1:000000000000:function:succeeded"};
  f.event_invoke_configs["$LATEST"] = config;
}

TEST(AsyncInvocations, RunOnceAndAreGone) {
  DataPlane plane;
  plane.put("f");
  const auto answer = plane.invoke_event("f");
  EXPECT_EQ(answer->response.status_code, 202);
  EXPECT_FALSE(answer->response.executed_version);
  ASSERT_TRUE(plane.busy(0));
  EXPECT_EQ(*plane.made[0]->invocation.payload, "{\"n\":1}");
  EXPECT_EQ(plane.stored_events(), 1) << "until its outcome is known";
  plane.answer(0);
  EXPECT_EQ(plane.stored_events(), 0);
}

TEST(AsyncInvocations, AreTriedThreeTimesThenGoToTheFailureDestination) {
  DataPlane plane;
  plane.put("f", set_destinations);
  plane.put("failed");
  plane.invoke_event("f");
  const std::string id = plane.made.at(0)->invocation.request_id;
  plane.fail(0);
  plane.advance(Seconds{59});
  EXPECT_FALSE(plane.busy(0));
  plane.advance(Seconds{1});
  ASSERT_TRUE(plane.busy(0));
  EXPECT_EQ(plane.made[0]->invocation.request_id, id) << "the same event";
  plane.fail(0);
  plane.advance(Seconds{119});
  EXPECT_FALSE(plane.busy(0));
  plane.advance(Seconds{1});
  ASSERT_TRUE(plane.busy(0));
  plane.fail(0);
  ASSERT_EQ(plane.made.size(), 2u);
  const auto record = json::parse(*plane.made[1]->invocation.payload);
  ASSERT_TRUE(record.ok());
  EXPECT_EQ(record->at("version"), "1.0");
  EXPECT_EQ(record->at("requestContext").at("requestId"), json::value(id));
  EXPECT_EQ(record->at("requestContext").at("functionArn"), "arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST");
  EXPECT_EQ(record->at("requestContext").at("condition"), "RetriesExhausted");
  EXPECT_EQ(record->at("requestContext").at("approximateInvokeCount"), 3);
  EXPECT_EQ(record->at("requestPayload").at("n"), 1);
  EXPECT_EQ(record->at("responseContext").at("statusCode"), 200);
  EXPECT_EQ(record->at("responseContext").at("executedVersion"), "$LATEST");
  EXPECT_EQ(record->at("responseContext").at("functionError"), "Unhandled");
  EXPECT_EQ(record->at("responsePayload").at("errorMessage"), "m");
  plane.answer(1);
  EXPECT_EQ(plane.stored_events(), 0);
}

TEST(AsyncInvocations, SuccessDestination) {
  DataPlane plane;
  plane.put("f", set_destinations);
  plane.put("succeeded");
  plane.invoke_event("f");
  plane.answer(0, "{\"ok\":true}");
  ASSERT_TRUE(plane.busy(1));
  const auto record = json::parse(*plane.made[1]->invocation.payload);
  EXPECT_EQ(record->at("requestContext").at("condition"), "Success");
  EXPECT_EQ(record->at("requestContext").at("approximateInvokeCount"), 1);
  EXPECT_FALSE(record->at("responseContext").as_object().contains("functionError"));
  EXPECT_EQ(record->at("responsePayload").at("ok"), true);
}

TEST(AsyncInvocations, MaximumRetryAttempts) {
  DataPlane plane;
  plane.put("f", [](Function& f) {
    f.event_invoke_configs["$LATEST"] = EventInvokeConfig{};
    f.event_invoke_configs["$LATEST"].maximum_retry_attempts = 0;
  });
  plane.invoke_event("f");
  plane.fail(0);
  EXPECT_EQ(plane.stored_events(), 0);
}

TEST(AsyncInvocations, MaximumEventAge) {
  DataPlane plane;
  plane.put("f", [](Function& f) {
    set_destinations(f);
    f.event_invoke_configs["$LATEST"].maximum_event_age_in_seconds = 60;
    f.reserved_concurrency = 1;
  });
  plane.put("failed");
  plane.invoke("f");  // takes the one place
  plane.invoke_event("f");
  EXPECT_EQ(plane.stored_events(), 1);
  for (int i = 0; i < 30; ++i) plane.advance(Seconds{10});
  ASSERT_EQ(plane.made.size(), 2u);
  EXPECT_THAT(*plane.made[1]->invocation.payload, HasSubstr("\"condition\":\"EventAgeExceeded\""));
  plane.answer(1);
  EXPECT_EQ(plane.stored_events(), 0);
}

TEST(AsyncInvocations, ARetryThatWouldComeTooLateIsNotWaitedFor) {
  DataPlane plane;
  plane.put("f", [](Function& f) {
    set_destinations(f);
    f.event_invoke_configs["$LATEST"].maximum_event_age_in_seconds = 60;
  });
  plane.put("failed");
  plane.invoke_event("f");
  plane.fail(0);
  ASSERT_TRUE(plane.busy(1));
  const auto record = json::parse(*plane.made[1]->invocation.payload);
  EXPECT_EQ(record->at("requestContext").at("condition"), "EventAgeExceeded");
  EXPECT_EQ(record->at("requestContext").at("approximateInvokeCount"), 1);
  EXPECT_EQ(record->at("responseContext").at("functionError"), "Unhandled");
  EXPECT_EQ(record->at("responsePayload").at("errorMessage"), "m");
  plane.answer(1);
  EXPECT_EQ(plane.stored_events(), 0);
}

TEST(AsyncInvocations, WithoutConcurrencyGoToTheFailureDestinationAtOnce) {
  DataPlane plane;
  plane.put("f", [](Function& f) {
    set_destinations(f);
    f.reserved_concurrency = 0;
  });
  plane.put("failed");
  plane.invoke_event("f");
  ASSERT_TRUE(plane.busy(0));
  EXPECT_EQ(plane.made[0]->spec.function_name, "failed");
  EXPECT_THAT(*plane.made[0]->invocation.payload, HasSubstr("\"condition\":\"ZeroReservedConcurrency\""));
  plane.answer(0);
  EXPECT_EQ(plane.stored_events(), 0);
}

TEST(AsyncInvocations, ThrottledOnesComeBack) {
  DataPlane plane;
  plane.put("f", [](Function& f) { f.reserved_concurrency = 1; });
  plane.invoke_event("f");
  plane.invoke_event("f");
  plane.invoke_event("f");
  EXPECT_EQ(plane.made.size(), 1u);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(plane.busy(0)) << i;
    plane.answer(0);
  }
  EXPECT_EQ(plane.stored_events(), 0);

  plane.invoke("f");
  plane.invoke_event("f");
  plane.advance(Seconds{100});
  EXPECT_EQ(plane.stored_events(), 1);
  plane.answer(0);
  EXPECT_FALSE(plane.busy(0)) << "it is not yet its time";
  plane.advance(std::chrono::minutes(5));
  ASSERT_TRUE(plane.busy(0));
}

TEST(AsyncInvocations, SurviveTheEnginesEnd) {
  DataPlane plane;
  plane.put("f");
  plane.invoke_event("f");  // will be at work
  plane.invoke_event("f");
  plane.fail(1);  // will wait for its second try
  ASSERT_TRUE(plane.busy(0));
  plane.close();
  plane.made.clear();
  plane.open();
  EXPECT_TRUE(plane.busy(0)) << "the one at work runs again";
  EXPECT_EQ(plane.made.size(), 1u);
  plane.answer(0);
  plane.advance(Seconds{60});
  EXPECT_TRUE(plane.busy(0)) << "the other one at its time";
  plane.answer(0);
  EXPECT_EQ(plane.stored_events(), 0);
}

TEST(AsyncInvocations, ManyMoreThanFitInMemory) {
  DataPlane plane;
  plane.put("f", [](Function& f) { f.reserved_concurrency = 1; });
  auto written = plane.database->write_blocking([&](storage::Transaction& tx) -> Result<void> {
    for (int i = 0; i < 2'600; ++i)
      CUMULET_CHECK(
          plane.lambda->events().enqueue(tx, "arn:aws:lambda:us-east-1:000000000000:function:f", std::to_string(i)));
    return {};
  });
  ASSERT_TRUE(written.ok());
  plane.run();
  std::set<std::string> seen;
  for (int i = 0; i < 2'600; ++i) {
    ASSERT_TRUE(plane.busy(0)) << i;
    EXPECT_TRUE(seen.insert(*plane.made[0]->invocation.payload).second);
    plane.answer(0);
  }
  EXPECT_EQ(plane.stored_events(), 0);
}

// Environments enough for all that may run, and `count` events for a function, accepted together.
struct Crowd : DataPlane {
  Crowd() {
    settings.environments.memory_budget_mb = 1'000'000;
    close();
    open();
  }
  void accept(const std::vector<std::pair<std::string, int>>& events) {
    const auto written = database->write_blocking([&](storage::Transaction& tx) -> Result<void> {
      for (const auto& [name, count] : events)
        for (int i = 0; i < count; ++i)
          CUMULET_CHECK(lambda->events().enqueue(tx, "arn:aws:lambda:us-east-1:000000000000:function:" + name, "1"));
      return {};
    });
    ASSERT_TRUE(written.ok());
    run();
  }
  int at_work_for(const std::string& name) const {
    int count = 0;
    for (const std::size_t i : at_work()) count += made[i]->spec.function_name == name;
    return count;
  }
};

TEST(AsyncInvocations, OneFunctionsBacklogHoldsUpNoOther) {
  Crowd plane;
  for (const char* name : {"b", "a", "c"}) plane.put(name);
  plane.accept({{"b", 400}, {"a", 2}, {"c", 2}});
  EXPECT_EQ(plane.at_work_for("b"), 200);
  for (int i = 0; i < 3; ++i) plane.answer(plane.at_work().front());
  EXPECT_EQ(plane.at_work_for("a"), 1);
  EXPECT_EQ(plane.at_work_for("b"), 198) << "each in turn";
  EXPECT_EQ(plane.at_work_for("c"), 1);
  for (int i = 0; i < 1'000 && !plane.at_work().empty(); ++i) plane.answer(plane.at_work().front());
  EXPECT_EQ(plane.stored_events(), 0);
}

TEST(AsyncInvocations, AThrottledOnesPlaceIsAnothersAtOnce) {
  Crowd plane;
  for (const char* name : {"a", "c"}) plane.put(name);
  plane.put("b", [](Function& f) { f.reserved_concurrency = 1; });
  plane.invoke("b");  // takes its one place
  plane.accept({{"a", 199}, {"b", 1}, {"c", 1}});
  EXPECT_EQ(plane.at_work_for("a"), 199);
  EXPECT_EQ(plane.at_work_for("c"), 1);
}

TEST(AsyncInvocations, WhoseTimeComesWhileAllPlacesAreTakenIsServedLater) {
  Crowd plane;
  plane.put("a");
  plane.put("b", [](Function& f) { f.reserved_concurrency = 1; });
  plane.invoke("b");
  plane.accept({{"b", 1}, {"a", 400}});
  EXPECT_EQ(plane.at_work_for("a"), 200);
  plane.answer(0);
  plane.advance(std::chrono::minutes(5));
  EXPECT_EQ(plane.at_work_for("b"), 0);
  plane.answer(plane.at_work().front());
  EXPECT_EQ(plane.at_work_for("b"), 1);
  EXPECT_EQ(plane.at_work_for("a"), 199);
}

TEST(AsyncInvocations, BelongToTheirTransaction) {
  DataPlane plane;
  plane.put("f");
  auto written = plane.database->write_blocking([&](storage::Transaction& tx) -> Result<void> {
    CUMULET_CHECK(plane.lambda->events().enqueue(tx, "arn:aws:lambda:us-east-1:000000000000:function:f", "1"));
    return Error{kServiceException, "rolled back"};
  });
  EXPECT_FALSE(written.ok());
  plane.run();
  EXPECT_TRUE(plane.made.empty());
  EXPECT_EQ(plane.stored_events(), 0);
}

TEST(AsyncInvocations, AFunctionThatIsGone) {
  DataPlane plane;
  plane.put("f", [](Function& f) { f.reserved_concurrency = 0; });
  plane.invoke_event("f");
  auto& store = const_cast<FunctionStore&>(plane.lambda->store());
  ASSERT_TRUE(
      store.change("us-east-1", "f", [](const FunctionRef&) -> Result<FunctionRef> { return FunctionRef{}; }).ok());
  plane.advance(Seconds{10});
  EXPECT_EQ(plane.stored_events(), 0);
}

TEST(AsyncInvocations, DestinationsCanBeQueues) {
  DataPlane plane;
  plane.queues.make("good");
  plane.queues.make("bad");
  plane.put("f");
  EventInvokeConfigRequest config;
  config.function_name = "f";
  config.maximum_retry_attempts = 0;
  config.destination_config = DestinationConfig{OnDestination{testing::FakeQueues::arn("good")},
                                                OnDestination{testing::FakeQueues::arn("none")}};
  const auto refused = plane.lambda->functions().put_event_invoke_config(plane.context(), config);
  ASSERT_FALSE(refused.ok()) << "there is no such queue";
  EXPECT_EQ(refused.error().message(), "The destination ARN arn:aws:sqs:us-east-1:000000000000:none is invalid.");
  config.destination_config->on_failure = OnDestination{testing::FakeQueues::arn("bad")};
  ASSERT_TRUE(plane.lambda->functions().put_event_invoke_config(plane.context(), config).ok());
  plane.invoke_event("f");
  plane.answer(0, "\"fine\"");
  ASSERT_EQ(plane.queues.at("good").sent.size(), 1u);
  const auto record = json::parse(plane.queues.at("good").sent[0].body);
  EXPECT_EQ(record->at("requestContext").at("condition"), "Success");
  EXPECT_EQ(record->at("responsePayload"), "fine");
  plane.invoke_event("f");
  plane.fail(0);
  ASSERT_EQ(plane.queues.at("bad").sent.size(), 1u);
  EXPECT_EQ(json::parse(plane.queues.at("bad").sent[0].body)->at("requestContext").at("condition"), "RetriesExhausted");
  plane.queues.drop("bad");
  plane.invoke_event("f");
  plane.fail(0);
  EXPECT_EQ(plane.stored_events(), 0) << "a destination that is gone keeps no event";
}

TEST(AsyncInvocations, DeadLettersGoToTheirQueue) {
  DataPlane plane;
  plane.queues.make("dead");
  plane.put("f", [](Function& f) {
    f.latest.configuration.dead_letter_config = DeadLetterConfig{testing::FakeQueues::arn("dead")};
    EventInvokeConfig config;
    config.maximum_retry_attempts = 0;
    f.event_invoke_configs["$LATEST"] = config;
  });
  plane.invoke_event("f");
  const std::string id = plane.made.at(0)->invocation.request_id;
  plane.fail(0);
  ASSERT_EQ(plane.queues.at("dead").sent.size(), 1u);
  const OutgoingQueueMessage& letter = plane.queues.at("dead").sent[0];
  EXPECT_EQ(letter.body, "{\"n\":1}") << "the event itself";
  EXPECT_EQ(letter.attributes.at("RequestID").string_value, id);
  EXPECT_EQ(letter.attributes.at("ErrorCode").data_type, "Number");
  EXPECT_EQ(letter.attributes.at("ErrorCode").string_value, "200");
  EXPECT_EQ(letter.attributes.at("ErrorMessage").string_value, "m");
  EXPECT_EQ(plane.stored_events(), 0);
  plane.invoke_event("f");
  plane.answer(0);
  EXPECT_EQ(plane.queues.at("dead").sent.size(), 1u) << "a success is none";
}

// A function whose failures go to the queue "dead" at once.
void bury_at_once(Function& f) {
  f.latest.configuration.dead_letter_config = DeadLetterConfig{testing::FakeQueues::arn("dead")};
  f.event_invoke_configs["$LATEST"] = EventInvokeConfig{};
  f.event_invoke_configs["$LATEST"].maximum_retry_attempts = 0;
}

TEST(AsyncInvocations, DeadLettersSayOnlyWhatAQueueTakes) {
  DataPlane plane;
  auto& sent = plane.queues.make("dead").sent;
  plane.put("f", bury_at_once);
  const auto said = [&](std::string payload) {
    plane.invoke_event("f");
    plane.fail(0, std::move(payload));
    return sent.empty() ? std::string("nothing") : sent.back().attributes["ErrorMessage"].string_value.value_or("");
  };
  const std::string bad = "\xEF\xBF\xBD";
  EXPECT_EQ(said(R"({"errorMessage":"a\u001b[31mred\u0000\u0007\t\n\rb"})"),
            "a" + bad + "[31mred" + bad + bad + "\t\n\rb");
  EXPECT_EQ(said(R"({"errorMessage":"\u007f\ud7ff\ue000\ufffd\ufffe\uffff\ud800\udc00\udbff\udfff"})"),
            "\x7F\xED\x9F\xBF\xEE\x80\x80" + bad + bad + bad + "\xF0\x90\x80\x80\xF4\x8F\xBF\xBF");
  EXPECT_EQ(said("no JSON \xFF\xE2\x82 \xED\xA0\x80"), "no JSON " + bad + bad + bad + " " + bad + bad + bad);
  std::string bells;
  for (int i = 0; i < 1'000; ++i) bells += "\\u0007";
  EXPECT_EQ(said("{\"errorMessage\":\"" + bells + "\"}").size(), 1'023u) << "1 KB, no character cut";
  EXPECT_EQ(sent.size(), 4u);
}

TEST(AsyncInvocations, DeadLettersArriveWithLessRatherThanNotAtAll) {
  DataPlane plane;
  auto& queue = plane.queues.make("dead");
  plane.put("f", bury_at_once);
  const auto bury = [&](const std::string& payload) {
    plane.invoke("f", [&](InvokeCall& call) {
      call.request.invocation_type = "Event";
      call.request.payload = wire::Blob{payload};
    });
    plane.fail(0);
  };
  bury("\"\xEF\xBF\xBF\"");
  ASSERT_EQ(queue.sent.size(), 1u);
  EXPECT_EQ(queue.sent[0].body, "\"\xEF\xBF\xBD\"");
  EXPECT_EQ(queue.sent[0].attributes.at("ErrorMessage").string_value, "m");
  const std::string large = '"' + std::string(1'000, 'x') + '"';
  queue.most_bytes = large.size();
  bury(large);
  ASSERT_EQ(queue.sent.size(), 2u);
  EXPECT_EQ(queue.sent[1].body, large);
  EXPECT_TRUE(queue.sent[1].attributes.empty()) << "there was no room for them";
  bury(large + " ");
  EXPECT_EQ(queue.sent.size(), 2u) << "it fits in no way";
  EXPECT_EQ(plane.stored_events(), 0);
}

TEST(AsyncInvocations, DeadLettersNeedAQueue) {
  DataPlane plane;
  plane.put("f");
  UpdateFunctionConfigurationRequest update;
  update.function_name = "f";
  update.dead_letter_config = DeadLetterConfig{testing::FakeQueues::arn("dead")};
  auto& functions = plane.lambda->functions();
  EXPECT_THAT(functions.update_function_configuration(plane.context(), update).error().message(),
              HasSubstr("NonExistentQueue"));
  plane.queues.make("dead");
  EXPECT_EQ(functions.update_function_configuration(plane.context(), update)->dead_letter_config->target_arn,
            testing::FakeQueues::arn("dead"));
  update.dead_letter_config = DeadLetterConfig{""};
  EXPECT_FALSE(functions.update_function_configuration(plane.context(), update)->dead_letter_config);
}

}  // namespace
}  // namespace cumulet::lambda
