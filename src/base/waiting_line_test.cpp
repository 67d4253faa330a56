#include "base/waiting_line.hpp"

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <string>

#include "base/manual_time.hpp"

namespace cumulet {
namespace {

namespace asio = boost::asio;

class WaitingLineTest : public ::testing::Test {
 protected:
  // Writes its name when its wait has ended.
  void wait(char name, Milliseconds at_most, asio::cancellation_slot slot = {}) {
    auto task = [this, name, at_most]() -> awaitable<void> {
      std::function<void(const WaitingLine::Join&)> begin = [this, at_most](const WaitingLine::Join& join) {
        if (!is_there_) join(at_most);
      };
      co_await line_.wait(std::move(begin));
      ended_ += name;
    };
    asio::co_spawn(io_, std::move(task), asio::bind_cancellation_slot(slot, asio::detached));
    run();
  }
  void run() {
    io_.restart();
    io_.poll();
  }

  asio::io_context io_;
  ManualTime time_;
  WaitingLine line_{time_};
  bool is_there_ = false;
  std::string ended_;
};

TEST_F(WaitingLineTest, WakesInTheOrderOfTheirComing) {
  for (const char name : {'a', 'b', 'c', 'd'}) wait(name, Seconds{20});
  EXPECT_EQ(line_.size(), 4u);
  EXPECT_EQ(ended_, "");
  line_.wake(2);
  EXPECT_EQ(ended_, "");  // nobody runs inside
  run();
  EXPECT_EQ(ended_, "ab");
  line_.wake_all();
  run();
  EXPECT_EQ(ended_, "abcd");
  EXPECT_EQ(line_.size(), 0u);
  line_.wake_all();
  EXPECT_FALSE(time_.next_due());  // and no timer is left behind
}

TEST_F(WaitingLineTest, NobodyWaitsForWhatIsThere) {
  is_there_ = true;
  wait('a', Seconds{20});
  EXPECT_EQ(ended_, "a");
}

TEST_F(WaitingLineTest, EndsWithItsTime) {
  wait('a', Seconds{2});
  wait('b', Seconds{1});
  time_.advance(Seconds{1});
  run();
  EXPECT_EQ(ended_, "b");
  EXPECT_EQ(line_.size(), 1u);
  time_.advance(Seconds{1});
  run();
  EXPECT_EQ(ended_, "ba");
}

TEST_F(WaitingLineTest, EndsWhenItsCallerIsCancelled) {
  asio::cancellation_signal signal;
  wait('a', Seconds{20}, signal.slot());
  wait('b', Seconds{20});
  signal.emit(asio::cancellation_type::terminal);
  run();
  EXPECT_EQ(line_.size(), 1u);
  line_.wake(1);  // not lost on the one that has gone
  run();
  EXPECT_NE(ended_.find('b'), std::string::npos) << ended_;
  EXPECT_FALSE(time_.next_due());
}

}  // namespace
}  // namespace cumulet
