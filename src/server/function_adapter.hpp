#pragma once
#include "aws/auth/sigv4.hpp"
#include "services/lambda/service.hpp"
#include "services/states/ports.hpp"

// How other services reach Lambda's functions.
namespace cumulet::server {

// The Task states of state machines.
class StatesFunctions final : public states::FunctionInvoker {
 public:
  StatesFunctions(lambda::Lambda& lambda, Random& random) : lambda_(lambda), random_(random) {}
  void invoke(states::Invocation invocation, Done done) override;

 private:
  lambda::Lambda& lambda_;
  Random& random_;
};

// Where the caller of GetFunction may fetch a function's package: presigned with the caller's own key for ten minutes,
// as on AWS; for an unknown caller, who is let in only where everybody is, unsigned.
std::string package_url(const wire::CallContext& context, const std::optional<auth::KnownKey>& key,
                        const std::string& code_id);

// The answer to GET /_cumulet/packages/CODE_ID.zip, where GetFunction's Code.Location points.
http::Response package_page(const lambda::Lambda& lambda, const http::RequestHead& head);

}  // namespace cumulet::server
