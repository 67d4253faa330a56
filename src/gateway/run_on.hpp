#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <functional>
#include <memory>

#include "base/http.hpp"

namespace cumulet::gateway {

// Runs `work` on `pool` and resumes the caller on its own executor; the work's exception comes out here. Not cancelled.
inline awaitable<void> run_on(boost::asio::any_io_executor pool, std::function<void()> work) {
  namespace asio = boost::asio;
  const asio::any_io_executor home = co_await asio::this_coro::executor;
  auto failure = std::make_shared<std::exception_ptr>();
  auto initiate = [pool, home, failure, work = std::move(work)](auto handler) mutable {
    auto shared = std::make_shared<decltype(handler)>(std::move(handler));
    auto job = [home, failure, work = std::move(work), shared]() mutable {
      try {
        work();
      } catch (...) {
        *failure = std::current_exception();
      }
      work = nullptr;
      asio::post(home, [shared] { std::move (*shared)(); });
    };
    asio::post(pool, std::move(job));
  };
  const auto& token = asio::use_awaitable;
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(std::move(initiate), token);
  if (*failure) std::rethrow_exception(*failure);
}

}  // namespace cumulet::gateway
