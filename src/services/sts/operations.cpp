#include "services/sts/service.hpp"

namespace cumulet::sts {

wire::ServiceDescriptor describe(Sts& sts) {
  using wire::operation;
  wire::ServiceDescriptor service;
  service.name = "sts";
  service.api_version = "2011-06-15";
  service.xml_namespace = "https://sts.amazonaws.com/doc/2011-06-15/";
  service.protocols = {wire::Protocol::query};
  service.validation_error = &kValidationError;
  service.operations.push_back(operation("GetCallerIdentity", sts, &Sts::get_caller_identity));
  service.operations.push_back(operation("AssumeRole", sts, &Sts::assume_role));
  service.operations.push_back(operation("GetSessionToken", sts, &Sts::get_session_token));
  service.operations.push_back(operation("GetAccessKeyInfo", sts, &Sts::get_access_key_info));
  return service;
}

}  // namespace cumulet::sts
