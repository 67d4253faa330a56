#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"

// Conditional requests and byte ranges.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html, RFC 9110 13 and 14
namespace cumulet::s3 {

struct Conditions {
  std::optional<std::string> if_match, if_none_match;
  std::optional<TimePoint> if_modified_since, if_unmodified_since;
};

// HTTP dates have no fraction, and S3 tells no more anywhere; finer times are kept, to order what happened.
inline TimePoint whole_second(TimePoint t) { return std::chrono::floor<Seconds>(t); }
// A date in the future is no condition.
inline std::optional<TimePoint> unless_future(std::optional<TimePoint> date, TimePoint now) {
  return date && *date > now ? std::nullopt : date;
}

enum class Outcome { proceed, not_modified };

// For GET and HEAD: RFC 9110's precedence (an entity tag overrules the date). Error: PreconditionFailed.
Result<Outcome> check_read(const Conditions& conditions, std::string_view etag, TimePoint modified);
// For the source of a copy: whatever does not hold is PreconditionFailed.
Result<void> check_copy_source(const Conditions& conditions, std::string_view etag, TimePoint modified);
// The conditions a write may have: one of them, If-None-Match "*" or If-Match an entity tag. Error: NotImplemented.
Result<void> check_write_headers(const std::optional<std::string>& if_match,
                                 const std::optional<std::string>& if_none_match);
// For writes over `etag` (nullopt: no such object).
Result<void> check_write(const std::optional<std::string>& if_match, const std::optional<std::string>& if_none_match,
                         const std::optional<std::string>& etag, std::string_view key);

// True when the list of entity tags ("*", "\"a\", \"b\"", quotes optional) names `etag` (without quotes).
bool names_etag(std::string_view list, std::string_view etag);

struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;  // inclusive
};
// nullopt: no single byte range as RFC 9110 knows it, the header is ignored. Error: InvalidRange.
Result<std::optional<ByteRange>> parse_range(std::string_view header, std::uint64_t size);

}  // namespace cumulet::s3
