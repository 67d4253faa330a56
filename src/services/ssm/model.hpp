#pragma once
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/wire/shape.hpp"

// Shapes of Systems Manager's Parameter Store, API version 2014-11-06.
// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_Operations.html
namespace cumulet::ssm {

using wire::member;
using wire::structure;

inline constexpr std::array<std::string_view, 3> kTypes{"String", "StringList", "SecureString"};
inline constexpr std::array<std::string_view, 3> kTiers{"Standard", "Advanced", "Intelligent-Tiering"};

struct Tag {
  std::string key, value;
  static wire::Shape shape() {
    return structure("Tag", {member<&Tag::key>("Key").required().range(1, 128),
                             member<&Tag::value>("Value").required().range(1, 256)});
  }
};

struct PutParameterRequest {
  std::string name, value;
  std::optional<std::string> description, type, allowed_pattern, tier, data_type;
  std::optional<bool> overwrite;
  std::optional<std::vector<Tag>> tags;
  static wire::Shape shape() {
    return structure("PutParameterRequest",
                     {member<&PutParameterRequest::name>("Name").required().range(1, 2048),
                      member<&PutParameterRequest::description>("Description").range(0, 1024),
                      member<&PutParameterRequest::value>("Value").required(),
                      member<&PutParameterRequest::type>("Type").one_of(kTypes),
                      member<&PutParameterRequest::overwrite>("Overwrite"),
                      member<&PutParameterRequest::allowed_pattern>("AllowedPattern").range(0, 1024),
                      member<&PutParameterRequest::tags>("Tags").range(0, 1000),
                      member<&PutParameterRequest::tier>("Tier").one_of(kTiers),
                      member<&PutParameterRequest::data_type>("DataType").range(0, 128)});
  }
};

struct PutParameterResult {
  std::int64_t version = 0;
  std::string tier = "Standard";
  static wire::Shape shape() {
    return structure("PutParameterResult",
                     {member<&PutParameterResult::version>("Version"), member<&PutParameterResult::tier>("Tier")});
  }
};

struct Parameter {
  std::string name, type, value;
  std::int64_t version = 1;
  std::optional<std::string> selector;
  TimePoint last_modified_date;
  std::string arn, data_type = "text";
  static wire::Shape shape() {
    return structure("Parameter", {member<&Parameter::name>("Name"), member<&Parameter::type>("Type"),
                                   member<&Parameter::value>("Value"), member<&Parameter::version>("Version"),
                                   member<&Parameter::selector>("Selector"),
                                   member<&Parameter::last_modified_date>("LastModifiedDate"),
                                   member<&Parameter::arn>("ARN"), member<&Parameter::data_type>("DataType")});
  }
};

struct GetParameterRequest {
  std::string name;
  std::optional<bool> with_decryption;
  static wire::Shape shape() {
    return structure("GetParameterRequest", {member<&GetParameterRequest::name>("Name").required().range(1, 2048),
                                             member<&GetParameterRequest::with_decryption>("WithDecryption")});
  }
};

struct GetParameterResult {
  Parameter parameter;
  static wire::Shape shape() {
    return structure("GetParameterResult", {member<&GetParameterResult::parameter>("Parameter")});
  }
};

struct GetParametersRequest {
  std::vector<std::string> names;
  std::optional<bool> with_decryption;
  static wire::Shape shape() {
    return structure("GetParametersRequest", {member<&GetParametersRequest::names>("Names").required().range(1, 10),
                                              member<&GetParametersRequest::with_decryption>("WithDecryption")});
  }
};

struct GetParametersResult {
  std::vector<Parameter> parameters;
  std::vector<std::string> invalid_parameters;
  static wire::Shape shape() {
    return structure("GetParametersResult", {member<&GetParametersResult::parameters>("Parameters"),
                                             member<&GetParametersResult::invalid_parameters>("InvalidParameters")});
  }
};

struct GetParametersByPathRequest {
  std::string path;
  std::optional<bool> recursive, with_decryption;
  std::optional<int> max_results;
  std::optional<std::string> next_token;
  static wire::Shape shape() {
    return structure("GetParametersByPathRequest",
                     {member<&GetParametersByPathRequest::path>("Path").required().range(1, 2048),
                      member<&GetParametersByPathRequest::recursive>("Recursive"),
                      member<&GetParametersByPathRequest::with_decryption>("WithDecryption"),
                      member<&GetParametersByPathRequest::max_results>("MaxResults").range(1, 10),
                      member<&GetParametersByPathRequest::next_token>("NextToken")});
  }
};

struct GetParametersByPathResult {
  std::vector<Parameter> parameters;
  std::optional<std::string> next_token;
  static wire::Shape shape() {
    return structure("GetParametersByPathResult", {member<&GetParametersByPathResult::parameters>("Parameters"),
                                                   member<&GetParametersByPathResult::next_token>("NextToken")});
  }
};

struct DeleteParameterRequest {
  std::string name;
  static wire::Shape shape() {
    return structure("DeleteParameterRequest",
                     {member<&DeleteParameterRequest::name>("Name").required().range(1, 2048)});
  }
};

struct DeleteParametersRequest {
  std::vector<std::string> names;
  static wire::Shape shape() {
    return structure("DeleteParametersRequest",
                     {member<&DeleteParametersRequest::names>("Names").required().range(1, 10)});
  }
};

struct DeleteParametersResult {
  std::vector<std::string> deleted_parameters, invalid_parameters;
  static wire::Shape shape() {
    return structure("DeleteParametersResult",
                     {member<&DeleteParametersResult::deleted_parameters>("DeletedParameters"),
                      member<&DeleteParametersResult::invalid_parameters>("InvalidParameters")});
  }
};

}  // namespace cumulet::ssm
