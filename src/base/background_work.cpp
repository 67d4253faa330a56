#include "base/background_work.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <utility>

namespace cumulet {

namespace asio = boost::asio;

// Touched on the coroutine's executor only.
struct BackgroundWork::State {
  bool is_running = false;
  std::exception_ptr failure;
  std::function<void()> resume;

  void done(std::exception_ptr how) {
    is_running = false;
    failure = std::move(how);
    if (auto waiting = std::exchange(resume, nullptr)) waiting();
  }
};

BackgroundWork::BackgroundWork(asio::any_io_executor pool)
    : pool_(std::move(pool)), state_(std::make_shared<State>()) {}

awaitable<void> BackgroundWork::wait() {
  if (state_->is_running) {
    auto initiate = [state = state_](auto handler) {
      auto held = std::make_shared<decltype(handler)>(std::move(handler));
      state->resume = [held] { std::move (*held)(); };
    };
    const auto& token = asio::use_awaitable;
    co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(std::move(initiate), token);
  }
  if (state_->failure) std::rethrow_exception(std::exchange(state_->failure, nullptr));
}

awaitable<void> BackgroundWork::start(std::function<void()> work) {
  co_await wait();
  const asio::any_io_executor home = co_await asio::this_coro::executor;
  state_->is_running = true;
  auto job = [state = state_, home, guard = asio::make_work_guard(home), work = std::move(work)]() mutable {
    std::exception_ptr failure;
    try {
      work();
    } catch (...) {
      failure = std::current_exception();
    }
    work = nullptr;
    asio::post(home, [state = std::move(state), failure] { state->done(failure); });
  };
  asio::post(pool_, std::move(job));
}

}  // namespace cumulet
