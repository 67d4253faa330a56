#include "base/background_work.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <stdexcept>
#include <string>
#include <thread>

namespace cumulet {
namespace {

namespace asio = boost::asio;

TEST(BackgroundWork, IsDoneInOrderOffTheCallersThread) {
  asio::io_context context;
  asio::thread_pool pool(4);
  auto order = std::make_shared<std::string>();
  bool was_elsewhere = true;
  const auto run = [&]() -> awaitable<void> {
    BackgroundWork background(pool.get_executor());
    for (char c = 'a'; c <= 'z'; ++c) {
      std::function<void()> work = [order, c, &was_elsewhere, home = std::this_thread::get_id()] {
        *order += c;
        was_elsewhere = was_elsewhere && std::this_thread::get_id() != home;
      };
      co_await background.start(std::move(work));
    }
    co_await background.wait();
    co_await background.wait();  // nothing runs: returns at once
  };
  asio::co_spawn(context, run, asio::detached);
  context.run();
  pool.join();
  EXPECT_EQ(*order, "abcdefghijklmnopqrstuvwxyz");
  EXPECT_TRUE(was_elsewhere);
}

TEST(BackgroundWork, GivesItsExceptionOnce) {
  asio::io_context context;
  asio::thread_pool pool(1);
  int caught = 0;
  const auto run = [&]() -> awaitable<void> {
    BackgroundWork background(pool.get_executor());
    std::function<void()> work = [] { throw std::runtime_error("no"); };
    co_await background.start(std::move(work));
    try {
      co_await background.wait();
    } catch (const std::runtime_error&) {
      ++caught;
    }
    co_await background.wait();
  };
  asio::co_spawn(context, run, asio::detached);
  context.run();
  pool.join();
  EXPECT_EQ(caught, 1);
}

}  // namespace
}  // namespace cumulet
