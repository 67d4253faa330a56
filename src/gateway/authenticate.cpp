#include "gateway/authenticate.hpp"

#include "aws/auth/digest.hpp"
#include "base/arn.hpp"

namespace cumulet::gateway {
namespace {

using wire::Protocol;

// One refusal and what each protocol calls it. The awsJson protocols answer with 400 what the others answer with 403.
struct Refusal {
  ErrorKind s3;
  std::string_view s3_message;
  ErrorKind json;
  ErrorKind rest_json;
  ErrorKind query;
  std::string_view message;
};

constexpr Refusal kUnknownKey{
    {"InvalidAccessKeyId", 403},          "The AWS Access Key Id you provided does not exist in our records.",
    {"UnrecognizedClientException", 400}, {"UnrecognizedClientException", 403},
    {"InvalidClientTokenId", 403},        "The security token included in the request is invalid."};
constexpr Refusal kForeignToken{{"InvalidToken", 400},
                                "The provided token is malformed or otherwise invalid.",
                                {"UnrecognizedClientException", 400},
                                {"UnrecognizedClientException", 403},
                                {"InvalidClientTokenId", 403},
                                "The security token included in the request is invalid."};
constexpr Refusal kExpiredToken{
    {"ExpiredToken", 400},          "The provided token has expired.",
    {"ExpiredTokenException", 400}, {"ExpiredTokenException", 403},
    {"ExpiredToken", 403},          "The security token included in the request is expired"};
constexpr Refusal kUnsigned{{"AccessDenied", 403},
                            "Access Denied",
                            {"MissingAuthenticationTokenException", 400},
                            {"MissingAuthenticationTokenException", 403},
                            {"MissingAuthenticationToken", 403},
                            "Request is missing Authentication Token"};

constexpr ErrorKind kInvalidSignatureJson{"InvalidSignatureException", 400};
constexpr ErrorKind kIncompleteSignatureJson{"IncompleteSignatureException", 400};
constexpr ErrorKind kAccessDeniedJson{"AccessDeniedException", 400};
constexpr ErrorKind kAccessDeniedRest{"AccessDeniedException", 403};

bool is_aws_json(Protocol p) { return p == Protocol::aws_json_1_0 || p == Protocol::aws_json_1_1; }

Error refuse(const Refusal& refusal, Protocol protocol) {
  switch (protocol) {
    case Protocol::rest_xml: return Error{refusal.s3, std::string(refusal.s3_message)};
    case Protocol::query: return Error{refusal.query, std::string(refusal.message)};
    case Protocol::rest_json: return Error{refusal.rest_json, std::string(refusal.message)};
    default: return Error{refusal.json, std::string(refusal.message)};
  }
}

constexpr Refusal kForeignSite{
    {"AccessDenied", 403},          "Access Denied: an unsigned request of another web site's page.",
    {"AccessDeniedException", 400}, {"AccessDeniedException", 403},
    {"AccessDenied", 403},          "An unsigned request of another web site's page is not accepted."};

// "http://localhost:3000", "http://127.0.0.1", "http://[::1]:80": a page served by this machine.
bool is_local_origin(std::string_view origin) {
  const auto begin = origin.find("://");
  if (begin == std::string_view::npos) return false;  // "null": a file or a sandboxed frame
  std::string_view host = origin.substr(begin + 3);
  if (host.starts_with('[')) return host.starts_with("[::1]");
  host = host.substr(0, host.find(':'));
  return host == "localhost" || host.ends_with(".localhost") || host == "127.0.0.1";
}

wire::Principal root_principal(std::string_view access_key_id) {
  wire::Principal root;
  root.access_key_id = access_key_id;
  root.account = kAccountId;
  root.arn = "arn:aws:iam::" + std::string(kAccountId) + ":root";
  root.user_id = kAccountId;
  root.is_root = true;
  return root;
}

}  // namespace

Result<Caller> find_caller(const auth::Authorization& authorization, const auth::KeyDirectory& keys, TimePoint now,
                           bool accept_unknown, Protocol protocol) {
  if (authorization.placement == auth::Placement::none) {
    if (!accept_unknown) return refuse(kUnsigned, protocol);
    Caller anonymous{root_principal({}), std::nullopt};
    anonymous.principal.is_anonymous = true;
    return anonymous;
  }

  std::optional<auth::KnownKey> key = keys.find(authorization.access_key_id);
  if (!key) {
    if (accept_unknown) return Caller{root_principal(authorization.access_key_id), std::nullopt};
    Error error = refuse(kUnknownKey, protocol);
    if (protocol == Protocol::rest_xml) error = std::move(error).with("AWSAccessKeyId", authorization.access_key_id);
    return error;
  }
  if (!key->credentials.session_token.empty() &&
      !auth::constant_time_equal(key->credentials.session_token, authorization.session_token))
    return refuse(kForeignToken, protocol);
  if (key->expires && *key->expires <= now) {
    Error error = refuse(kExpiredToken, protocol);
    if (protocol == Protocol::rest_xml) error = std::move(error).with("Token-0", authorization.session_token);
    return error;
  }
  Caller caller;
  caller.principal.access_key_id = authorization.access_key_id;
  caller.principal.account = std::move(key->account);
  caller.principal.arn = std::move(key->arn);
  caller.principal.user_id = std::move(key->user_id);
  caller.principal.is_root = key->is_root;
  caller.credentials = std::move(key->credentials);
  return caller;
}

Result<void> check_origin(const http::RequestHead& head, const Caller& caller, Protocol protocol) {
  if (caller.credentials) return {};
  const auto origin = head.headers.get("origin");
  // Without CORS a page cannot see what a GET answers; but a Query request does what it says by GET too.
  const bool only_reads = protocol != Protocol::query && (head.method == "GET" || head.method == "HEAD");
  if (only_reads || head.method == "OPTIONS") return {};
  if (origin && !is_local_origin(*origin)) return refuse(kForeignSite, protocol);
  // An image's or a link's URL sends no Origin.
  if (protocol == Protocol::query && head.headers.get_or("sec-fetch-site", "") == "cross-site")
    return refuse(kForeignSite, protocol);
  return {};
}

Error refusal_on(Protocol protocol, Error error) {
  if (protocol == Protocol::rest_xml || protocol == Protocol::query) return error;
  const auto as = [&](const ErrorKind& kind) { return Error{kind, error.message(), error.fields()}; };
  if (is_aws_json(protocol)) {
    if (error.is(auth::kInvalidSignature)) return as(kInvalidSignatureJson);
    if (error.is(auth::kAccessDenied)) return as(kAccessDeniedJson);
  } else if (error.is(auth::kAccessDenied)) {
    return as(kAccessDeniedRest);
  }
  if (error.is(auth::kIncompleteSignature)) return as(kIncompleteSignatureJson);
  return error;
}

}  // namespace cumulet::gateway
