#include "services/lambda/queue_scaling.hpp"

#include <gtest/gtest.h>

#include "base/ids.hpp"

namespace cumulet::lambda {
namespace {

constexpr TimePoint kStart = from_millis(1'440'938'160'000);

// A backlog that never ends, looked at every second.
int after(QueueScaling& scaling, Seconds time) {
  for (Seconds t{0}; t <= time; t += Seconds{1}) scaling.observe({kStart + t, 1'000'000, scaling.limit(), {}});
  return scaling.limit();
}

TEST(QueueScaling, FiveAtFirstAndThreeHundredMoreAMinute) {
  QueueScaling scaling, minute, hour;
  EXPECT_EQ(scaling.limit(), 5);
  EXPECT_EQ(after(scaling, Seconds{0}), 5);
  EXPECT_EQ(after(minute, Seconds{60}), 305);
  EXPECT_EQ(after(hour, Seconds{3600}), 1'250);
}

TEST(QueueScaling, GrowsInSmallSteps) {
  const auto alone = [](Seconds time) {
    QueueScaling scaling;
    return after(scaling, time);
  };
  EXPECT_EQ(alone(Seconds{2}), 5);
  EXPECT_EQ(alone(Seconds{3}), 20);
  EXPECT_EQ(alone(Seconds{30}), 155);
}

TEST(QueueScaling, NeverAboveMaximumConcurrency) {
  QueueScaling two(2);
  EXPECT_EQ(two.limit(), 2);
  EXPECT_EQ(after(two, Seconds{600}), 2);
  QueueScaling some(100);
  EXPECT_EQ(after(some, Seconds{600}), 100);
  some.set_maximum(50);
  EXPECT_EQ(some.limit(), 50);
}

TEST(QueueScaling, WhatNobodyLookedAtIsNoReasonToGrow) {
  QueueScaling scaling;
  scaling.observe({kStart, 10, 5, {}});
  scaling.observe({kStart + Seconds{3600}, 10, 5, {}});
  EXPECT_LE(scaling.limit(), 20);
}

TEST(QueueScaling, ScalesInWhenIdle) {
  QueueScaling scaling;
  after(scaling, Seconds{60});
  for (int s = 0; s < 120; ++s) scaling.observe({kStart + Seconds{60 + s}, 0, 0, {}});
  EXPECT_EQ(scaling.limit(), 5);
  EXPECT_FALSE(scaling.wants_time());
}

TEST(QueueScaling, KeepsThePlacesThatAreTaken) {
  QueueScaling scaling;
  after(scaling, Seconds{60});
  for (int s = 0; s < 120; ++s) scaling.observe({kStart + Seconds{60 + s}, 0, 100, {}});
  EXPECT_EQ(scaling.limit(), 100);
}

TEST(QueueScaling, ThrottlesLowerItAndSuccessesRaiseItAgain) {
  QueueScaling scaling;
  for (int i = 0; i < 20; ++i) scaling.ended(kStart, QueueScaling::Outcome::throttle);
  EXPECT_EQ(scaling.limit(), 1);
  for (int i = 0; i < 20; ++i) scaling.ended(kStart, QueueScaling::Outcome::success);
  EXPECT_EQ(scaling.limit(), 5);
}

TEST(QueueScaling, OnlyFailureAfterFailureLowersIt) {
  QueueScaling scaling;
  for (int i = 0; i < 50; ++i) {
    scaling.ended(kStart, QueueScaling::Outcome::function_error);
    scaling.ended(kStart, QueueScaling::Outcome::success);
  }
  EXPECT_EQ(scaling.limit(), 5);
  for (int i = 0; i < 50; ++i) scaling.ended(kStart, QueueScaling::Outcome::function_error);
  EXPECT_EQ(scaling.limit(), 2);
}

TEST(QueueScaling, NoMoreThanMessageGroups) {
  QueueScaling scaling;
  scaling.observe({kStart, 100, 0, 3});
  EXPECT_EQ(scaling.limit(), 3);
  scaling.observe({kStart, 100, 0, 0});
  EXPECT_EQ(scaling.limit(), 1);
}

// Whatever happens, in whatever order.
TEST(QueueScaling, Properties) {
  SeededRandom random(20261123);
  for (int round = 0; round < 300; ++round) {
    const bool is_limited = random.next() % 2 == 0;
    const int maximum = is_limited ? static_cast<int>(2 + random.next() % 999) : 1'250;
    QueueScaling scaling(is_limited ? std::optional(maximum) : std::nullopt);
    TimePoint now = kStart;
    ASSERT_LE(scaling.limit(), 5);
    int before = scaling.limit();
    TimePoint then = now;
    for (int step = 0; step < 1'000; ++step) {
      now += Milliseconds{random.next() % 2'000};
      switch (random.next() % 6) {
        case 0: scaling.ended(now, QueueScaling::Outcome::throttle); break;
        case 1: scaling.ended(now, QueueScaling::Outcome::function_error); break;
        case 2: scaling.ended(now, QueueScaling::Outcome::success); break;
        default: {
          const auto backlog = static_cast<std::int64_t>(random.next() % 4 ? random.next() % 1'000 : 0);
          std::optional<int> groups;
          if (random.next() % 5 == 0) groups = static_cast<int>(random.next() % 20);
          scaling.observe({now, backlog, static_cast<int>(random.next() % 1'300), groups});
          if (groups) {
            ASSERT_LE(scaling.limit(), std::max(1, *groups));
          }
          scaling.observe({now, backlog, scaling.limit(), std::nullopt});
        }
      }
      ASSERT_GE(scaling.limit(), 1);
      ASSERT_LE(scaling.limit(), maximum);
      // 300 a minute since the beginning, and never more than a step at once.
      ASSERT_LE(scaling.limit(), 5 + (now - kStart).count() * 300 / 60'000);
      if (now - then < QueueScaling::kStepTime) {
        ASSERT_LE(scaling.limit(), std::max(before, 5) + QueueScaling::kStep);
      }
      before = scaling.limit();
      then = now;
    }
  }
}

}  // namespace
}  // namespace cumulet::lambda
