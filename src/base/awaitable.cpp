#include "base/awaitable.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <memory>

namespace cumulet {

namespace asio = boost::asio;

awaitable<Result<void>> run_on(asio::any_io_executor pool, std::function<Result<void>()> work) {
  struct Outcome {
    Result<void> result;
    std::exception_ptr failure;
  };
  const asio::any_io_executor home = co_await asio::this_coro::executor;
  auto outcome = std::make_shared<Outcome>();
  auto initiate = [pool, home, outcome, work = std::move(work)](auto handler) mutable {
    auto shared = std::make_shared<decltype(handler)>(std::move(handler));
    auto job = [guard = asio::make_work_guard(home), home, outcome, work = std::move(work), shared]() mutable {
      try {
        outcome->result = work();
      } catch (...) {
        outcome->failure = std::current_exception();
      }
      work = nullptr;
      asio::post(home, [shared = std::move(shared)] { std::move (*shared)(); });
    };
    asio::post(pool, std::move(job));
  };
  const auto& token = asio::use_awaitable;
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(std::move(initiate), token);
  if (outcome->failure) std::rethrow_exception(outcome->failure);
  co_return std::move(outcome->result);
}

}  // namespace cumulet
