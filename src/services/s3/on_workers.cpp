#include "services/s3/on_workers.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>

namespace cumulet::s3 {

namespace {
Result<void> guarded(const std::function<Result<void>()>& work) {
  try {
    return work();
  } catch (const std::exception& error) {
    return Error{kInternalFailure, error.what()};
  }
}
}  // namespace

awaitable<Result<void>> on_workers(boost::asio::any_io_executor workers, std::function<Result<void>()> work) {
  auto initiate = [](auto handler, boost::asio::any_io_executor pool, std::function<Result<void>()> job) {
    using Handler = decltype(handler);
    auto executor = boost::asio::get_associated_executor(handler);
    auto guard = boost::asio::make_work_guard(executor);
    auto held = std::make_shared<Handler>(std::move(handler));
    boost::asio::post(pool, [held, executor, guard, job = std::move(job)]() mutable {
      Result<void> result = guarded(job);
      job = nullptr;
      boost::asio::post(executor,
                        [held, result = std::move(result)]() mutable { std::move (*held)(std::move(result)); });
      held.reset();
      guard.reset();
    });
  };
  return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(Result<void>)>(
      std::move(initiate), boost::asio::use_awaitable, std::move(workers), std::move(work));
}

}  // namespace cumulet::s3
