#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <functional>

#include "base/http.hpp"
#include "base/result.hpp"

namespace cumulet::chat {

// Runs blocking work on the pool and resumes on the caller's executor. Whatever `work` touches must be owned by it:
// name it first and std::move it in (g++ 12). Not cancelled.
awaitable<Result<void>> run_on(boost::asio::any_io_executor pool, std::function<Result<void>()> work);

}  // namespace cumulet::chat
