#pragma once
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

// The answer to GET /_cumulet/packages/CODE_ID.zip, where GetFunction's Code.Location points.
http::Response package_page(const lambda::Lambda& lambda, const http::RequestHead& head);

}  // namespace cumulet::server
