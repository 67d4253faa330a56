#include "services/lambda/event_sources.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/lambda/errors.hpp"
#include "services/lambda/fake_environment_testing.hpp"

namespace cumulet::lambda {
namespace {

using testing::DataPlane;
using testing::FakeQueues;
using ::testing::HasSubstr;

struct Plane : DataPlane {
  Plane() {
    queues.make("q");
    queues.make("q.fifo");
    put("f");
  }
  CreateEventSourceMappingRequest request(const std::string& queue = "q") {
    CreateEventSourceMappingRequest r;
    r.event_source_arn = FakeQueues::arn(queue);
    r.function_name = "f";
    return r;
  }
  Result<EventSourceMappingConfiguration> create(const CreateEventSourceMappingRequest& r) {
    return lambda->event_sources().create(context(), r);
  }
  std::string refusal(const CreateEventSourceMappingRequest& r) {
    const auto made = create(r);
    if (made.ok()) return "none";
    return std::string(made.error().code()) + ": " + made.error().message();
  }
};

TEST(EventSources, Lifecycle) {
  Plane plane;
  auto r = plane.request();
  r.tags = std::map<std::string, std::string>{{"team", "bot"}};
  const auto made = plane.create(r);
  ASSERT_TRUE(made.ok()) << made.error().message();
  EXPECT_EQ(made->state, "Creating");
  EXPECT_EQ(made->batch_size, 10);
  EXPECT_EQ(made->maximum_batching_window_in_seconds, 0);
  EXPECT_EQ(made->state_transition_reason, "USER_INITIATED");
  EXPECT_EQ(made->function_arn, "arn:aws:lambda:us-east-1:000000000000:function:f");
  EXPECT_EQ(made->event_source_mapping_arn, "arn:aws:lambda:us-east-1:000000000000:event-source-mapping:" + made->uuid);
  EXPECT_FALSE(made->last_processing_result);
  EventSources& sources = plane.lambda->event_sources();
  EXPECT_EQ(sources.get(plane.context(), {made->uuid})->state, "Enabled");
  EXPECT_EQ(plane.lambda->list_tags(plane.context(), {made->event_source_mapping_arn})->tags.at("team"), "bot");

  UpdateEventSourceMappingRequest update;
  update.uuid = made->uuid;
  update.batch_size = 5;
  EXPECT_EQ(sources.update(plane.context(), update)->state, "Updating");
  update.enabled = false;
  EXPECT_EQ(sources.update(plane.context(), update)->state, "Disabling");
  EXPECT_EQ(sources.get(plane.context(), {made->uuid})->state, "Disabled");
  update.enabled = true;
  EXPECT_EQ(sources.update(plane.context(), update)->state, "Enabling");

  plane.close();
  plane.open();
  EventSources& again = plane.lambda->event_sources();
  EXPECT_EQ(again.get(plane.context(), {made->uuid})->batch_size, 5) << "it is stored";
  EXPECT_EQ(again.remove(plane.context(), {made->uuid})->state, "Deleting");
  const auto gone = again.get(plane.context(), {made->uuid});
  EXPECT_EQ(gone.error().message(), "The resource you requested does not exist.");
  EXPECT_EQ(gone.error().status(), 404);
}

TEST(EventSources, RefusesAsAwsDoes) {
  Plane plane;
  auto r = plane.request();
  r.event_source_arn.reset();
  EXPECT_EQ(plane.refusal(r), "InvalidParameterValueException: Unrecognized event source.");
  r = plane.request();
  r.function_name = "nobody";
  EXPECT_EQ(plane.refusal(r), "InvalidParameterValueException: Function does not exist");
  EXPECT_EQ(plane.refusal(plane.request("none")),
            "InvalidParameterValueException: Error occurred while ReceiveMessage. SQS Error Code: "
            "AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: The specified queue does not exist.");
  r = plane.request();
  r.batch_size = 11;
  EXPECT_EQ(plane.refusal(r),
            "InvalidParameterValueException: Maximum batch window in seconds must be greater than 0 if maximum batch "
            "size is greater than 10");
  r = plane.request("q.fifo");
  r.maximum_batching_window_in_seconds = 1;
  EXPECT_EQ(plane.refusal(r), "InvalidParameterValueException: Batching window is not supported for FIFO queues");
  r = plane.request();
  r.starting_position = "LATEST";
  EXPECT_EQ(plane.refusal(r), "InvalidParameterValueException: StartingPosition is not valid for SQS event sources.");
  r = plane.request();
  r.destination_config = json::value(json::object{});
  EXPECT_EQ(
      plane.refusal(r),
      "InvalidParameterValueException: Unsupported DestinationConfig parameter for given event source mapping type.");
  r = plane.request();
  r.filter_criteria = FilterCriteria{{{Filter{"null"}}}};
  EXPECT_EQ(plane.refusal(r), "InvalidParameterValueException: Invalid filter pattern definition.");
  r = plane.request();
  r.function_response_types = std::vector<std::string>{"Other"};
  EXPECT_THAT(plane.refusal(r), HasSubstr("ValidationException: 1 validation error detected: Value '[Other]'"));
}

TEST(EventSources, OneMappingForAQueueAndAFunction) {
  Plane plane;
  const auto first = plane.create(plane.request());
  ASSERT_TRUE(first.ok());
  const auto second = plane.create(plane.request());
  ASSERT_FALSE(second.ok());
  EXPECT_TRUE(second.error().is(kResourceConflict));
  EXPECT_EQ(second.error().message(),
            "An event source mapping with SQS arn (\" arn:aws:sqs:us-east-1:000000000000:q \") and function (\" f \") "
            "already exists. Please update or delete the existing mapping with UUID " +
                first->uuid);
}

TEST(EventSources, TheFunctionMayNotTakeLongerThanMessagesAreHidden) {
  Plane plane;
  plane.put("f", [](Function& f) { f.latest.configuration.timeout = 60; });
  EXPECT_EQ(plane.refusal(plane.request()),
            "InvalidParameterValueException: Queue visibility timeout: 30 seconds is less than Function timeout: 60 "
            "seconds");
  plane.put("f", [](Function& f) { f.latest.configuration.timeout = 30; });
  ASSERT_TRUE(plane.create(plane.request()).ok());
  UpdateFunctionConfigurationRequest update;
  update.function_name = "f";
  update.timeout = 31;
  const auto updated = plane.lambda->functions().update_function_configuration(plane.context(), update);
  ASSERT_FALSE(updated.ok());
  EXPECT_EQ(updated.error().message(),
            "Queue visibility timeout: 30 seconds is less than Function timeout: 31 seconds");
}

TEST(EventSources, ListsPageByPage) {
  Plane plane;
  for (int i = 0; i < 5; ++i) {
    plane.queues.make("q" + std::to_string(i));
    ASSERT_TRUE(plane.create(plane.request("q" + std::to_string(i))).ok());
  }
  plane.put("g");
  auto r = plane.request();
  r.function_name = "g";
  ASSERT_TRUE(plane.create(r).ok());
  EventSources& sources = plane.lambda->event_sources();
  ListEventSourceMappingsRequest list;
  list.max_items = 4;
  const auto first = sources.list(plane.context(), list);
  EXPECT_EQ(first->event_source_mappings.size(), 4u);
  list.marker = first->next_marker;
  const auto second = sources.list(plane.context(), list);
  EXPECT_EQ(second->event_source_mappings.size(), 2u);
  EXPECT_FALSE(second->next_marker);
  list = {};
  list.function_name = "f";
  EXPECT_EQ(sources.list(plane.context(), list)->event_source_mappings.size(), 5u);
  list.event_source_arn = FakeQueues::arn("q3");
  EXPECT_EQ(sources.list(plane.context(), list)->event_source_mappings.size(), 1u);
  list.function_name = "arn:aws:lambda:us-east-1:000000000000:function:g";
  EXPECT_TRUE(sources.list(plane.context(), list)->event_source_mappings.empty());
}

}  // namespace
}  // namespace cumulet::lambda
