// Somebody sets the wall's clock while functions run: retries, limits and waits for room take their time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/lambda/errors.hpp"
#include "services/lambda/fake_environment_testing.hpp"

namespace cumulet::lambda {
namespace {

using testing::DataPlane;
using ::testing::HasSubstr;

constexpr std::chrono::hours kHour{1};

class LambdaClockTest : public ::testing::TestWithParam<std::chrono::hours> {
 protected:
  void set_clock() { plane.time.set_wall_by(GetParam()); }
  DataPlane plane;
};
INSTANTIATE_TEST_SUITE_P(BackAndForward, LambdaClockTest,
                         ::testing::Values(-kHour, kHour, std::chrono::hours{24 * 365}, -std::chrono::hours{24 * 365}));

TEST_P(LambdaClockTest, AFailedEventIsTriedAgainAfterAMinuteAndTwo) {
  plane.put("f");
  plane.invoke_event("f");
  set_clock();
  plane.fail(0);
  plane.advance(Seconds{59});
  EXPECT_FALSE(plane.busy(0));
  plane.advance(Seconds{1});
  ASSERT_TRUE(plane.busy(0)) << "neither given up for its age nor held";
  plane.fail(0);
  set_clock();
  plane.advance(Seconds{119});
  EXPECT_FALSE(plane.busy(0));
  plane.advance(Seconds{1});
  ASSERT_TRUE(plane.busy(0));
  plane.answer(0);
  EXPECT_EQ(plane.stored_events(), 0);
}

TEST_P(LambdaClockTest, AnEventsAgeIsTimeThatPassed) {
  plane.put("f", [](Function& f) {
    f.event_invoke_configs["$LATEST"] = EventInvokeConfig{};
    f.event_invoke_configs["$LATEST"].maximum_event_age_in_seconds = 60;
    f.reserved_concurrency = 1;
  });
  plane.invoke("f");  // takes the one place
  plane.invoke_event("f");
  set_clock();
  plane.advance(Seconds{10});
  EXPECT_EQ(plane.stored_events(), 1) << "ten seconds old";
  for (int i = 0; i < 30; ++i) plane.advance(Seconds{10});
  EXPECT_EQ(plane.stored_events(), 0);
}

TEST_P(LambdaClockTest, AnInitMayTakeItsTenSeconds) {
  plane.starts = false;
  plane.put("f");
  plane.invoke("f");
  ASSERT_EQ(plane.made.size(), 1u);
  set_clock();
  plane.advance(Seconds{9});
  EXPECT_EQ(plane.made.size(), 1u);
  plane.advance(Seconds{1});
  EXPECT_EQ(plane.made.size(), 2u) << "tried again with the first invocation";
}

TEST_P(LambdaClockTest, AWarmEnvironmentStaysForItsTime) {
  plane.put("f");
  plane.invoke("f");
  plane.answer(0);
  set_clock();
  plane.invoke("f");
  EXPECT_TRUE(plane.busy(0)) << "neither too old nor idle for long";
  EXPECT_EQ(plane.made.size(), 1u);
}

TEST_P(LambdaClockTest, AFunctionsDeadlineIsTheWallsTime) {
  plane.put("f", [](Function& f) { f.latest.configuration.timeout = 30; });
  set_clock();
  plane.invoke("f");
  EXPECT_EQ(plane.made[0]->invocation.deadline, plane.time.now() + Seconds{30});
}

TEST_P(LambdaClockTest, ABatchingWindowEndsInItsTime) {
  plane.queues.make("q", Seconds{100});
  plane.put("f");
  plane.map("q", "f", [](CreateEventSourceMappingRequest& r) {
    r.batch_size = 100;
    r.maximum_batching_window_in_seconds = 30;
  });
  plane.queues.put("q", "one");
  plane.run();
  set_clock();
  plane.advance(Seconds{29});
  EXPECT_TRUE(plane.at_work().empty());
  plane.advance(Seconds{1});
  EXPECT_EQ(plane.at_work().size(), 1u);
}

// A start takes the stored times from the wall's clock: set back, no retry is held for longer than it was to.
TEST(LambdaClock, AfterAStartARetryIsNoLaterThanItWasToBe) {
  DataPlane plane;
  plane.put("f");
  plane.invoke_event("f");
  plane.fail(0);
  plane.run();
  plane.close();
  plane.made.clear();
  plane.time.set_wall_by(-kHour);
  plane.time.start_again();
  plane.open();
  plane.advance(Seconds{60});
  EXPECT_TRUE(plane.busy(0));
}

}  // namespace
}  // namespace cumulet::lambda
