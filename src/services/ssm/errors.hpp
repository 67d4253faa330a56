#pragma once
#include "base/error.hpp"

// https://docs.aws.amazon.com/systems-manager/latest/APIReference/CommonErrors.html and the operations' pages.
namespace cumulet::ssm {

inline constexpr ErrorKind kParameterNotFound{"ParameterNotFound", 400};
inline constexpr ErrorKind kParameterVersionNotFound{"ParameterVersionNotFound", 400};
inline constexpr ErrorKind kParameterAlreadyExists{"ParameterAlreadyExists", 400};
inline constexpr ErrorKind kParameterLimitExceeded{"ParameterLimitExceeded", 400};
inline constexpr ErrorKind kParameterPatternMismatch{"ParameterPatternMismatchException", 400};
inline constexpr ErrorKind kUnsupportedParameterType{"UnsupportedParameterType", 400};
inline constexpr ErrorKind kValidationException{"ValidationException", 400};

}  // namespace cumulet::ssm
