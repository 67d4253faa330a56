#pragma once
#include "services/lambda/functions.hpp"
#include "services/lambda/model_defaults.hpp"

namespace cumulet::lambda {

// Answers what tools ask of every function (Terraform does) as AWS does where nobody changed it.
class FunctionDefaults {
 public:
  explicit FunctionDefaults(const Functions& functions) : functions_(functions) {}

  Result<RecursionConfig> recursion(const wire::CallContext&, const FunctionNameRequest&);
  Result<CodeSigningConfig> code_signing(const wire::CallContext&, const FunctionNameRequest&);
  Result<RuntimeManagementConfig> runtime_management(const wire::CallContext&, const FunctionNameRequest&);

 private:
  const Functions& functions_;
};

}  // namespace cumulet::lambda
