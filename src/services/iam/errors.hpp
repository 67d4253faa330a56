#pragma once
#include "base/error.hpp"

// https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html and the operations' pages.
namespace cumulet::iam {

inline constexpr ErrorKind kNoSuchEntity{"NoSuchEntity", 404};
inline constexpr ErrorKind kEntityAlreadyExists{"EntityAlreadyExists", 409};
inline constexpr ErrorKind kDeleteConflict{"DeleteConflict", 409};
inline constexpr ErrorKind kMalformedPolicyDocument{"MalformedPolicyDocument", 400};
inline constexpr ErrorKind kLimitExceeded{"LimitExceeded", 409};
inline constexpr ErrorKind kInvalidInput{"InvalidInput", 400};
inline constexpr ErrorKind kValidationError{"ValidationError", 400};

}  // namespace cumulet::iam
