#pragma once
#include "aws/wire/operation.hpp"
#include "base/time.hpp"
#include "services/lambda/function_store.hpp"
#include "services/lambda/model_provisioned.hpp"

namespace cumulet::lambda {

// Provisioned concurrency: kept, told and held against AWS's rules. It starts nothing: a warm environment stays warm
// here anyway, and a cold one takes milliseconds.
// https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html
class ProvisionedConcurrency {
 public:
  ProvisionedConcurrency(FunctionStore& store, const Clock& clock) : store_(store), clock_(clock) {}

  Result<ProvisionedConfig> put(const wire::CallContext&, const PutProvisionedRequest&);
  Result<ProvisionedConfig> get(const wire::CallContext&, const ProvisionedRequest&);
  Result<wire::Empty> remove(const wire::CallContext&, const ProvisionedRequest&);
  Result<ListProvisionedResponse> list(const wire::CallContext&, const ListProvisionedRequest&);

 private:
  FunctionStore& store_;
  const Clock& clock_;
};

}  // namespace cumulet::lambda
