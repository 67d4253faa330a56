#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "aws/auth/sigv4.hpp"
#include "aws/wire/operation.hpp"
#include "gateway/authenticate.hpp"
#include "gateway/metrics.hpp"
#include "gateway/own_sites.hpp"
#include "net/http_server.hpp"

// The request path, written down once: Host and Origin -> identify -> authenticate -> authorize -> decode -> operation
// -> encode. Requests for the engine's own sites (own_sites.hpp) leave it after the first step. It knows no service by
// name: what one does unlike the others stands in its descriptor (wire::ServiceDescriptor).
namespace cumulet::gateway {

// A request of somebody who was let in that was answered with an error.
struct FailedRequest {
  std::string_view service, operation;  // empty: not known
  std::string_view request_id, trace;   // X-Amzn-Trace-Id as it was sent; empty: none
  int status = 0;
  std::string_view code, message;
};

struct Options {
  UnknownKeys unknown_keys = UnknownKeys::are_root;  // on loopback
  std::string default_region = "us-east-1";
  std::size_t buffered_body_bytes = 16u << 20;  // non-streaming operations of services that name no limit of their own
  // Of all requests together; over it 503, which clients try again: what bodies over 256 KB may hold while they arrive
  // and are worked on, and requests whose operation waits (long polls, Invokes) without a stream for its input. The
  // latter is less than the connections there may be, so that a place is left for others.
  std::size_t all_buffered_bytes = 512u << 20;
  std::size_t most_waiting = 3072;
  // Virtual-host S3: BUCKET.<suffix>, where the host is allowed at all; the allowed hosts are suffixes too.
  std::vector<std::string> host_suffixes = {"localhost", "localhost.localstack.cloud", "amazonaws.com"};
  std::vector<std::string> allowed_hosts;   // beside IP literals and localhost (sites.hpp)
  std::shared_ptr<RequestMetrics> metrics;  // may be null
  // The site whose first page browsers are shown at "/", where clients of S3 list their buckets. Empty: none.
  std::string front_page = {};
  // Told of each. On the server's executor; must not block.
  std::function<void(const FailedRequest&)> on_failure = {};
};

// Asked for each identified call before it is decoded. Today everything is allowed; IAM enforcement goes here.
using Authorizer =
    std::function<Result<void>(const wire::CallContext&, const wire::ServiceDescriptor&, const wire::Operation&)>;

class Gateway {
 public:
  // `workers` runs Runs::worker operations. Services' descriptors must outlive the gateway.
  Gateway(Options options, std::vector<const wire::ServiceDescriptor*> services, const auth::KeyDirectory& keys,
          const Clock& clock, boost::asio::any_io_executor workers, Authorizer authorizer, std::vector<Site> sites);

  // Runs on one executor at a time (the HTTP server's). Never fails: every outcome is a response.
  awaitable<http::Response> handle(const http::RequestHead& head, http::BodyStream& body, Door door);
  // For what comes in by that door.
  net::RequestHandler handler(Door door);
  // For requests that never become one: an error of the service that takes the rest (S3), with a request id that is in
  // the log.
  net::RefusalWriter refusal_writer() const;

  struct Impl;

 private:
  std::shared_ptr<Impl> impl_;
};

}  // namespace cumulet::gateway
