#include <algorithm>

#include "aws/auth/canonical.hpp"
#include "aws/auth/sigv4.hpp"
#include "base/encoding.hpp"

namespace cumulet::auth {
namespace {

constexpr Milliseconds kMaxSkew{15 * 60 * 1000};
constexpr std::string_view kS3Mismatch =
    "The request signature we calculated does not match the signature you provided. Check your key and signing method.";
constexpr std::string_view kMismatch =
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
    "and signing method. Consult the service documentation for details.";

std::string spaced_hex(std::string_view text) {
  const std::string hex = hex_encode(text);
  std::string out;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    if (i) out += ' ';
    out.append(hex, i, 2);
  }
  return out;
}

// What stands in the last line of the canonical request.
std::string payload_line(const Authorization& authorization, const http::RequestHead& head,
                         std::string_view body_sha256_hex) {
  if (authorization.needs_body_hash) return std::string(body_sha256_hex);
  switch (authorization.payload) {
    case Payload::streaming_signed: return "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
    case Payload::streaming_signed_trailer: return "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER";
    case Payload::streaming_unsigned_trailer: return "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
    case Payload::unsigned_: return "UNSIGNED-PAYLOAD";
    case Payload::hash: break;
  }
  // As sent: a client that announced upper-case digits signed them.
  const auto announced = head.headers.get("x-amz-content-sha256");
  return announced && iequals(*announced, authorization.payload_hash) ? std::string(*announced)
                                                                      : authorization.payload_hash;
}

Error mismatch(const Authorization& authorization, PathStyle style, const std::string& request,
               const std::string& text) {
  if (style == PathStyle::normalised) return Error{kInvalidSignature, std::string(kMismatch)};
  return Error{kSignatureDoesNotMatch,
               std::string(kS3Mismatch),
               {{"AWSAccessKeyId", authorization.access_key_id},
                {"StringToSign", text},
                {"SignatureProvided", authorization.signature},
                {"StringToSignBytes", spaced_hex(text)},
                {"CanonicalRequest", request},
                {"CanonicalRequestBytes", spaced_hex(request)}}};
}

Result<void> check_clock(const Authorization& authorization, TimePoint now, PathStyle style) {
  const TimePoint at = authorization.signed_at;
  if (authorization.placement == Placement::query) {
    const TimePoint end = at + *authorization.expires;
    if (at > now + kMaxSkew)
      return style == PathStyle::s3
                 ? Error{kAccessDenied, "Request is not valid yet"}
                 : Error{kInvalidSignature, "Signature not yet current: " + iso8601_basic(at) +
                                                " is still later than " + iso8601_basic(now + kMaxSkew) + " (" +
                                                iso8601_basic(now) + " + 15 min.)"};
    if (now > end) {
      if (style == PathStyle::normalised)
        return Error{kInvalidSignature,
                     "Signature expired: " + iso8601_basic(end) + " is now earlier than " + iso8601_basic(now)};
      return Error{kAccessDenied,
                   "Request has expired",
                   {{"X-Amz-Expires", std::to_string(authorization.expires->count())},
                    {"Expires", iso8601(end)},
                    {"ServerTime", iso8601(now)}}};
    }
    return {};
  }
  if (at <= now + kMaxSkew && at >= now - kMaxSkew) return {};
  if (style == PathStyle::s3)
    return Error{kRequestTimeTooSkewed,
                 "The difference between the request time and the current time is too large.",
                 {{"RequestTime", authorization.timestamp},
                  {"ServerTime", iso8601(now)},
                  {"MaxAllowedSkewMilliseconds", std::to_string(kMaxSkew.count())}}};
  if (at > now)
    return Error{kInvalidSignature, "Signature not yet current: " + iso8601_basic(at) + " is still later than " +
                                        iso8601_basic(now + kMaxSkew) + " (" + iso8601_basic(now) + " + 15 min.)"};
  return Error{kInvalidSignature, "Signature expired: " + iso8601_basic(at) + " is now earlier than " +
                                      iso8601_basic(now - kMaxSkew) + " (" + iso8601_basic(now) + " - 15 min.)"};
}

bool is_signed(const Authorization& authorization, std::string_view name) {
  return std::find(authorization.signed_headers.begin(), authorization.signed_headers.end(), name) !=
         authorization.signed_headers.end();
}

// A third party could add meaning to a request by a header that was not signed, or change it: X-Amz-Target names the
// operation, X-Amz-Copy-Source the object. Not so by these: the payload's hash and the date are signed beside the
// headers, and a token is compared with the key's.
bool has_no_meaning_unsigned(std::string_view name, PathStyle style) {
  if (!name.starts_with("x-amz-") || name == "x-amz-content-sha256" || name == "x-amz-user-agent") return true;
  return style == PathStyle::normalised && (name == "x-amz-date" || name == "x-amz-security-token");
}

Result<void> check_signed_headers(const Authorization& authorization, const http::RequestHead& head, PathStyle style) {
  const bool has_host = is_signed(authorization, "host");
  if (style == PathStyle::normalised && !has_host)
    return Error{kInvalidSignature, "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."};
  std::string unsigned_names;
  if (!has_host) unsigned_names = "host";
  for (const auto& [key, value] : head.headers) {
    const std::string name = lower(key);
    if (has_no_meaning_unsigned(name, style) || is_signed(authorization, name)) continue;
    if (style == PathStyle::normalised)
      return Error{kInvalidSignature, "'" + key + "' must be a 'SignedHeader' in the AWS Authorization."};
    if (!unsigned_names.empty()) unsigned_names += ", ";
    unsigned_names += name;
  }
  if (unsigned_names.empty()) return {};
  return Error{kAccessDenied,
               "There were headers present in the request which were not signed",
               {{"HeadersNotSigned", unsigned_names}}};
}

}  // namespace

Result<void> verify(const Authorization& authorization, const Credentials& credentials, const http::RequestHead& head,
                    std::string_view body_sha256_hex, TimePoint now, PathStyle style) {
  CUMULET_CHECK(check_signed_headers(authorization, head, style));
  if (std::string_view(authorization.timestamp).substr(0, 8) != authorization.scope.date) {
    const std::string message =
        "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '" +
        authorization.scope.date + "' != '" + authorization.timestamp.substr(0, 8) + "', from '" +
        authorization.timestamp + "'.";
    if (style == PathStyle::normalised) return Error{kInvalidSignature, message};
    return authorization.placement == Placement::query
               ? Error{kAuthorizationQueryParametersError,
                       "Error parsing the X-Amz-Credential parameter; incorrect date \"" + authorization.scope.date +
                           "\". This date in the credential must be in the format \"yyyyMMdd\"."}
               : Error{kAuthorizationHeaderMalformed,
                       "The authorization header is malformed; Invalid credential date \"" + authorization.scope.date +
                           "\". This date is not the same as X-Amz-Date: \"" + authorization.timestamp.substr(0, 8) +
                           "\"."};
  }
  const bool presigned = authorization.placement == Placement::query;
  const std::string payload = payload_line(authorization, head, body_sha256_hex);
  const std::string query = canonical_query(head.raw_query(), presigned ? "X-Amz-Signature" : "");
  const std::string scope = authorization.scope.text();
  const Digest256 key = signing_key(credentials.secret_access_key, authorization.scope);
  const auto matches = [&](std::string_view path, std::string& request, std::string& text) {
    request = canonical_request(head, path, query, authorization.signed_headers, payload);
    text = string_to_sign(authorization.timestamp, scope, request);
    return constant_time_equal(signature_of(key, text), authorization.signature);
  };
  std::string request, text;
  bool good = matches(canonical_path(head.raw_path(), style), request, text);
  if (!good) {
    // Clients that sign the path just as they send it (unencoded sub-delimiters, a path that is not normalised).
    std::string other_request, other_text;
    good = matches(head.raw_path().empty() ? std::string_view("/") : head.raw_path(), other_request, other_text);
  }
  if (!good) return mismatch(authorization, style, request, text);
  if (!credentials.session_token.empty() &&
      !constant_time_equal(credentials.session_token, authorization.session_token)) {
    static constexpr ErrorKind kInvalidToken{"InvalidToken", 400};
    if (style == PathStyle::s3) return Error{kInvalidToken, "The provided token is malformed or otherwise invalid."};
    return Error{kInvalidClientTokenId, "The security token included in the request is invalid."};
  }
  return check_clock(authorization, now, style);
}

}  // namespace cumulet::auth
