#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <cstddef>

#include "gateway/call.hpp"

namespace cumulet::gateway {

struct BodyLimits {
  std::size_t buffered = 0;      // of one request of a service that names no limit of its own
  std::size_t all_buffered = 0;  // of all requests together; over it 503
};

// The step of the request path that takes in bodies: as a stream, or whole and verified. On the server's executor.
class Bodies {
 public:
  // `workers` hash and check what is large.
  Bodies(const BodyLimits& limits, boost::asio::any_io_executor workers)
      : limits_(limits), workers_(std::move(workers)) {}

  // For operations that take a stream: verified while it is read.
  void attach_stream(Call& call) const;
  // The whole body, its signature verified.
  awaitable<Result<void>> buffer(Call& call);
  // What the service asks of it beyond the signature.
  awaitable<Result<void>> check(const Call& call) const;

 private:
  BodyLimits limits_;
  boost::asio::any_io_executor workers_;
  std::size_t buffered_ = 0;  // bytes, of all requests
};

// 503: more at once than there may be.
Error too_busy(const Call& call);

}  // namespace cumulet::gateway
