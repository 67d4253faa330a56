#pragma once
#include "base/error.hpp"

// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/CommonErrors.html and each operation's page.
namespace cumulet::logs {

inline constexpr ErrorKind kResourceNotFound{"ResourceNotFoundException", 400};
inline constexpr ErrorKind kResourceAlreadyExists{"ResourceAlreadyExistsException", 400};
inline constexpr ErrorKind kInvalidParameter{"InvalidParameterException", 400};
inline constexpr ErrorKind kValidation{"ValidationException", 400};
inline constexpr ErrorKind kLimitExceeded{"LimitExceededException", 400};
inline constexpr ErrorKind kServiceUnavailable{"ServiceUnavailableException", 500};

}  // namespace cumulet::logs
