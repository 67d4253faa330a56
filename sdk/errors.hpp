#pragma once
#include <string>
#include <string_view>

#include "base/error.hpp"

// Errors of the SDK: what a service answered, under the code it gave, or what stood between it and us.
namespace cumulet::sdk {

inline constexpr ErrorKind kConnectFailed{"EndpointConnectionError", 0};
inline constexpr ErrorKind kTimedOut{"ReadTimeoutError", 0};
inline constexpr ErrorKind kConnectionLost{"ConnectionClosedError", 0};
inline constexpr ErrorKind kCancelled{"Cancelled", 0};
inline constexpr ErrorKind kNoCredentials{"NoCredentialsError", 0};
inline constexpr ErrorKind kNoRegion{"NoRegionError", 0};
inline constexpr ErrorKind kBadConfiguration{"ConfigurationError", 0};
inline constexpr ErrorKind kBadResponse{"ResponseParserError", 0};
inline constexpr ErrorKind kFileFailed{"FileError", 0};
inline constexpr ErrorKind kIntegrity{"IntegrityError", 0};
inline constexpr ErrorKind kReplaced{"ObjectReplaced", 0};  // the object is another than the one that was meant

// A service's error: `code` as the wire had it ("ResourceNotFoundException"), compare with error.code(). The kinds are
// kept for the life of the process; a peer that invents endless codes gets "UnknownError".
Error service_error(std::string_view code, std::string message, int status, std::string_view request_id = {});

}  // namespace cumulet::sdk
