#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <functional>

#include "base/http.hpp"
#include "base/result.hpp"

namespace cumulet::s3 {

// Runs blocking work on the pool and resumes on the caller's executor. Whatever `work` touches must be owned by it:
// name it first and std::move it in (g++ 12).
awaitable<Result<void>> on_workers(boost::asio::any_io_executor workers, std::function<Result<void>()> work);

}  // namespace cumulet::s3
