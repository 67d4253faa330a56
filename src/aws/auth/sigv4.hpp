#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/http.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

// Signature Version 4: parse, verify, sign. Pure.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
namespace cumulet::auth {

inline constexpr ErrorKind kSignatureDoesNotMatch{"SignatureDoesNotMatch", 403};
inline constexpr ErrorKind kInvalidClientTokenId{"InvalidClientTokenId",
                                                 403};  // JSON services: UnrecognizedClientException
inline constexpr ErrorKind kRequestTimeTooSkewed{"RequestTimeTooSkewed", 403};
inline constexpr ErrorKind kRequestExpired{"RequestExpired", 403};
inline constexpr ErrorKind kMissingAuthenticationToken{"MissingAuthenticationToken", 403};
inline constexpr ErrorKind kIncompleteSignature{"IncompleteSignature", 400};
inline constexpr ErrorKind kAuthorizationHeaderMalformed{"AuthorizationHeaderMalformed", 400};
inline constexpr ErrorKind kAuthorizationQueryParametersError{"AuthorizationQueryParametersError", 400};
inline constexpr ErrorKind kAccessDenied{"AccessDenied", 403};
inline constexpr ErrorKind kContentSha256Mismatch{"XAmzContentSHA256Mismatch", 400};
// A wrong or expired signature outside S3 (the JSON protocols answer it with 400, Query and REST with 403).
inline constexpr ErrorKind kInvalidSignature{"InvalidSignatureException", 403, "SignatureDoesNotMatch"};
inline constexpr ErrorKind kInvalidArgument{"InvalidArgument", 400};
inline constexpr ErrorKind kInvalidRequest{"InvalidRequest", 400};
inline constexpr ErrorKind kMissingContentLength{"MissingContentLength", 411};
inline constexpr ErrorKind kIncompleteBody{"IncompleteBody", 400};
inline constexpr ErrorKind kMalformedTrailer{"MalformedTrailerError", 400};

struct Credentials {
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;  // empty: long-lived
};

struct Scope {
  std::string date;  // "20150830"
  std::string region;
  std::string service;
  std::string text() const { return date + '/' + region + '/' + service + "/aws4_request"; }
};

enum class Scheme { v4, v2 };                  // v2: presigned S3 requests of older signers (sigv2.hpp)
enum class Placement { none, header, query };  // anonymous, Authorization header, presigned URL

// How the request says its payload is protected (x-amz-content-sha256).
enum class Payload { hash, unsigned_, streaming_signed, streaming_signed_trailer, streaming_unsigned_trailer };

struct Authorization {
  Scheme scheme = Scheme::v4;
  Placement placement = Placement::none;
  std::string access_key_id;
  std::string session_token;
  Scope scope;
  std::vector<std::string> signed_headers;  // lower case, sorted as sent
  std::string signature;                    // lower-case hex
  TimePoint signed_at;
  std::string timestamp;           // signed_at as it stands in the string to sign, "20150830T123600Z"
  std::optional<Seconds> expires;  // presigned
  TimePoint expires_at;            // Scheme::v2
  Payload payload = Payload::unsigned_;
  std::string payload_hash;  // hex, for Payload::hash; the body's own hash must be equal

  // The request says nothing of its payload, or that it is not signed, which only S3 allows: the signature covers the
  // SHA-256 of the whole body, which verify() then needs.
  bool needs_body_hash = false;
};

// Path rule of the canonical request: S3 keeps the path as sent, the others normalise and encode twice.
enum class PathStyle { s3, normalised };
inline PathStyle path_style(std::string_view service) {
  return service == "s3" || service == "s3express" ? PathStyle::s3 : PathStyle::normalised;
}

// Who signs a request, and for what, as the request says it: read once, before anything else is made of it.
struct Signing {
  // Placement::none when it is not signed. Errors: malformed headers or parameters, worded as S3 does or as the other
  // services do (told apart by what the head shows).
  Result<Authorization> authorization;
  // Where that is not to be had: what a Credential of the request names all the same. Decides who refuses it, and how.
  std::optional<Scope> claimed;
  bool is_v2 = false;  // or begins as such a signature does

  // Signature Version 4: the region and the service it is for. Null: it names none.
  const Scope* scope() const;
};
Signing parse_signing(const http::RequestHead& head);

// Scheme::v4 (for v2: verify_sigv2). Checks signature, then clock (15 minutes either way, or the presigned lifetime).
// `body_sha256_hex` is used where authorization.needs_body_hash (then the body was buffered). A body that is announced
// by its hash is not looked at: that is verified_body()'s part. Errors: kSignatureDoesNotMatch (S3) or
// kInvalidSignature, kRequestTimeTooSkewed, kAccessDenied (expired; S3: unsigned x-amz headers),
// kAuthorizationHeaderMalformed.
Result<void> verify(const Authorization& authorization, const Credentials& credentials, const http::RequestHead& head,
                    std::string_view body_sha256_hex, TimePoint now, PathStyle style);

// Adds x-amz-date, x-amz-security-token, for S3 x-amz-content-sha256, and Authorization. `payload_hash`: hex SHA-256 of
// the body, "UNSIGNED-PAYLOAD" or a STREAMING-... name. Every header present is signed but those that proxies and HTTP
// clients change (user-agent, connection, expect, content-length, ...). `head.headers` must hold host.
void sign(http::RequestHead& head, const Credentials& credentials, const Scope& scope, std::string_view payload_hash,
          TimePoint now, PathStyle style);

// The full presigned target ("/path?..X-Amz-Signature=.."); host must be in head.headers, all headers there are signed.
// `expires`: 1 s to 7 days. S3 payloads are unsigned; for the others the body is empty.
std::string presign(const http::RequestHead& head, const Credentials& credentials, const Scope& scope, Seconds expires,
                    TimePoint now, PathStyle style);

// SDKs move x-amz-* headers of a presigned request into its query; S3 takes them from there. The head with those that
// are no parameters of the signature added as headers; nullopt when there are none. For after verify().
std::optional<http::RequestHead> with_presigned_headers(const http::RequestHead& head);

// Wraps a raw body according to the authorization: de-chunks aws-chunked (signatures verified chunk by chunk when
// `credentials` are known), checks the announced SHA-256 at the end, hands trailers to `on_trailer`. The last read()
// gives the error when anything does not match, so that nothing is published before it.
std::shared_ptr<http::BodyStream> verified_body(std::shared_ptr<http::BodyStream> raw,
                                                const Authorization& authorization, const http::RequestHead& head,
                                                std::optional<Credentials> credentials,
                                                std::function<void(std::string name, std::string value)> on_trailer);

// What an access key belongs to. Implemented by the sts/iam side, bound in src/server.
struct KnownKey {
  Credentials credentials;
  std::string account;
  std::string arn;
  std::string user_id;
  bool is_root = false;
  std::optional<TimePoint> expires;
};
class KeyDirectory {
 public:
  virtual ~KeyDirectory() = default;
  virtual std::optional<KnownKey> find(std::string_view access_key_id) const = 0;  // thread-safe, does not block
};

}  // namespace cumulet::auth
