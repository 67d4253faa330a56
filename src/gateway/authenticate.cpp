#include "gateway/authenticate.hpp"

#include <algorithm>

#include "aws/auth/digest.hpp"
#include "base/arn.hpp"
#include "base/encoding.hpp"

namespace cumulet::gateway {
namespace {

using wire::Protocol;

// One refusal and what each protocol calls it. The awsJson protocols answer with 400 what the others answer with 403.
struct Refusal {
  ErrorKind rest_xml;  // as S3 says it
  std::string_view rest_xml_message;
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
    case Protocol::rest_xml: return Error{refusal.rest_xml, std::string(refusal.rest_xml_message)};
    case Protocol::query: return Error{refusal.query, std::string(refusal.message)};
    case Protocol::rest_json: return Error{refusal.rest_json, std::string(refusal.message)};
    default: return Error{refusal.json, std::string(refusal.message)};
  }
}

constexpr std::string_view kPageService = "cumulet";
constexpr Seconds kLongestStreamUrl{300};

// Whether it is signed for a site beside AWS.
bool is_for_site(const auth::Authorization& authorization, std::string_view presigned_for) {
  const std::string_view service = authorization.scope.service;
  if (service == kPageService) return true;
  return !presigned_for.empty() && service == presigned_for && authorization.placement == auth::Placement::query &&
         authorization.expires && *authorization.expires <= kLongestStreamUrl;
}

bool is_region(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

// "Authorization: Basic base64(id:secret)".
std::optional<auth::Credentials> basic_credentials(const http::RequestHead& head) {
  constexpr std::string_view kScheme = "Basic ";
  const std::string_view header = head.headers.get_or("authorization", "");
  if (!iequals(header.substr(0, kScheme.size()), kScheme)) return std::nullopt;
  const auto text = base64_decode(header.substr(kScheme.size()));
  const auto colon = text ? text->find(':') : std::string::npos;
  if (colon == std::string::npos) return std::nullopt;
  return auth::Credentials{text->substr(0, colon), text->substr(colon + 1), {}};
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
                           UnknownKeys unknown, Protocol protocol) {
  if (authorization.placement == auth::Placement::none) {
    if (unknown == UnknownKeys::are_refused) return refuse(kUnsigned, protocol);
    Caller anonymous{root_principal({}), std::nullopt};
    anonymous.principal.is_anonymous = true;
    return anonymous;
  }

  std::optional<auth::KnownKey> key = keys.find(authorization.access_key_id);
  if (!key) {
    if (unknown == UnknownKeys::are_root) return Caller{root_principal(authorization.access_key_id), std::nullopt};
    Error error = refuse(kUnknownKey, protocol);
    if (protocol == Protocol::rest_xml) error = std::move(error).with("AWSAccessKeyId", authorization.access_key_id);
    return error;
  }
  // A token beside a long-lived key is none of ours. Where any key will do, any token will: many a shell has one set.
  const std::string& token = key->credentials.session_token;
  const bool any_token_will_do = token.empty() && unknown == UnknownKeys::are_root;
  if (!any_token_will_do && !auth::constant_time_equal(token, authorization.session_token))
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

Result<void> check_scope(const auth::Authorization& authorization, const wire::ServiceDescriptor& service,
                         Protocol protocol) {
  if (authorization.placement == auth::Placement::none) return {};
  const auth::Scope& scope = authorization.scope;
  const bool is_for_service = scope.service == service.name ||
                              std::find(service.signing_names.begin(), service.signing_names.end(), scope.service) !=
                                  service.signing_names.end();
  const bool is_rest_xml = protocol == Protocol::rest_xml;
  const std::string name(service.name);
  if (!is_for_service) {
    if (is_rest_xml)
      return Error{auth::kAuthorizationHeaderMalformed, "The authorization header is malformed; incorrect service \"" +
                                                            scope.service + "\". This endpoint belongs to \"" + name +
                                                            "\"."};
    return refusal_on(
        protocol, Error{auth::kInvalidSignature, "Credential should be scoped to correct service: '" + name + "'. "});
  }
  if (authorization.scheme == auth::Scheme::v2 || is_region(scope.region)) return {};
  // Any region is served, but it becomes part of names and ARNs.
  if (is_rest_xml)
    return Error{auth::kAuthorizationHeaderMalformed, "The authorization header is malformed; the region '" +
                                                          scope.region + "' is wrong; expecting a region's name"};
  return refusal_on(protocol, Error{auth::kInvalidSignature, "Credential should be scoped to a valid region. "});
}

std::optional<auth::KnownKey> key_of_visitor(const http::RequestHead& head, const auth::Signing& signing,
                                             const auth::KeyDirectory& keys, TimePoint now,
                                             std::string_view presigned_for) {
  if (const auto basic = basic_credentials(head)) {
    auto key = keys.find(basic->access_key_id);
    const bool is_theirs = key && key->credentials.session_token.empty() &&
                           auth::constant_time_equal(key->credentials.secret_access_key, basic->secret_access_key);
    return is_theirs ? std::move(key) : std::nullopt;
  }
  if (head.chunked || head.content_length.value_or(0) > 0) return std::nullopt;
  const Result<auth::Authorization>& authorization = signing.authorization;
  if (!authorization.ok() || authorization->placement == auth::Placement::none ||
      authorization->scheme != auth::Scheme::v4 || !is_for_site(*authorization, presigned_for))
    return std::nullopt;
  const Result<Caller> caller = find_caller(*authorization, keys, now, UnknownKeys::are_refused, Protocol::rest_json);
  if (!caller.ok() ||
      !auth::verify(*authorization, *caller->credentials, head, auth::kEmptySha256, now, auth::path_style(kPageService))
           .ok())
    return std::nullopt;
  return keys.find(authorization->access_key_id);
}

Error denied(Protocol protocol, std::string message) {
  const bool is_xml = protocol == Protocol::rest_xml || protocol == Protocol::query;
  return Error{is_xml ? auth::kAccessDenied : kAccessDeniedRest, std::move(message)};
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
