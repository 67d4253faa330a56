#pragma once
#include <optional>
#include <string>

#include "aws/wire/operation.hpp"
#include "base/time.hpp"
#include "services/ssm/errors.hpp"
#include "services/ssm/model.hpp"
#include "storage/database.hpp"

// AWS Systems Manager: of it the Parameter Store, and of that the newest version of each parameter. SecureString is
// kept, and given back, as it came: there are no keys here.
namespace cumulet::ssm {

struct Dependencies {
  storage::Database& database;
  const Clock& clock;
};

// Plain methods run on workers.
class Ssm {
 public:
  explicit Ssm(Dependencies with) : database_(with.database), clock_(with.clock) {}
  Result<void> load();

  Result<PutParameterResult> put_parameter(const wire::CallContext&, const PutParameterRequest&);
  Result<GetParameterResult> get_parameter(const wire::CallContext&, const GetParameterRequest&);
  Result<GetParametersResult> get_parameters(const wire::CallContext&, const GetParametersRequest&);
  Result<GetParametersByPathResult> get_parameters_by_path(const wire::CallContext&, const GetParametersByPathRequest&);
  Result<wire::Empty> delete_parameter(const wire::CallContext&, const DeleteParameterRequest&);
  Result<DeleteParametersResult> delete_parameters(const wire::CallContext&, const DeleteParametersRequest&);

 private:
  Result<std::optional<Parameter>> find(const std::string& region, const std::string& name_or_arn);
  Result<bool> forget(const std::string& region, const std::string& name);

  storage::Database& database_;
  const Clock& clock_;
};

// `ssm` must outlive the descriptor.
wire::ServiceDescriptor describe(Ssm& ssm);

}  // namespace cumulet::ssm
