#pragma once
#include <boost/asio/any_io_executor.hpp>

#include "aws/auth/sigv4.hpp"
#include "base/http.hpp"
#include "base/time.hpp"
#include "gateway/authenticate.hpp"
#include "services/lambda/service.hpp"
#include "services/lambda/url_event.hpp"

namespace cumulet::server {

// Function URLs: requests whose Host is one go to its function and nowhere else. What AWS's front of Lambda does: who
// may, CORS, the event, the answer. https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
class FunctionUrlDoor {
 public:
  FunctionUrlDoor(lambda::Lambda& lambda, const auth::KeyDirectory& keys, const Clock& clock,
                  boost::asio::any_io_executor io, gateway::UnknownKeys unknown_keys)
      : lambda_(lambda), keys_(keys), clock_(clock), io_(std::move(io)), unknown_keys_(unknown_keys) {}

  static bool takes(const http::RequestHead& head);
  // On the I/O thread.
  awaitable<http::Response> handle(const http::RequestHead& head, http::BodyStream& body);

 private:
  // Who calls one of the type AWS_IAM; an error: nobody who may.
  Result<lambda::UrlCaller> caller(const http::RequestHead& head, std::string_view body, TimePoint now) const;
  awaitable<http::Response> buffered(lambda::InvokeCall call);
  awaitable<http::Response> streamed(lambda::InvokeCall call);

  lambda::Lambda& lambda_;
  const auth::KeyDirectory& keys_;
  const Clock& clock_;
  boost::asio::any_io_executor io_;
  gateway::UnknownKeys unknown_keys_;
  std::size_t held_ = 0;  // bytes of requests' bodies
};

}  // namespace cumulet::server
