#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/http.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "services/lambda/model_url.hpp"

// Requests at a function's URL as the event that the function gets, its answer as the HTTP answer, and what CORS says.
// Pure. https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
namespace cumulet::lambda {

// The host of a function's URL: "ID.lambda-url.REGION.localhost:4566".
struct UrlHost {
  std::string id, region;

  static std::optional<UrlHost> parse(std::string_view host);
};

// Who calls a URL of the type AWS_IAM.
struct UrlCaller {
  std::string access_key, account, arn, user_id;
};

struct UrlRequest {
  const http::RequestHead& head;
  std::string_view body;
  std::string id, region;
  std::string request_id, trace_id;
  TimePoint received;
  std::optional<UrlCaller> caller;  // none: anybody
};
// The event, payload format 2.0, as JSON text.
std::string url_event(const UrlRequest& request);

// What an answer is made of, but its body.
struct UrlAnswerHead {
  int status = 200;
  http::Headers headers;
};
struct UrlAnswer {
  UrlAnswerHead head;
  std::string body;
};
// Of what the function returned (JSON text): an answer that it described (statusCode, headers, cookies, body,
// isBase64Encoded), or its own JSON with 200. An error: it described none that can be sent.
Result<UrlAnswer> url_answer(std::string_view payload);
// Of the JSON in front of a streamed answer.
Result<UrlAnswerHead> url_answer_head(std::string_view prelude);

inline constexpr ErrorKind kBadAnswer{"InternalServerErrorException", 502};

// Whether `cors` lets that page in; then its headers for an answer. nullopt: it does not.
std::optional<http::Headers> url_cors(const UrlCors& cors, std::string_view origin);
// A preflight, which the function never sees: the headers of its answer. Empty: the page may not.
bool is_preflight(const http::RequestHead& head);
http::Headers url_preflight(const UrlCors& cors, const http::RequestHead& head);

}  // namespace cumulet::lambda
