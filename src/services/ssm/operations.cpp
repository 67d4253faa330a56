#include "services/ssm/service.hpp"

namespace cumulet::ssm {

wire::ServiceDescriptor describe(Ssm& ssm) {
  using wire::operation;
  wire::ServiceDescriptor service;
  service.name = "ssm";
  service.target_prefix = "AmazonSSM";
  service.api_version = "2014-11-06";
  service.protocols = {wire::Protocol::aws_json_1_1};
  service.validation_error = &kValidationException;
  service.operations.push_back(operation("PutParameter", ssm, &Ssm::put_parameter));
  service.operations.push_back(operation("GetParameter", ssm, &Ssm::get_parameter));
  service.operations.push_back(operation("GetParameters", ssm, &Ssm::get_parameters));
  service.operations.push_back(operation("GetParametersByPath", ssm, &Ssm::get_parameters_by_path));
  service.operations.push_back(operation("DeleteParameter", ssm, &Ssm::delete_parameter));
  service.operations.push_back(operation("DeleteParameters", ssm, &Ssm::delete_parameters));
  return service;
}

}  // namespace cumulet::ssm
