#include "readapi/query.hpp"

#include <charconv>

#include "base/encoding.hpp"
#include "readapi/sources.hpp"

namespace cumulet::readapi {

Result<Query> Query::parse(std::string_view raw) {
  Query query;
  while (!raw.empty()) {
    const auto end = std::min(raw.find('&'), raw.size());
    const std::string_view pair = raw.substr(0, end);
    raw.remove_prefix(std::min(end + 1, raw.size()));
    if (pair.empty()) continue;
    const auto equals = std::min(pair.find('='), pair.size());
    const auto name = percent_decode(pair.substr(0, equals), Plus::space);
    const auto value = percent_decode(equals == pair.size() ? "" : pair.substr(equals + 1), Plus::space);
    if (!name || !value || !is_valid_utf8(*name) || !is_valid_utf8(*value))
      return Error{kInvalidParameter, "The query is not percent-encoded UTF-8."};
    if (!query.left_.emplace(*name, *value).second)
      return Error{kInvalidParameter, "The parameter '" + *name + "' is given more than once."};
  }
  // Part of a presigned URL, read before.
  std::erase_if(query.left_, [](const auto& one) { return one.first.starts_with("X-Amz-"); });
  return query;
}

std::string Query::text(std::string_view name) {
  const auto found = left_.find(name);
  if (found == left_.end()) return {};
  std::string value = std::move(found->second);
  left_.erase(found);
  return value;
}

Result<std::optional<std::int64_t>> Query::number(std::string_view name, std::int64_t low, std::int64_t high) {
  if (!left_.contains(name)) return std::optional<std::int64_t>();
  const std::string given = text(name);
  std::int64_t value = 0;
  const auto [end, code] = std::from_chars(given.data(), given.data() + given.size(), value);
  if (code != std::errc() || end != given.data() + given.size() || value < low || value > high)
    return Error{kInvalidParameter, "The parameter '" + std::string(name) + "' is a number from " +
                                        std::to_string(low) + " to " + std::to_string(high) + "."};
  return std::optional(value);
}

Result<std::optional<TimePoint>> Query::time(std::string_view name) {
  if (!left_.contains(name)) return std::optional<TimePoint>();
  const auto value = parse_iso8601(text(name));
  if (!value)
    return Error{kInvalidParameter, "The parameter '" + std::string(name) + "' is a time like 2026-01-31T12:00:00Z."};
  return value;
}

Result<void> Query::check_rest() const {
  if (left_.empty()) return {};
  return Error{kInvalidParameter, "There is no parameter '" + left_.begin()->first + "' here."};
}

}  // namespace cumulet::readapi
