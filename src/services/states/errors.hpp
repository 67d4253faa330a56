#pragma once
#include "base/error.hpp"

// https://docs.aws.amazon.com/step-functions/latest/apireference/CommonErrors.html and the operations' pages.
namespace cumulet::states {

inline constexpr ErrorKind kExecutionAlreadyExists{"ExecutionAlreadyExists", 400};
inline constexpr ErrorKind kExecutionDoesNotExist{"ExecutionDoesNotExist", 400};
inline constexpr ErrorKind kInvalidArn{"InvalidArn", 400};
inline constexpr ErrorKind kInvalidDefinition{"InvalidDefinition", 400};
inline constexpr ErrorKind kInvalidEncryptionConfiguration{"InvalidEncryptionConfiguration", 400};
inline constexpr ErrorKind kInvalidExecutionInput{"InvalidExecutionInput", 400};
inline constexpr ErrorKind kInvalidLoggingConfiguration{"InvalidLoggingConfiguration", 400};
inline constexpr ErrorKind kInvalidName{"InvalidName", 400};
inline constexpr ErrorKind kInvalidToken{"InvalidToken", 400};
inline constexpr ErrorKind kMissingRequiredParameter{"MissingRequiredParameter", 400};
inline constexpr ErrorKind kResourceNotFound{"ResourceNotFound", 400};
inline constexpr ErrorKind kStateMachineAlreadyExists{"StateMachineAlreadyExists", 400};
inline constexpr ErrorKind kStateMachineDoesNotExist{"StateMachineDoesNotExist", 400};
inline constexpr ErrorKind kStateMachineTypeNotSupported{"StateMachineTypeNotSupported", 400};
inline constexpr ErrorKind kTooManyTags{"TooManyTags", 400};
inline constexpr ErrorKind kAccessDenied{"AccessDeniedException", 400};
inline constexpr ErrorKind kValidationException{"ValidationException", 400};

}  // namespace cumulet::states
