// Somebody sets the wall's clock while executions run: waits, retries and timeouts end in their time.
#include "services/states/service_testing.hpp"

namespace cumulet::states {
namespace {

constexpr std::chrono::hours kHour{1};

std::string waits_then_waits(const std::string& first) {
  return R"({"StartAt":"A","States":{"A":{"Type":"Wait",)" + first +
         R"(,"Next":"B"},"B":{"Type":"Wait","Seconds":60,"End":true}}})";
}
const std::string kTimed = std::string(R"({"StartAt":"A","States":{"A":{"Type":"Task","Resource":")") + kFunction +
                           R"(","TimeoutSeconds":30,"End":true}}})";
const std::string kRetried = std::string(R"({"StartAt":"A","States":{"A":{"Type":"Task","Resource":")") + kFunction +
                             R"(","Retry":[{"ErrorEquals":["States.ALL"],"IntervalSeconds":10}],"End":true}}})";

class StatesClockTest : public StatesTest, public ::testing::WithParamInterface<std::chrono::hours> {
 protected:
  void set_clock() { time_->set_wall_by(GetParam()); }
};
INSTANTIATE_TEST_SUITE_P(BackAndForward, StatesClockTest,
                         ::testing::Values(-kHour, kHour, std::chrono::hours{24 * 365}, -std::chrono::hours{24 * 365}));

TEST_P(StatesClockTest, WaitsEndInTheirTime) {
  const auto started = start(create("m", waits_then_waits("\"Seconds\":60")));
  set_clock();
  advance(Seconds{59});
  EXPECT_EQ(types(started->execution_arn), "ExecutionStarted WaitStateEntered");
  advance(Seconds{1});
  EXPECT_EQ(describe(started->execution_arn).status, "RUNNING");
  advance(Seconds{59});
  EXPECT_EQ(describe(started->execution_arn).status, "RUNNING");
  advance(Seconds{1});
  EXPECT_EQ(describe(started->execution_arn).status, "SUCCEEDED");
  // A record's times never go back.
  TimePoint last{};
  for (const auto& event : history(started->execution_arn)) {
    EXPECT_GE(event.timestamp, last);
    last = event.timestamp;
  }
}

TEST_P(StatesClockTest, AWaitForATimestampEndsWhenTheTimeLeftIsOver) {
  const std::string when = iso8601(time_->now() + Seconds{120});
  const auto started =
      start(create("m", R"({"StartAt":"A","States":{"A":{"Type":"Wait","Timestamp":")" + when + R"(","End":true}}})"));
  set_clock();
  advance(Seconds{119});
  EXPECT_EQ(describe(started->execution_arn).status, "RUNNING");
  advance(Seconds{1});
  EXPECT_EQ(describe(started->execution_arn).status, "SUCCEEDED");
}

TEST_P(StatesClockTest, TimeoutsAndRetriesComeInTheirTime) {
  const auto timed = start(create("t", kTimed));
  const auto retried = start(create("r", kRetried));
  set_clock();
  functions_.calls.pop_front();  // never answered
  functions_.answer(R"({"errorMessage":"m"})", true);
  settle();
  advance(Seconds{9});
  EXPECT_TRUE(functions_.calls.empty());
  advance(Seconds{1});
  EXPECT_EQ(functions_.calls.size(), 1u);
  advance(Seconds{19});
  EXPECT_EQ(describe(timed->execution_arn).status, "RUNNING");
  advance(Seconds{1});
  EXPECT_EQ(describe(timed->execution_arn).error, "States.Timeout");
}

// A start takes the stored times from the wall's clock: set back, nothing lasts longer than it was to.
TEST_F(StatesTest, AfterAStartAWaitIsNoLongerThanItWasToBe) {
  const auto started = start(create("m", kWait));
  advance(Seconds{10});
  time_->set_wall_by(-kHour);
  crash();
  advance(Seconds{59});
  EXPECT_EQ(describe(started->execution_arn).status, "RUNNING");
  advance(Seconds{1});
  EXPECT_EQ(describe(started->execution_arn).status, "SUCCEEDED");
}

TEST_F(StatesTest, AfterAStartATimeoutIsNoLongerThanItWasToBe) {
  const auto started = start(create("t", kTimed));
  time_->set_wall_by(-kHour);
  crash();
  advance(Seconds{30});
  EXPECT_EQ(describe(started->execution_arn).error, "States.Timeout");
}

}  // namespace
}  // namespace cumulet::states
