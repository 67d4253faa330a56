#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>

#include "base/result.hpp"

namespace cumulet {

template <class T>
using awaitable = boost::asio::awaitable<T>;

// Runs blocking work on the pool and resumes on the caller's executor, which is kept at work until then; an exception
// of the work comes out here. Not cancelled: whatever `work` touches must live until it is done, so own it where the
// coroutine may be destroyed before. Name it first and std::move it in (g++ 12).
awaitable<Result<void>> run_on(boost::asio::any_io_executor pool, std::function<Result<void>()> work);

}  // namespace cumulet
