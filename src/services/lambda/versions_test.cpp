#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/lambda/fake_environment_testing.hpp"

namespace cumulet::lambda {
namespace {

using testing::DataPlane;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string executed(const std::shared_ptr<testing::Answer>& answer) {
  return answer->error ? answer->error->message() : answer->response.executed_version.value_or("none");
}

PublishVersionRequest publishing(const std::string& name) {
  PublishVersionRequest request;
  request.function_name = name;
  return request;
}

TEST(Versions, EachHasItsEnvironmentsAndTheFunctionItsConcurrency) {
  DataPlane plane;
  plane.put("f", [](Function& f) { f.latest.configuration.memory_size = 256; });
  const auto published = plane.lambda->functions().publish_version(plane.context(), publishing("f"));
  ASSERT_TRUE(published.ok()) << published.error().message();
  EXPECT_EQ(published->version, "1");
  EXPECT_EQ(published->function_arn, "arn:aws:lambda:us-east-1:000000000000:function:f:1");
  plane.put("f", [](Function& f) {
    f.latest.configuration.memory_size = 512;
    f.reserved_concurrency = 2;
  });

  const auto newest = plane.invoke("f");
  const auto first = plane.invoke("f:1");
  ASSERT_EQ(plane.made.size(), 2u);
  EXPECT_EQ(plane.made[0]->spec.memory_mb, 512);
  EXPECT_EQ(plane.made[1]->spec.memory_mb, 256);
  EXPECT_EQ(plane.made[1]->spec.version, "1");
  EXPECT_THAT(plane.made[1]->spec.log_stream, HasSubstr("/[1]"));
  const auto third = plane.invoke("f:1");  // the concurrency is the function's
  ASSERT_TRUE(third->error.has_value());
  EXPECT_EQ(third->error->code(), "TooManyRequestsException");
  plane.answer(0);
  plane.answer(1);
  EXPECT_EQ(executed(newest), "$LATEST");
  EXPECT_EQ(executed(first), "1");

  const auto again = plane.invoke("f", [](InvokeCall& call) { call.request.qualifier = "1"; });
  EXPECT_TRUE(plane.busy(1)) << "its own warm environment";
  plane.answer(1);
  EXPECT_EQ(executed(again), "1");
  plane.put("f");  // a change of $LATEST leaves the version's warm
  plane.invoke("f:1");
  EXPECT_TRUE(plane.busy(1));
  EXPECT_EQ(executed(plane.invoke("f:2")), "Function not found: arn:aws:lambda:us-east-1:000000000000:function:f:2");
}

TEST(Versions, AnAliasStandsForItsVersionAndDrawsByWeight) {
  DataPlane plane;
  plane.put("f");
  Functions& functions = plane.lambda->functions();
  ASSERT_TRUE(functions.publish_version(plane.context(), publishing("f")).ok());
  plane.put("f");
  ASSERT_EQ(functions.publish_version(plane.context(), publishing("f"))->version, "2");
  CreateAliasRequest create;
  create.function_name = "f";
  create.name = "live";
  create.function_version = "1";
  ASSERT_TRUE(functions.create_alias(plane.context(), create).ok());
  const auto run = [&] {
    const auto answer = plane.invoke("f:live");
    for (const std::size_t i : plane.at_work()) plane.answer(i);
    return executed(answer);
  };
  EXPECT_EQ(run(), "1");
  EXPECT_EQ(plane.made.at(0)->invocation.function_arn, "arn:aws:lambda:us-east-1:000000000000:function:f:live");

  UpdateAliasRequest update;
  update.function_name = "f";
  update.name = "live";
  update.routing_config = AliasRoutingConfiguration{std::map<std::string, double>{{"2", 0.25}}};
  ASSERT_TRUE(functions.update_alias(plane.context(), update).ok());
  std::map<std::string, int> counts;
  for (int i = 0; i < 400; ++i) ++counts[run()];
  EXPECT_EQ(counts["1"] + counts["2"], 400);
  EXPECT_NEAR(counts["2"], 100, 40);
}

TEST(Versions, WhatIsSetOnAQualifierIsItsOwn) {
  DataPlane plane;
  plane.put("f", [](Function& f) {
    EventInvokeConfig config;
    config.maximum_retry_attempts = 0;
    f.event_invoke_configs["1"] = config;
  });
  ASSERT_TRUE(plane.lambda->functions().publish_version(plane.context(), publishing("f")).ok());
  plane.invoke_event("f:1");
  plane.fail(0);
  EXPECT_EQ(plane.stored_events(), 0) << "no retries by that qualifier";
  plane.invoke_event("f");
  plane.fail(1);
  EXPECT_EQ(plane.stored_events(), 1);
}

}  // namespace
}  // namespace cumulet::lambda
