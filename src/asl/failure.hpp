#pragma once
#include "base/error.hpp"

// The predefined error names. An Error of one of these kinds is a state's failure: code() is the Error, message() the
// Cause. https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
namespace cumulet::asl {

inline constexpr ErrorKind kRuntime{"States.Runtime"};
inline constexpr ErrorKind kTimeout{"States.Timeout"};
inline constexpr ErrorKind kHeartbeatTimeout{"States.HeartbeatTimeout"};
inline constexpr ErrorKind kDataLimitExceeded{"States.DataLimitExceeded"};
inline constexpr ErrorKind kParameterPathFailure{"States.ParameterPathFailure"};
inline constexpr ErrorKind kResultPathMatchFailure{"States.ResultPathMatchFailure"};  // the specification's name for
inline constexpr ErrorKind kReferencePathConflict{"States.ReferencePathConflict"};    // what AWS reports as this
inline constexpr ErrorKind kIntrinsicFailure{"States.IntrinsicFailure"};

// A definition that does not parse; the message is one diagnostic's text.
inline constexpr ErrorKind kInvalidDefinition{"InvalidDefinition"};

}  // namespace cumulet::asl
