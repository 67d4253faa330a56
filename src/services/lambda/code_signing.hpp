#pragma once
#include <map>
#include <mutex>
#include <shared_mutex>
#include <string>

#include "aws/wire/operation.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"
#include "services/lambda/function_store.hpp"
#include "services/lambda/model_code_signing.hpp"
#include "services/lambda/model_defaults.hpp"
#include "storage/database.hpp"

namespace cumulet::lambda {

// Code signing configurations: kept, told and named by functions. No signature is checked: nobody signs code here.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-codesigning.html
class CodeSigningConfigs {
 public:
  CodeSigningConfigs(storage::Database& database, FunctionStore& functions, const Clock& clock, Random& random)
      : database_(database), functions_(functions), clock_(clock), random_(random) {}

  Result<void> load();

  Result<CodeSigningAnswer> create(const wire::CallContext&, const CreateCodeSigningRequest&);
  Result<CodeSigningAnswer> update(const wire::CallContext&, const UpdateCodeSigningRequest&);
  Result<CodeSigningAnswer> get(const wire::CallContext&, const CodeSigningRequest&);
  Result<wire::Empty> remove(const wire::CallContext&, const CodeSigningRequest&);
  Result<ListCodeSigningResponse> list(const wire::CallContext&, const ListCodeSigningRequest&);
  Result<FunctionsOfSigningResponse> list_functions(const wire::CallContext&, const FunctionsOfSigningRequest&);

  Result<CodeSigningConfig> put_of_function(const wire::CallContext&, const PutFunctionSigningRequest&);
  Result<CodeSigningConfig> get_of_function(const wire::CallContext&, const FunctionNameRequest&);
  Result<wire::Empty> remove_of_function(const wire::CallContext&, const FunctionNameRequest&);

 private:
  Result<CodeSigning> find(const std::string& region, const std::string& arn) const;
  Result<void> store(const CodeSigning& config);

  storage::Database& database_;
  FunctionStore& functions_;
  const Clock& clock_;
  Random& random_;
  std::mutex changing_;
  mutable std::shared_mutex mutex_;
  std::map<std::string, CodeSigning> configs_;  // by ARN
};

}  // namespace cumulet::lambda
