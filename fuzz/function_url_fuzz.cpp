#include "base/json.hpp"
#include "fuzz/fuzz.hpp"
#include "services/lambda/url_event.hpp"

using namespace cumulet;

// First line: a request's target; second: its host, which is also its cookies, content type and origin; the rest: its
// body. And all of it as what a function answers, whole and in front of a stream.
CUMULET_FUZZ(bytes) {
  const auto first = bytes.substr(0, bytes.find('\n'));
  const auto rest = bytes.substr(std::min(first.size() + 1, bytes.size()));
  const auto second = rest.substr(0, rest.find('\n'));
  (void)lambda::UrlHost::parse(second);
  http::RequestHead head;
  head.method = "POST";
  head.target = '/' + std::string(first);
  for (const char* name : {"Host", "Cookie", "Content-Type", "Origin", "Access-Control-Request-Headers"})
    head.headers.add(name, std::string(second));
  const std::string event =
      lambda::url_event({head, rest, "id", "us-east-1", "request", "trace", TimePoint{}, std::nullopt});
  CUMULET_HOLDS(json::parse(event).ok());
  lambda::UrlCors cors;
  cors.allow_origins = cors.allow_headers = {std::string(second), "https://a.example"};
  cors.allow_methods = {"*"};
  (void)lambda::url_preflight(cors, head);
  const auto is_line = [](const http::Headers& headers) {
    for (const auto& [name, value] : headers)
      if (name.find_first_of("\r\n:") != name.npos || value.find_first_of("\r\n") != value.npos) return false;
    return true;
  };
  if (const auto answer = lambda::url_answer(bytes); answer.ok()) CUMULET_HOLDS(is_line(answer->head.headers));
  if (const auto answer = lambda::url_answer_head(bytes); answer.ok())
    CUMULET_HOLDS(is_line(answer->headers) && answer->status >= 200 && answer->status <= 599);
}
