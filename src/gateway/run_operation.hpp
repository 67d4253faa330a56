#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <cstddef>

#include "gateway/call.hpp"

namespace cumulet::gateway {

// The last step of the request path: decode, run, encode. On the server's executor.
class OperationRunner {
 public:
  // `workers` run plain operations; `most_waiting`: coroutines without a stream for their input at once, over it 503.
  OperationRunner(boost::asio::any_io_executor workers, std::size_t most_waiting)
      : workers_(std::move(workers)), most_waiting_(most_waiting) {}

  awaitable<Result<http::Response>> run(Call& call);

 private:
  boost::asio::any_io_executor workers_;
  std::size_t most_waiting_;
  std::size_t waiting_ = 0;
};

}  // namespace cumulet::gateway
