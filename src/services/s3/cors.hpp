#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/wire/shape.hpp"
#include "base/http.hpp"
#include "base/result.hpp"

// A bucket's CORS configuration: which web sites' pages may do what with it. Pure.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html
// https://docs.aws.amazon.com/AmazonS3/latest/API/RESTOPTIONSobject.html
namespace cumulet::s3 {

using wire::member;
using wire::structure;

struct CorsRule {
  std::optional<std::string> id;
  std::vector<std::string> allowed_origins;  // "https://example.com", with one '*' at most; "*": all
  std::vector<std::string> allowed_methods;  // GET, PUT, POST, DELETE, HEAD
  std::vector<std::string> allowed_headers;  // of preflights; with one '*' at most
  std::vector<std::string> expose_headers;
  std::optional<int> max_age_seconds;

  static wire::Shape shape() {
    return structure("CORSRule", {
                                     member<&CorsRule::id>("ID"),
                                     member<&CorsRule::allowed_origins>("AllowedOrigin").flattened().required(),
                                     member<&CorsRule::allowed_methods>("AllowedMethod").flattened().required(),
                                     member<&CorsRule::allowed_headers>("AllowedHeader").flattened(),
                                     member<&CorsRule::expose_headers>("ExposeHeader").flattened(),
                                     member<&CorsRule::max_age_seconds>("MaxAgeSeconds"),
                                 });
  }
};
struct CorsConfiguration {
  std::vector<CorsRule> rules;  // the first that fits decides

  static wire::Shape shape() {
    return structure("CORSConfiguration", {member<&CorsConfiguration::rules>("CORSRule").flattened().required()});
  }
};

// Reads and checks a document. Errors: MalformedXML, InvalidRequest in S3's words.
Result<CorsConfiguration> parse_cors(std::string_view document);

// What a page asks for: itself, or in a preflight.
struct CorsQuestion {
  std::string_view origin;
  std::string_view method;
  std::vector<std::string> headers;  // lower case, of Access-Control-Request-Headers; a request itself has seldom any
};
// The names of a comma-separated Access-Control-Request-Headers.
std::vector<std::string> requested_headers(std::string_view field);

// nullptr: no rule lets it.
const CorsRule* matching_rule(const CorsConfiguration& configuration, const CorsQuestion& question);
// The headers of an answer that a rule lets the page see.
http::Headers cors_headers(const CorsRule& rule, const CorsQuestion& question);

}  // namespace cumulet::s3
