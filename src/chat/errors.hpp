#pragma once
#include <string>
#include <string_view>

#include "base/error.hpp"

// What the Bot API answers instead of a result (https://core.telegram.org/bots/api#making-requests): the status is also
// `error_code`, the Error's message is `description`. The texts are those of Telegram's own server.
namespace cumulet::chat {

inline constexpr ErrorKind kBadRequest{"Bad Request", 400};
inline constexpr ErrorKind kUnauthorized{"Unauthorized", 401};
inline constexpr ErrorKind kForbidden{"Forbidden", 403};
inline constexpr ErrorKind kNotFound{"Not Found", 404};
inline constexpr ErrorKind kConflict{"Conflict", 409};
inline constexpr ErrorKind kTooLarge{"Request Entity Too Large", 413};
inline constexpr ErrorKind kTooManyRequests{"Too Many Requests", 429};  // field retry_after: seconds

inline Error bad_request(std::string_view why) { return Error{kBadRequest, "Bad Request: " + std::string(why)}; }
inline Error too_large() { return Error{kTooLarge, "Request Entity Too Large"}; }

}  // namespace cumulet::chat
