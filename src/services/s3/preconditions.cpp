#include "services/s3/preconditions.hpp"

#include <charconv>

#include "services/s3/errors.hpp"

namespace cumulet::s3 {
namespace {

std::string_view trimmed(std::string_view s) {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t')) s.remove_suffix(1);
  return s;
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

bool names_etag(std::string_view list, std::string_view etag) {
  while (!list.empty()) {
    const auto comma = list.find(',');
    std::string_view item = trimmed(list.substr(0, comma));
    list = comma == list.npos ? std::string_view{} : list.substr(comma + 1);
    if (item == "*") return true;
    if (item.starts_with("W/")) item.remove_prefix(2);
    if (item.size() >= 2 && item.front() == '"' && item.back() == '"') item = item.substr(1, item.size() - 2);
    if (item == etag) return true;
  }
  return false;
}

Result<Outcome> check_read(const Conditions& c, std::string_view etag, TimePoint modified) {
  modified = whole_second(modified);
  if (c.if_match) {
    if (!names_etag(*c.if_match, etag)) return precondition_failed("If-Match");
  } else if (c.if_unmodified_since && modified > *c.if_unmodified_since) {
    return precondition_failed("If-Unmodified-Since");
  }
  if (c.if_none_match) {
    if (names_etag(*c.if_none_match, etag)) return Outcome::not_modified;
  } else if (c.if_modified_since && modified <= *c.if_modified_since) {
    return Outcome::not_modified;
  }
  return Outcome::proceed;
}

Result<void> check_copy_source(const Conditions& c, std::string_view etag, TimePoint modified) {
  modified = whole_second(modified);
  if (c.if_match) {
    if (!names_etag(*c.if_match, etag)) return precondition_failed("x-amz-copy-source-If-Match");
  } else if (c.if_unmodified_since && modified > *c.if_unmodified_since) {
    return precondition_failed("x-amz-copy-source-If-Unmodified-Since");
  }
  if (c.if_none_match) {
    if (names_etag(*c.if_none_match, etag)) return precondition_failed("x-amz-copy-source-If-None-Match");
  } else if (c.if_modified_since && modified <= *c.if_modified_since) {
    return precondition_failed("x-amz-copy-source-If-Modified-Since");
  }
  return {};
}

Result<void> check_write_headers(const std::optional<std::string>& if_match,
                                 const std::optional<std::string>& if_none_match) {
  if (if_match && if_none_match)
    return header_not_implemented("If-Match,If-None-Match",
                                  "Multiple conditional request headers present in the request");
  const auto refused = [](std::string_view header) {
    return header_not_implemented(
        header, "We don't accept the provided value of " + std::string(header) + " header for this API");
  };
  if (if_none_match && trimmed(*if_none_match) != "*") return refused("If-None-Match");
  if (if_match && trimmed(*if_match) == "*") return refused("If-Match");
  return {};
}

Result<void> check_write(const std::optional<std::string>& if_match, const std::optional<std::string>& if_none_match,
                         const std::optional<std::string>& etag, std::string_view key) {
  if (if_none_match && etag) return precondition_failed("If-None-Match");
  if (if_match) {
    if (!etag) return no_such_key(key);
    if (!names_etag(*if_match, *etag)) return precondition_failed("If-Match");
  }
  return {};
}

Result<std::optional<ByteRange>> parse_range(std::string_view header, std::uint64_t size) {
  const std::optional<ByteRange> ignored;
  const Error unsatisfiable{kInvalidRange,
                            "The requested range is not satisfiable",
                            {{"RangeRequested", std::string(header)}, {"ActualObjectSize", std::to_string(size)}}};
  std::string_view text = trimmed(header);
  if (!text.starts_with("bytes=")) return ignored;
  text = trimmed(text.substr(6));
  const auto dash = text.find('-');
  if (dash == text.npos || text.find(',') != text.npos) return ignored;
  const std::string_view before = trimmed(text.substr(0, dash));
  const std::string_view after = trimmed(text.substr(dash + 1));
  if (before.empty()) {
    const auto suffix = number(after);
    if (!suffix) return ignored;
    if (*suffix == 0 || size == 0) return unsatisfiable;
    return std::optional(ByteRange{size - std::min(*suffix, size), size - 1});
  }
  const auto first = number(before);
  if (!first) return ignored;
  std::uint64_t last = size == 0 ? 0 : size - 1;
  if (!after.empty()) {
    const auto given = number(after);
    if (!given || *given < *first) return ignored;
    last = std::min(last, *given);
  }
  if (*first >= size) return unsatisfiable;
  return std::optional(ByteRange{*first, last});
}

}  // namespace cumulet::s3
