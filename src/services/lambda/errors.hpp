#pragma once
#include "base/result.hpp"

// Lambda's errors, as the API reference names them.
// https://docs.aws.amazon.com/lambda/latest/api/CommonErrors.html and each operation's page
namespace cumulet::lambda {

inline constexpr ErrorKind kResourceNotFound{"ResourceNotFoundException", 404};
inline constexpr ErrorKind kResourceConflict{"ResourceConflictException", 409};
inline constexpr ErrorKind kInvalidParameterValue{"InvalidParameterValueException", 400};
inline constexpr ErrorKind kValidation{"ValidationException", 400};
inline constexpr ErrorKind kAccessDenied{"AccessDeniedException", 403};
inline constexpr ErrorKind kCodeStorageExceeded{"CodeStorageExceededException", 400};
inline constexpr ErrorKind kTooManyRequests{"TooManyRequestsException", 429};
inline constexpr ErrorKind kRequestTooLarge{"RequestTooLargeException", 413};
inline constexpr ErrorKind kRequestEntityTooLarge{"RequestEntityTooLargeException", 413};
inline constexpr ErrorKind kInvalidRequestContent{"InvalidRequestContentException", 400};
inline constexpr ErrorKind kUnsupportedMediaType{"UnsupportedMediaTypeException", 415};
inline constexpr ErrorKind kPreconditionFailed{"PreconditionFailedException", 412};
inline constexpr ErrorKind kPolicyLengthExceeded{"PolicyLengthExceededException", 400};
inline constexpr ErrorKind kInvalidZipFile{"InvalidZipFileException", 502};
inline constexpr ErrorKind kServiceException{"ServiceException", 500};
inline constexpr ErrorKind kNotImplemented{"NotImplementedException", 501};

// "Type" tells a client's fault from the service's; Lambda's modelled errors carry it beside their message.
inline Error user_error(const ErrorKind& kind, std::string message) {
  if (&kind == &kValidation || &kind == &kRequestEntityTooLarge) return Error{kind, std::move(message)};
  return Error{kind, std::move(message), {{"Type", "User"}}};
}

inline Error function_not_found(std::string_view arn) {
  return user_error(kResourceNotFound, "Function not found: " + std::string(arn));
}

}  // namespace cumulet::lambda
