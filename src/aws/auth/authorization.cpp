#include <algorithm>
#include <array>
#include <charconv>

#include "aws/auth/canonical.hpp"
#include "aws/auth/sigv2.hpp"
#include "aws/auth/sigv4.hpp"
#include "base/encoding.hpp"

namespace cumulet::auth {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::string_view kExpectedCredential = "expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".";
constexpr std::int64_t kLongestPresigned = 604'800;

// S3 words its errors in its own way. The scope's service decides where it can be read; before, the protocol.
bool speaks_s3(const http::RequestHead& head) {
  if (head.headers.has("x-amz-target")) return false;
  const auto type = head.headers.get_or("content-type", "");
  return !type.starts_with("application/x-www-form-urlencoded") && !type.starts_with("application/x-amz-json");
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> out;
  std::size_t at = 0;
  while (true) {
    const auto end = text.find(separator, at);
    out.emplace_back(text.substr(at, end - at));
    if (end == std::string_view::npos) return out;
    at = end + 1;
  }
}

struct Credential {
  std::string access_key_id;
  Scope scope;
};

// "AKID/date/region/service/aws4_request"; an access key may itself hold slashes.
std::optional<Credential> parse_credential(std::string_view text) {
  auto parts = split(text, '/');
  if (parts.size() < 5 || parts.back() != "aws4_request") return std::nullopt;
  const std::size_t n = parts.size();
  Credential out{parts[0], Scope{parts[n - 4], parts[n - 3], parts[n - 2]}};
  for (std::size_t i = 1; i + 4 < n; ++i) out.access_key_id += '/' + parts[i];
  const auto& date = out.scope.date;
  if (date.size() != 8 || !std::all_of(date.begin(), date.end(), [](char c) { return c >= '0' && c <= '9'; }))
    return std::nullopt;
  if (out.scope.service.empty()) return std::nullopt;
  return out;
}

Result<void> read_payload(Authorization& out, std::string_view announced) {
  if (announced == "UNSIGNED-PAYLOAD") {
    out.payload = Payload::unsigned_;
  } else if (announced == "STREAMING-AWS4-HMAC-SHA256-PAYLOAD") {
    out.payload = Payload::streaming_signed;
  } else if (announced == "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER") {
    out.payload = Payload::streaming_signed_trailer;
  } else if (announced == "STREAMING-UNSIGNED-PAYLOAD-TRAILER") {
    out.payload = Payload::streaming_unsigned_trailer;
  } else if (announced.size() == 64 && hex_decode(announced)) {
    out.payload = Payload::hash;
    out.payload_hash = lower(announced);
  } else {
    return Error{kInvalidArgument,
                 "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, "
                 "STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, "
                 "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER or a "
                 "valid sha256 value.",
                 {{"ArgumentName", "x-amz-content-sha256"}, {"ArgumentValue", std::string(announced)}}};
  }
  return {};
}

// Outside S3 a payload may be announced by its hash, and is hashed whatever else is said of it.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
Result<void> read_payload_of(Authorization& out, std::optional<std::string_view> announced, bool for_s3) {
  const bool is_hash = announced && announced->size() == 64;
  if (announced && (for_s3 || is_hash)) return read_payload(out, *announced);
  out.needs_body_hash = !for_s3;
  return {};
}

// X-Amz-Date, or Date (as an HTTP date or in the basic form), which botocore sends instead when a caller set it.
std::optional<TimePoint> signing_time(const http::RequestHead& head) {
  if (const auto date = head.headers.get("x-amz-date")) return parse_iso8601_basic(trimmed(*date));
  if (const auto date = head.headers.get("date")) {
    if (const auto basic = parse_iso8601_basic(trimmed(*date))) return basic;
    return parse_http_date(trimmed(*date));
  }
  return std::nullopt;
}

Error malformed_header(bool s3, std::string_view authorization, std::string s3_message, std::string message) {
  if (s3)
    return Error{kAuthorizationHeaderMalformed, "The authorization header is malformed; " + std::move(s3_message)};
  return Error{kIncompleteSignature, std::move(message) + " Authorization=" + std::string(authorization)};
}

Result<Authorization> from_header(const http::RequestHead& head, std::string_view text) {
  const bool s3 = speaks_s3(head);
  if (!text.starts_with(kAlgorithm)) {
    if (!s3)
      return Error{kIncompleteSignature,
                   "Unsupported AWS 'algorithm': '" + std::string(text.substr(0, text.find(' '))) + "'."};
    if (text.starts_with("AWS "))
      return Error{kInvalidRequest,
                   "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."};
    return Error{kInvalidArgument,
                 "Unsupported Authorization Type",
                 {{"ArgumentName", "Authorization"}, {"ArgumentValue", std::string(text)}}};
  }
  std::optional<std::string_view> credential, signed_headers, signature;
  std::string_view rest = text.substr(kAlgorithm.size());
  while (!rest.empty()) {
    const auto end = std::min(rest.find(','), rest.size());
    const auto part = trimmed(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (part.empty()) continue;
    const auto equals = part.find('=');
    if (equals == std::string_view::npos)
      return malformed_header(
          s3, text, "the authorization component \"" + std::string(part) + "\" is malformed.",
          "'" + std::string(part) + "' not a valid key=value pair (missing equal-sign) in Authorization header.");
    const auto name = part.substr(0, equals), value = part.substr(equals + 1);
    if (name == "Credential") credential = value;
    if (name == "SignedHeaders") signed_headers = value;
    if (name == "Signature") signature = value;
  }
  const auto signed_at = signing_time(head);
  const bool dated = head.headers.has("x-amz-date") || head.headers.has("date");
  if (!credential || !signed_headers || !signature || (!dated && !s3)) {
    std::string missing;
    if (!credential) missing += "Authorization header requires 'Credential' parameter. ";
    if (!signature) missing += "Authorization header requires 'Signature' parameter. ";
    if (!signed_headers) missing += "Authorization header requires 'SignedHeaders' parameter. ";
    if (!dated) missing += "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ";
    missing.pop_back();
    const char* name = !credential ? "Credential" : !signed_headers ? "SignedHeaders" : "Signature";
    return malformed_header(s3, text, std::string("missing ") + name + ".", std::move(missing));
  }
  auto parsed = parse_credential(*credential);
  if (!parsed)
    return malformed_header(s3, text, "the Credential is mal-formed; " + std::string(kExpectedCredential),
                            "Credential must have exactly 5 slash-delimited elements, e.g. "
                            "keyid/date/region/service/term, got '" +
                                std::string(*credential) + "'.");
  const bool for_s3 = path_style(parsed->scope.service) == PathStyle::s3;
  if (parsed->access_key_id.empty())
    return malformed_header(for_s3, text, "a non-empty Access Key (AKID) must be provided in the credential.",
                            "Credential must have a non-empty access key.");
  if (!signed_at) {
    if (for_s3) return Error{kAccessDenied, "AWS authentication requires a valid Date or x-amz-date header"};
    return Error{kIncompleteSignature,
                 "Date must be in ISO-8601 'basic format'. Got '" +
                     std::string(head.headers.get_or("x-amz-date", head.headers.get_or("date", ""))) +
                     "'. See http://en.wikipedia.org/wiki/ISO_8601"};
  }
  Authorization out;
  out.placement = Placement::header;
  out.access_key_id = std::move(parsed->access_key_id);
  out.scope = std::move(parsed->scope);
  out.signed_headers = split(lower(*signed_headers), ';');
  out.signature = lower(*signature);
  out.signed_at = *signed_at;
  out.timestamp = iso8601_basic(*signed_at);
  out.session_token = head.headers.get_or("x-amz-security-token", "");
  const auto announced = head.headers.get("x-amz-content-sha256");
  if (for_s3 && !announced)
    return Error{kInvalidRequest, "Missing required header for this request: x-amz-content-sha256"};
  CUMULET_CHECK(read_payload_of(out, announced ? std::optional(trimmed(*announced)) : std::nullopt, for_s3));
  return out;
}

std::optional<std::string> parameter(std::string_view query, std::string_view wanted) {
  std::size_t at = 0;
  while (at < query.size()) {
    const auto end = std::min(query.find('&', at), query.size());
    const auto pair = query.substr(at, end - at);
    at = end + 1;
    const auto equals = std::min(pair.find('='), pair.size());
    if (!iequals(pair.substr(0, equals), wanted)) continue;
    if (equals == pair.size()) return std::string{};
    const auto raw = pair.substr(equals + 1);
    return percent_decode(raw).value_or(std::string(raw));
  }
  return std::nullopt;
}

Error bad_query(std::string message) { return Error{kAuthorizationQueryParametersError, std::move(message)}; }

Result<Seconds> parse_expires(std::string_view text) {
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc{} || end != text.data() + text.size()) return bad_query("X-Amz-Expires should be a number");
  if (seconds < 0) return bad_query("X-Amz-Expires must be non-negative");
  if (seconds > kLongestPresigned)
    return bad_query(
        "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than "
        "604800 seconds");
  return Seconds{seconds};
}

Result<Authorization> from_query(const http::RequestHead& head) {
  const auto query = head.raw_query();
  const auto algorithm = parameter(query, "X-Amz-Algorithm");
  if (algorithm && *algorithm != kAlgorithm)
    return bad_query("X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256\"");
  const auto credential = parameter(query, "X-Amz-Credential");
  const auto date = parameter(query, "X-Amz-Date");
  const auto expires = parameter(query, "X-Amz-Expires");
  const auto signed_headers = parameter(query, "X-Amz-SignedHeaders");
  const auto signature = parameter(query, "X-Amz-Signature");
  const auto parsed = credential ? parse_credential(*credential) : std::nullopt;
  const bool for_s3 = !parsed || path_style(parsed->scope.service) == PathStyle::s3;
  if (!algorithm || !credential || !date || (!expires && for_s3) || !signed_headers || !signature)
    return bad_query(
        "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, "
        "X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.");
  if (!parsed)
    return bad_query("Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; " +
                     std::string(kExpectedCredential));
  if (parsed->access_key_id.empty())
    return bad_query(
        "Error parsing the X-Amz-Credential parameter; a non-empty Access Key (AKID) must be provided in the "
        "credential.");
  const auto signed_at = parse_iso8601_basic(*date);
  if (!signed_at) return bad_query("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"");
  Authorization out;
  out.placement = Placement::query;
  // Services other than S3 take presigned requests for 15 minutes when nothing else is said.
  out.expires = Seconds{900};
  if (expires) {
    CUMULET_TRY(out.expires, parse_expires(*expires));
  }
  out.access_key_id = parsed->access_key_id;
  out.scope = parsed->scope;
  out.signed_headers = split(lower(*signed_headers), ';');
  out.signature = lower(*signature);
  out.signed_at = *signed_at;
  out.timestamp = *date;
  out.session_token =
      parameter(query, "X-Amz-Security-Token").value_or(std::string(head.headers.get_or("x-amz-security-token", "")));
  const auto in_query = parameter(query, "X-Amz-Content-Sha256");
  std::optional<std::string_view> announced;
  if (const auto header = head.headers.get("x-amz-content-sha256"))
    announced = trimmed(*header);
  else if (in_query)
    announced = *in_query;
  CUMULET_CHECK(read_payload_of(out, announced, for_s3));
  return out;
}

Result<Authorization> parse_authorization(const http::RequestHead& head) {
  const auto header = head.headers.get("authorization");
  const auto query = head.raw_query();
  const bool in_query = parameter(query, "X-Amz-Algorithm") || parameter(query, "X-Amz-Signature");
  if (header && in_query)
    return Error{kInvalidArgument,
                 "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string "
                 "parameter or the Authorization header should be specified",
                 {{"ArgumentName", "Authorization"}, {"ArgumentValue", std::string(*header)}}};
  if (header) return from_header(head, trimmed(*header));
  if (in_query) return from_query(head);
  if (has_sigv2_query(query)) return parse_sigv2_query(head);
  Authorization none;
  if (const auto announced = head.headers.get("x-amz-content-sha256")) {
    CUMULET_CHECK(read_payload(none, trimmed(*announced)));
  }
  return none;
}

// The scope of a Credential wherever it stands, whatever else is malformed.
std::optional<Scope> claimed_scope(const http::RequestHead& head) {
  std::string credential;
  if (const auto header = head.headers.get("authorization")) {
    const auto at = header->find("Credential=");
    if (at == std::string_view::npos) return std::nullopt;
    const std::string_view rest = header->substr(at + 11);
    credential = rest.substr(0, rest.find_first_of(", "));
  } else {
    const std::string_view query = head.raw_query();
    const auto at = query.find("X-Amz-Credential=");
    if (at == std::string_view::npos) return std::nullopt;
    const std::string_view rest = query.substr(at + 17);
    auto decoded = percent_decode(rest.substr(0, rest.find('&')));
    if (!decoded) return std::nullopt;
    credential = std::move(*decoded);
  }
  // From the end: the key itself could hold anything.
  std::array<std::string_view, 4> parts;  // aws4_request, service, region, date
  std::string_view rest = credential;
  for (auto& part : parts) {
    const auto slash = rest.rfind('/');
    if (slash == std::string_view::npos) return std::nullopt;
    part = rest.substr(slash + 1);
    rest = rest.substr(0, slash);
  }
  if (parts[0] != "aws4_request") return std::nullopt;
  return Scope{std::string(parts[3]), std::string(parts[2]), std::string(parts[1])};
}

bool has_v4_scope(const Result<Authorization>& authorization) {
  return authorization.ok() && authorization->placement != Placement::none && authorization->scheme == Scheme::v4;
}

}  // namespace

const Scope* Signing::scope() const {
  if (has_v4_scope(authorization)) return &authorization->scope;
  return claimed ? &*claimed : nullptr;
}

Signing parse_signing(const http::RequestHead& head) {
  Signing signing{parse_authorization(head), std::nullopt};
  if (!has_v4_scope(signing.authorization)) signing.claimed = claimed_scope(head);
  signing.is_v2 = head.headers.get_or("authorization", "").starts_with("AWS ") ||
                  head.raw_query().find("AWSAccessKeyId=") != std::string_view::npos;
  return signing;
}

}  // namespace cumulet::auth
