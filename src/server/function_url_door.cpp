#include "server/function_url_door.hpp"

#include "base/encoding.hpp"
#include "base/ids.hpp"
#include "base/json.hpp"
#include "services/lambda/errors.hpp"
#include "services/lambda/policy.hpp"
#include "services/lambda/response_stream.hpp"

namespace cumulet::server {
namespace {

using http::Response;
using lambda::ResponseStream;

constexpr std::size_t kMaxBody = 6'291'456;
constexpr std::size_t kMaxHeld = 256u << 20;
constexpr std::size_t kMaxPrelude = 256 * 1024;
constexpr std::string_view kHttpAnswer = "application/vnd.awslambda.http-integration-response";

Response refusal(int status, std::string_view message) {
  Response response;
  response.status = status;
  response.headers.add("Content-Type", "application/json");
  std::string body = "{\"Message\":";
  json::append_quoted(body, message);
  response.body = http::Body(body + '}');
  return response;
}

// What the bodies of requests at work hold together.
class Held {
 public:
  explicit Held(std::size_t& all) : all_(all) {}
  ~Held() { all_ -= mine_; }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;
  bool add(std::size_t bytes) {
    if (all_ + bytes > kMaxHeld) return false;
    all_ += bytes;
    mine_ += bytes;
    return true;
  }

 private:
  std::size_t& all_;
  std::size_t mine_ = 0;
};

Response forbidden() { return refusal(403, "Forbidden"); }

// The function failed, or answered what cannot be sent.
Response bad_gateway() {
  Response response;
  response.status = 502;
  response.headers.add("Content-Type", "application/json");
  response.body = http::Body(std::string("Internal Server Error"));
  return response;
}

// Lambda's own refusal of an invocation.
Response refusal(const Error& error) { return refusal(error.status(), error.message()); }

Response with_head(lambda::UrlAnswerHead head) {
  Response response;
  response.status = head.status;
  response.headers = std::move(head.headers);
  return response;
}

// The rest of a streamed answer; a function that fails on its way breaks the connection off.
class RestOfAnswer final : public http::BodyStream {
 public:
  RestOfAnswer(std::shared_ptr<ResponseStream> stream, std::string first)
      : stream_(std::move(stream)), piece_(std::move(first)) {}
  ~RestOfAnswer() override { stream_->abandon(); }

  awaitable<Result<std::string_view>> read() override {
    if (is_first_ && !piece_.empty()) {
      is_first_ = false;
      co_return std::string_view(piece_);
    }
    is_first_ = false;
    std::optional<std::string> next = co_await stream_->next();
    if (!next) {
      if (!stream_->has_ended() || !stream_->outcome().ok() || stream_->outcome()->function_error)
        co_return Error{lambda::kBadAnswer, "the function failed while it answered"};
      co_return std::string_view{};
    }
    piece_ = std::move(*next);
    co_return std::string_view(piece_);
  }

 private:
  std::shared_ptr<ResponseStream> stream_;
  std::string piece_;
  bool is_first_ = true;
};

Response streaming(lambda::UrlAnswerHead head, std::shared_ptr<ResponseStream> stream, std::string first) {
  Response response = with_head(std::move(head));
  http::StreamBody body;
  body.stream = std::make_shared<RestOfAnswer>(std::move(stream), std::move(first));
  response.body = http::Body(std::move(body));
  return response;
}

}  // namespace

bool FunctionUrlDoor::takes(const http::RequestHead& head) {
  return lambda::UrlHost::parse(head.headers.get_or("host", "")).has_value();
}

Result<lambda::UrlCaller> FunctionUrlDoor::caller(const http::RequestHead& head, std::string_view body,
                                                  TimePoint now) const {
  const auth::Signing signing = auth::parse_signing(head);
  if (!signing.authorization.ok()) return signing.authorization.error();
  const auth::Authorization& authorization = *signing.authorization;
  if (authorization.placement == auth::Placement::none || authorization.scheme != auth::Scheme::v4)
    return Error{auth::kAccessDenied, "Forbidden"};
  if (authorization.scope.service != "lambda")
    return Error{auth::kInvalidSignature, "Credential should be scoped to correct service: 'lambda'. "};
  CUMULET_TRY(const gateway::Caller caller,
              gateway::find_caller(authorization, keys_, now, unknown_keys_, wire::Protocol::rest_json));
  const std::string hash = hex_encode(sha256(body));
  const bool is_whole = authorization.payload != auth::Payload::hash || authorization.payload_hash.empty() ||
                        authorization.payload_hash == hash;
  if (!is_whole) return Error{auth::kInvalidSignature, "The body is not the one that was signed."};
  if (caller.credentials)
    CUMULET_CHECK(auth::verify(authorization, *caller.credentials, head, hash, now, auth::path_style("lambda")));
  return lambda::UrlCaller{caller.principal.access_key_id, caller.principal.account, caller.principal.arn,
                           caller.principal.user_id};
}

awaitable<Response> FunctionUrlDoor::handle(const http::RequestHead& head, http::BodyStream& body) {
  const std::string request_id = uuid4();
  const auto host = lambda::UrlHost::parse(head.headers.get_or("host", ""));
  const auto target = host ? lambda_.urls().find(host->region, host->id) : std::nullopt;
  if (!target) co_return forbidden();
  if (target->url.cors && lambda::is_preflight(head)) {
    Response response;
    response.headers = lambda::url_preflight(*target->url.cors, head);
    co_return response;
  }

  std::string whole;
  Held held{held_};
  for (;;) {
    const Result<std::string_view> piece = co_await body.read();
    if (!piece.ok()) co_return refusal(400, "The request body could not be read");
    if (piece->empty()) break;
    if (whole.size() + piece->size() > kMaxBody)
      co_return refusal(413, "Request must be smaller than 6291456 bytes for the InvokeFunction operation");
    if (!held.add(piece->size())) co_return refusal(503, "Too much is being sent to function URLs at a time");
    whole += *piece;
  }

  lambda::UrlRequest request{head, whole, host->id, host->region, request_id, {}, clock_.now(), std::nullopt};
  request.trace_id = lambda_.trace_id_of(head.headers.get_or("X-Amzn-Trace-Id", ""));
  if (target->url.auth_type == "AWS_IAM") {
    auto found = caller(head, whole, request.received);
    if (!found.ok())
      co_return found.error().is(auth::kAccessDenied) ? forbidden() : refusal(403, found.error().message());
    request.caller = std::move(*found);
  } else if (!lambda::allows_url(*target->function, target->qualifier)) {
    co_return forbidden();
  }

  lambda::InvokeCall call;
  call.region = host->region;
  call.request_id = request_id;
  call.trace_id = request.trace_id;
  call.request.function_name = target->function->arn();
  if (target->qualifier != lambda::kLatest) call.request.qualifier = target->qualifier;
  call.request.payload = wire::Blob{lambda::url_event(request)};
  const bool is_streamed = target->url.invoke_mode == "RESPONSE_STREAM";
  Response response;
  if (is_streamed)
    response = co_await streamed(std::move(call));
  else
    response = co_await buffered(std::move(call));
  if (target->url.cors) {
    if (auto allowed = lambda::url_cors(*target->url.cors, head.headers.get_or("origin", "")))
      for (const auto& [name, value] : *allowed) response.headers.set(name, value);
  }
  response.headers.set("x-amzn-RequestId", request_id);
  response.headers.set("X-Amzn-Trace-Id", request.trace_id);
  if (head.method == "HEAD") {
    response.announced_length = response.body.length();
    response.body = {};
  }
  co_return response;
}

awaitable<Response> FunctionUrlDoor::buffered(lambda::InvokeCall call) {
  Result<lambda::InvokeResponse> outcome = co_await lambda_.invoke_and_wait(std::move(call));
  if (!outcome.ok()) co_return refusal(outcome.error());
  if (outcome->function_error) co_return bad_gateway();
  auto answer = lambda::url_answer(outcome->payload.bytes);
  if (!answer.ok()) co_return bad_gateway();
  Response response = with_head(std::move(answer->head));
  response.body = http::Body(std::move(answer->body));
  co_return response;
}

awaitable<Response> FunctionUrlDoor::streamed(lambda::InvokeCall call) {
  auto stream = std::make_shared<ResponseStream>(io_);
  call.sink = stream;
  lambda_.invoke(std::move(call),
                 [stream](Result<lambda::InvokeResponse> outcome) { stream->end(std::move(outcome)); });
  co_await stream->opened();
  if (!stream->is_streaming()) {  // a handler that does not stream: its answer as it is
    if (!stream->has_ended()) co_return bad_gateway();
    if (!stream->outcome().ok()) co_return refusal(stream->outcome().error());
    if (stream->outcome()->function_error) co_return bad_gateway();
    lambda::UrlAnswerHead head;
    head.headers.add("Content-Type", "application/json");
    Response response = with_head(std::move(head));
    response.body = http::Body(std::move(stream->outcome()->payload.bytes));
    co_return response;
  }
  if (stream->content_type() != kHttpAnswer) {
    lambda::UrlAnswerHead head;
    head.headers.add("Content-Type", stream->content_type());
    co_return streaming(std::move(head), std::move(stream), std::string());
  }
  // The head of the answer as JSON, eight zero bytes, then the body.
  const std::string zeros(8, '\0');
  std::string begun;
  std::size_t at = std::string::npos;
  while (at == std::string::npos && begun.size() < kMaxPrelude) {
    std::optional<std::string> piece = co_await stream->next();
    if (!piece) co_return bad_gateway();
    begun += *piece;
    at = begun.find(zeros);
  }
  auto head = lambda::url_answer_head(std::string_view(begun).substr(0, at));
  if (at == std::string::npos || !head.ok()) {
    stream->abandon();
    co_return bad_gateway();
  }
  co_return streaming(std::move(*head), std::move(stream), begun.substr(at + zeros.size()));
}

}  // namespace cumulet::server
