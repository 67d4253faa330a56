#pragma once
#include "base/error.hpp"

// Errors of Rekognition with AWS's codes and statuses.
// https://docs.aws.amazon.com/rekognition/latest/dg/error-handling.html
namespace cumulet::rekognition {

inline constexpr ErrorKind kAccessDenied{"AccessDeniedException", 400};
inline constexpr ErrorKind kIdempotentParameterMismatch{"IdempotentParameterMismatchException", 400};
inline constexpr ErrorKind kImageTooLarge{"ImageTooLargeException", 400};
inline constexpr ErrorKind kInternalServerError{"InternalServerError", 500};
inline constexpr ErrorKind kInvalidImageFormat{"InvalidImageFormatException", 400};
inline constexpr ErrorKind kInvalidPaginationToken{"InvalidPaginationTokenException", 400};
inline constexpr ErrorKind kInvalidParameter{"InvalidParameterException", 400};
inline constexpr ErrorKind kInvalidS3Object{"InvalidS3ObjectException", 400};
inline constexpr ErrorKind kLimitExceeded{"LimitExceededException", 400};
inline constexpr ErrorKind kProvisionedThroughputExceeded{"ProvisionedThroughputExceededException", 400};
inline constexpr ErrorKind kResourceNotFound{"ResourceNotFoundException", 400};
inline constexpr ErrorKind kValidation{"ValidationException", 400};
inline constexpr ErrorKind kVideoTooLarge{"VideoTooLargeException", 400};

}  // namespace cumulet::rekognition
