#pragma once
#include "base/error.hpp"

// https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html and the operations' pages.
namespace cumulet::sts {

inline constexpr ErrorKind kAccessDenied{"AccessDenied", 403};
inline constexpr ErrorKind kValidationError{"ValidationError", 400};
inline constexpr ErrorKind kInvalidParameterValue{"InvalidParameterValue", 400};
inline constexpr ErrorKind kMalformedPolicyDocument{"MalformedPolicyDocument", 400};

}  // namespace cumulet::sts
