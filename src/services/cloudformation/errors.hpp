#pragma once
#include "base/error.hpp"

// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/CommonErrors.html and the operations' pages. What
// is wrong with a template, a stack's name or its state is cloudformation::kValidationError (node.hpp).
namespace cumulet::cloudformation::service {

inline constexpr ErrorKind kAlreadyExists{"AlreadyExistsException", 400};
inline constexpr ErrorKind kInsufficientCapabilities{"InsufficientCapabilitiesException", 400};
inline constexpr ErrorKind kTokenAlreadyExists{"TokenAlreadyExistsException", 400};
inline constexpr ErrorKind kLimitExceeded{"LimitExceededException", 400};
inline constexpr ErrorKind kChangeSetNotFound{"ChangeSetNotFound", 404};
inline constexpr ErrorKind kInvalidChangeSetStatus{"InvalidChangeSetStatus", 400};

}  // namespace cumulet::cloudformation::service
