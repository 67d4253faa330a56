#include "services/s3/cors.hpp"

#include <algorithm>
#include <array>

#include "aws/wire/xml_codec.hpp"
#include "base/header_field.hpp"
#include "base/text.hpp"
#include "services/s3/errors.hpp"

namespace cumulet::s3 {
namespace {

constexpr std::size_t kMaxRules = 100;
constexpr std::array<std::string_view, 5> kMethods = {"GET", "PUT", "POST", "DELETE", "HEAD"};
constexpr std::string_view kVary = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method";

// A pattern with one '*' at most, which stands for any characters.
bool fits(std::string_view pattern, std::string_view text) {
  const auto star = pattern.find('*');
  if (star == pattern.npos) return pattern == text;
  const std::string_view front = pattern.substr(0, star), back = pattern.substr(star + 1);
  return text.size() >= front.size() + back.size() && text.starts_with(front) && text.ends_with(back);
}

bool allows_origin(const CorsRule& rule, std::string_view origin) {
  return std::any_of(rule.allowed_origins.begin(), rule.allowed_origins.end(),
                     [&](const std::string& pattern) { return fits(pattern, origin); });
}

bool allows_header(const CorsRule& rule, std::string_view header) {
  return std::any_of(rule.allowed_headers.begin(), rule.allowed_headers.end(),
                     [&](const std::string& pattern) { return fits(lower(pattern), header); });
}

Result<void> check(const CorsRule& rule) {
  const auto refuse = [](std::string message) { return Error{kInvalidRequest, std::move(message)}; };
  for (const std::string& method : rule.allowed_methods)
    if (std::find(kMethods.begin(), kMethods.end(), method) == kMethods.end())
      return refuse("Found unsupported HTTP method in CORS config. Unsupported method is " + method);
  for (const std::string& origin : rule.allowed_origins)
    if (std::count(origin.begin(), origin.end(), '*') > 1)
      return refuse("AllowedOrigin \"" + origin + "\" can not have more than one wildcard.");
  for (const std::string& header : rule.allowed_headers)
    if (std::count(header.begin(), header.end(), '*') > 1)
      return refuse("AllowedHeader \"" + header + "\" can not have more than one wildcard.");
  for (const std::string& header : rule.expose_headers) {
    if (header.find('*') != header.npos)
      return refuse("ExposeHeader \"" + header +
                    "\" contains wildcard. We currently do not support wildcard for "
                    "ExposeHeader.");
    if (!http::is_field_name(header)) return malformed_xml();  // it becomes part of an answer
  }
  if (rule.id && rule.id->size() > 255) return malformed_xml();
  return {};
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) (out += out.empty() ? "" : ", ") += name;
  return out;
}

}  // namespace

Result<CorsConfiguration> parse_cors(std::string_view document) {
  CorsConfiguration configuration;
  wire::Violations violations;
  if (!wire::read_xml(document, wire::shape_of<CorsConfiguration>(), &configuration, wire::Members::all, violations)
           .ok())
    return malformed_xml();
  if (configuration.rules.empty() || configuration.rules.size() > kMaxRules) return malformed_xml();
  for (const CorsRule& rule : configuration.rules) CUMULET_CHECK(check(rule));
  return configuration;
}

std::vector<std::string> requested_headers(std::string_view field) {
  std::vector<std::string> names;
  while (!field.empty()) {
    const auto comma = std::min(field.find(','), field.size());
    std::string_view one = field.substr(0, comma);
    field.remove_prefix(std::min(comma + 1, field.size()));
    while (one.starts_with(' ') || one.starts_with('\t')) one.remove_prefix(1);
    while (one.ends_with(' ') || one.ends_with('\t')) one.remove_suffix(1);
    if (!one.empty()) names.push_back(lower(one));
  }
  return names;
}

const CorsRule* matching_rule(const CorsConfiguration& configuration, const CorsQuestion& question) {
  for (const CorsRule& rule : configuration.rules) {
    const auto& methods = rule.allowed_methods;
    if (!allows_origin(rule, question.origin) ||
        std::find(methods.begin(), methods.end(), question.method) == methods.end() ||
        !std::all_of(question.headers.begin(), question.headers.end(),
                     [&](const std::string& header) { return allows_header(rule, header); }))
      continue;
    return &rule;
  }
  return nullptr;
}

http::Headers cors_headers(const CorsRule& rule, const CorsQuestion& question) {
  http::Headers headers;
  // A rule for all says so, and then no cookies are meant.
  const auto& origins = rule.allowed_origins;
  const bool is_for_all = std::find(origins.begin(), origins.end(), "*") != origins.end();
  headers.add("Access-Control-Allow-Origin", is_for_all ? "*" : std::string(question.origin));
  headers.add("Access-Control-Allow-Methods", joined(rule.allowed_methods));
  if (!question.headers.empty()) headers.add("Access-Control-Allow-Headers", joined(question.headers));
  if (!rule.expose_headers.empty()) headers.add("Access-Control-Expose-Headers", joined(rule.expose_headers));
  if (rule.max_age_seconds) headers.add("Access-Control-Max-Age", std::to_string(*rule.max_age_seconds));
  if (!is_for_all) headers.add("Access-Control-Allow-Credentials", "true");
  headers.add("Vary", std::string(kVary));
  return headers;
}

}  // namespace cumulet::s3
