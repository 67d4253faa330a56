#include "services/lambda/url_event.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>

#include "base/arn.hpp"
#include "base/encoding.hpp"
#include "base/json.hpp"
#include "base/utf8.hpp"

namespace cumulet::lambda {
namespace {

constexpr std::string_view kMark = ".lambda-url.";
constexpr std::string_view kSuffix = ".localhost";

Error bad(std::string why) { return Error{kBadAnswer, std::move(why)}; }

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return out;
}

bool is_text(std::string_view content_type) {
  const std::string type = lower(content_type.substr(0, content_type.find(';')));
  return type.starts_with("text/") || type == "application/json" || type == "application/xml" ||
         type == "application/javascript" || type.ends_with("+json") || type.ends_with("+xml");
}

// "12/Mar/2020:19:03:58 +0000"
std::string log_time(TimePoint time) {
  constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::string iso = iso8601(time);  // "2020-03-12T19:03:58Z"
  const int month = (iso[5] - '0') * 10 + (iso[6] - '0');
  return iso.substr(8, 2) + '/' + kMonths[std::clamp(month, 1, 12) - 1] + '/' + iso.substr(0, 4) + ':' +
         iso.substr(11, 8) + " +0000";
}

json::object parameters(std::string_view query) {
  std::map<std::string, std::string> all;
  std::vector<std::string> order;
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (pair.empty()) continue;
    const auto equals = std::min(pair.find('='), pair.size());
    const auto plain = [](std::string_view text) {
      std::string spaced(text);
      std::replace(spaced.begin(), spaced.end(), '+', ' ');
      return with_valid_utf8(percent_decode(spaced).value_or(spaced));
    };
    const std::string name = plain(pair.substr(0, equals));
    const std::string value = plain(pair.substr(std::min(equals + 1, pair.size())));
    const auto [at, is_new] = all.emplace(name, value);
    if (!is_new) at->second += ',' + value;
    if (is_new) order.push_back(name);
  }
  json::object out;
  for (const auto& name : order) out[name] = all[name];
  return out;
}

// Headers by their names in small letters, several of one name joined; cookies apart.
json::object headers_of(const UrlRequest& request, json::array& cookies) {
  std::map<std::string, std::string> all;
  for (const auto& [name, value] : request.head.headers) {
    const std::string key = lower(name);
    if (key == "cookie") {
      std::string_view rest = value;
      while (!rest.empty()) {
        const auto end = std::min(rest.find(';'), rest.size());
        std::string_view one = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        while (one.starts_with(' ')) one.remove_prefix(1);
        if (!one.empty()) cookies.push_back(json::value(with_valid_utf8(one)));
      }
      continue;
    }
    const auto [at, is_new] = all.emplace(key, value);
    if (!is_new) at->second += ',' + value;
  }
  const std::string host = all["host"];
  const auto colon = host.rfind(':');
  all["x-forwarded-for"] = request.head.peer_address;
  all["x-forwarded-proto"] = "http";
  all["x-forwarded-port"] = colon == std::string::npos ? "80" : host.substr(colon + 1);
  all["x-amzn-trace-id"] = request.trace_id;
  json::object out;
  for (const auto& [name, value] : all) out[name] = with_valid_utf8(value);
  return out;
}

// Fields that belong to the connection or the server keep their values under another name, as on AWS.
bool is_remapped(std::string_view name) {
  for (const std::string_view own : {"connection", "content-length", "date", "keep-alive", "proxy-authenticate",
                                     "server", "te", "trailer", "transfer-encoding", "upgrade"})
    if (iequals(name, own)) return true;
  return false;
}

Result<void> add_header(http::Headers& headers, std::string_view name, std::string_view value) {
  const auto is_token = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  };
  if (name.empty() || !std::all_of(name.begin(), name.end(), is_token)) return bad("a header's name is none");
  for (const char c : value)
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f) return bad("a header's value is none");
  headers.add((is_remapped(name) ? "x-amzn-Remapped-" : "") + std::string(name), std::string(value));
  return {};
}

std::string text_of(const json::value& value) {
  return value.is_string() ? std::string(value.as_string()) : json::text(value);
}

Result<UrlAnswerHead> head_of(const json::object& described) {
  UrlAnswerHead head;
  if (const auto* status = described.if_contains("statusCode"); status && !status->is_null()) {
    std::int64_t number = -1;
    if (status->is_int64()) number = status->as_int64();
    if (status->is_double() && status->as_double() >= 0 && status->as_double() < 1000)
      number = static_cast<std::int64_t>(status->as_double());
    if (status->is_string() && status->as_string().size() == 3) number = std::atoi(status->as_string().c_str());
    if (number < 200 || number > 599) return bad("statusCode is no status of an answer");
    head.status = static_cast<int>(number);
  }
  if (const auto* headers = described.if_contains("headers"); headers && !headers->is_null()) {
    if (!headers->is_object()) return bad("headers is no object");
    for (const auto& [name, value] : headers->as_object())
      if (!value.is_null()) CUMULET_CHECK(add_header(head.headers, name, text_of(value)));
  }
  if (const auto* cookies = described.if_contains("cookies"); cookies && !cookies->is_null()) {
    if (!cookies->is_array()) return bad("cookies is no list");
    for (const auto& cookie : cookies->as_array())
      CUMULET_CHECK(add_header(head.headers, "Set-Cookie", text_of(cookie)));
  }
  if (!head.headers.has("Content-Type")) head.headers.add("Content-Type", "application/json");
  return head;
}

std::string joined(const std::optional<std::vector<std::string>>& list, std::string_view with = ",") {
  std::string out;
  for (const auto& one : list.value_or(std::vector<std::string>{})) (out += out.empty() ? "" : with) += one;
  return out;
}

bool names(const std::optional<std::vector<std::string>>& list, std::string_view wanted) {
  for (const auto& one : list.value_or(std::vector<std::string>{}))
    if (one == "*" || iequals(one, wanted)) return true;
  return false;
}

}  // namespace

std::optional<UrlHost> UrlHost::parse(std::string_view host) {
  const auto mark = host.find(kMark);
  if (mark == std::string_view::npos || mark == 0) return std::nullopt;
  UrlHost out;
  out.id = host.substr(0, mark);
  host.remove_prefix(mark + kMark.size());
  host = host.substr(0, host.find(':'));
  if (!host.ends_with(kSuffix) || host.size() == kSuffix.size()) return std::nullopt;
  out.region = host.substr(0, host.size() - kSuffix.size());
  if (out.id.find('.') != std::string::npos || out.region.find('.') != std::string::npos) return std::nullopt;
  return out;
}

std::string url_event(const UrlRequest& request) {
  const http::RequestHead& head = request.head;
  const std::string host(head.headers.get_or("host", ""));
  json::array cookies;
  json::object event;
  event["version"] = "2.0";
  event["routeKey"] = "$default";
  event["rawPath"] = with_valid_utf8(head.raw_path());
  event["rawQueryString"] = with_valid_utf8(head.raw_query());
  json::object headers = headers_of(request, cookies);
  if (!cookies.empty()) event["cookies"] = std::move(cookies);
  event["headers"] = std::move(headers);
  if (!head.raw_query().empty()) event["queryStringParameters"] = parameters(head.raw_query());
  json::object context;
  context["accountId"] = request.caller ? request.caller->account : "anonymous";
  context["apiId"] = request.id;
  if (request.caller) {
    json::object iam;
    iam["accessKey"] = request.caller->access_key;
    iam["accountId"] = request.caller->account;
    iam["callerId"] = request.caller->user_id;
    iam["cognitoIdentity"] = nullptr;
    iam["principalOrgId"] = nullptr;
    iam["userArn"] = request.caller->arn;
    iam["userId"] = request.caller->user_id;
    context["authorizer"] = json::object{{"iam", std::move(iam)}};
  }
  context["domainName"] = with_valid_utf8(host.substr(0, host.rfind(':')));
  context["domainPrefix"] = request.id;
  json::object http;
  http["method"] = head.method;
  http["path"] = with_valid_utf8(head.raw_path());
  http["protocol"] = "HTTP/1.1";
  http["sourceIp"] = head.peer_address;
  http["userAgent"] = with_valid_utf8(head.headers.get_or("user-agent", ""));
  context["http"] = std::move(http);
  context["requestId"] = request.request_id;
  context["routeKey"] = "$default";
  context["stage"] = "$default";
  context["time"] = log_time(request.received);
  context["timeEpoch"] = to_millis(request.received);
  event["requestContext"] = std::move(context);
  bool is_base64 = false;
  if (!request.body.empty()) {
    is_base64 = !is_text(head.headers.get_or("content-type", "")) || !is_valid_utf8(request.body);
    event["body"] = is_base64 ? base64_encode(request.body) : std::string(request.body);
  }
  event["isBase64Encoded"] = is_base64;
  return json::text(event);
}

Result<UrlAnswer> url_answer(std::string_view payload) {
  const auto parsed = json::parse(payload);
  UrlAnswer answer;
  const bool is_described = parsed.ok() && parsed->is_object() && parsed->as_object().contains("statusCode");
  if (!is_described) {
    answer.head.headers.add("Content-Type", "application/json");
    answer.body = payload;
    return answer;
  }
  const json::object& described = parsed->as_object();
  CUMULET_TRY(answer.head, head_of(described));
  if (const auto* body = described.if_contains("body"); body && !body->is_null()) answer.body = text_of(*body);
  const auto* is_base64 = described.if_contains("isBase64Encoded");
  if (is_base64 && is_base64->is_bool() && is_base64->as_bool()) {
    auto decoded = base64_decode(answer.body);
    if (!decoded) return bad("body is no base64");
    answer.body = std::move(*decoded);
  }
  return answer;
}

Result<UrlAnswerHead> url_answer_head(std::string_view prelude) {
  const auto parsed = json::parse(prelude);
  if (!parsed.ok() || !parsed->is_object()) return bad("the prelude is no JSON object");
  return head_of(parsed->as_object());
}

std::optional<http::Headers> url_cors(const UrlCors& cors, std::string_view origin) {
  if (origin.empty() || !names(cors.allow_origins, origin)) return std::nullopt;
  const bool sends_credentials = cors.allow_credentials.value_or(false);
  const bool is_any = !sends_credentials && joined(cors.allow_origins) == "*";
  http::Headers headers;
  headers.add("Access-Control-Allow-Origin", is_any ? "*" : std::string(origin));
  if (!is_any) headers.add("Vary", "Origin");
  if (sends_credentials) headers.add("Access-Control-Allow-Credentials", "true");
  if (const std::string exposed = joined(cors.expose_headers); !exposed.empty())
    headers.add("Access-Control-Expose-Headers", exposed);
  return headers;
}

bool is_preflight(const http::RequestHead& head) {
  return head.method == "OPTIONS" && head.headers.has("origin") && head.headers.has("access-control-request-method");
}

http::Headers url_preflight(const UrlCors& cors, const http::RequestHead& head) {
  auto headers = url_cors(cors, head.headers.get_or("origin", ""));
  if (!headers || !names(cors.allow_methods, head.headers.get_or("access-control-request-method", ""))) return {};
  std::string_view wanted = head.headers.get_or("access-control-request-headers", "");
  while (!wanted.empty()) {
    const auto end = std::min(wanted.find(','), wanted.size());
    std::string_view one = wanted.substr(0, end);
    wanted.remove_prefix(std::min(end + 1, wanted.size()));
    while (one.starts_with(' ')) one.remove_prefix(1);
    while (one.ends_with(' ')) one.remove_suffix(1);
    if (!one.empty() && !names(cors.allow_headers, one)) return {};
  }
  headers->add("Access-Control-Allow-Methods", joined(cors.allow_methods));
  if (const std::string allowed = joined(cors.allow_headers); !allowed.empty())
    headers->add("Access-Control-Allow-Headers", allowed);
  if (cors.max_age) headers->add("Access-Control-Max-Age", std::to_string(*cors.max_age));
  return std::move(*headers);
}

}  // namespace cumulet::lambda
