#pragma once
#include "events/outbox.hpp"
#include "services/lambda/service.hpp"
#include "services/s3/notifications.hpp"
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

// The targets of bucket notifications.
class NotifiedFunctions final : public s3::NotificationTargets {
 public:
  explicit NotifiedFunctions(lambda::Lambda& lambda) : lambda_(lambda) {}
  Verdict check_function(std::string_view function_arn, std::string_view bucket_arn, std::string_view account) override;

 private:
  lambda::Lambda& lambda_;
};

// Hands S3's events from the outbox to Lambda's asynchronous queue, in the transaction that takes them out.
events::Outbox::Consumer notification_consumer(lambda::Lambda& lambda);

// The answer to GET /_cumulet/packages/CODE_ID.zip, where GetFunction's Code.Location points.
http::Response package_page(const lambda::Lambda& lambda, const http::RequestHead& head);

}  // namespace cumulet::server
