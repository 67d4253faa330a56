#include "net/asio_timers.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <vector>

namespace cumulet::net {
namespace {

class AsioTimersTest : public ::testing::Test {
 protected:
  std::function<void()> note(int what) {
    return [this, what] { fired_.push_back(what); };
  }
  boost::asio::io_context io_;
  AsioTimers timers_{io_.get_executor()};
  SystemClock clock_;
  std::vector<int> fired_;
};

TEST_F(AsioTimersTest, FireInTheOrderOfTheirTimes) {
  timers_.after(Milliseconds{30}, note(3));
  timers_.at(clock_.now() + Milliseconds{15}, note(2));
  timers_.after(Milliseconds{1}, note(1));
  timers_.at(clock_.now() - Milliseconds{60'000}, note(0));
  EXPECT_TRUE(fired_.empty()) << "never from inside the call";
  io_.run();
  EXPECT_EQ(fired_, (std::vector<int>{0, 1, 2, 3}));
}

TEST_F(AsioTimersTest, OneThatIsCancelledDoesNotFire) {
  const auto id = timers_.after(Milliseconds{1}, note(1));
  timers_.after(Milliseconds{10}, note(2));
  timers_.cancel(id);
  timers_.cancel(id);
  io_.run();
  EXPECT_EQ(fired_, std::vector<int>{2});
}

TEST_F(AsioTimersTest, ATimeFarAwayIsNotNow) {
  timers_.at(from_millis(253'402'300'799'000), note(9999));  // the end of the year 9999
  timers_.after(Milliseconds::max(), note(-1));
  timers_.after(Milliseconds{5}, [this] { io_.stop(); });
  io_.run();
  EXPECT_TRUE(fired_.empty());
}

// What the steady clock shows is a time on the wall's at the start, and only grows.
TEST(SteadyClock, BeginsWithTheWallsTimeAndGrows) {
  SystemClock clock;
  const TimePoint first = clock.steady();
  EXPECT_LT(std::chrono::abs(clock.now() - first), std::chrono::hours{24});
  for (int i = 0; i < 1000; ++i) EXPECT_GE(clock.steady(), first);
}

}  // namespace
}  // namespace cumulet::net
