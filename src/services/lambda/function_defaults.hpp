#pragma once
#include "services/lambda/functions.hpp"
#include "services/lambda/model_defaults.hpp"

namespace cumulet::lambda {

// Settings that tools read of every function (Terraform does) and that act on nothing here: loops of functions are not
// looked for, and a runtime has one version, this machine's.
class FunctionDefaults {
 public:
  FunctionDefaults(const Functions& functions, FunctionStore& store) : functions_(functions), store_(store) {}

  Result<RecursionConfig> recursion(const wire::CallContext&, const FunctionNameRequest&);
  Result<RecursionConfig> put_recursion(const wire::CallContext&, const PutRecursionRequest&);
  Result<RuntimeManagementConfig> runtime_management(const wire::CallContext&, const FunctionNameRequest&);
  Result<RuntimeManagementConfig> put_runtime_management(const wire::CallContext&, const PutRuntimeManagementRequest&);

 private:
  const Functions& functions_;
  FunctionStore& store_;
};

}  // namespace cumulet::lambda
