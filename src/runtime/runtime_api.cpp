#include "runtime/runtime_api.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>

#include "base/encoding.hpp"
#include "base/json.hpp"
#include "net/http_server.hpp"

namespace cumulet::runtime {
namespace {

namespace asio = boost::asio;
using http::Response;

constexpr std::string_view kPrefix = "/2018-06-01/runtime/";

Response answer(int status, std::string body) {
  Response response;
  response.status = status;
  response.headers.add("Content-Type", "application/json");
  response.body = http::Body(std::move(body));
  return response;
}

Response accepted() { return answer(202, "{\"status\":\"OK\"}\n"); }

Response refused(int status, std::string_view type, std::string_view message) {
  std::string body = "{\"errorMessage\":";
  json::append_quoted(body, message);
  body += ",\"errorType\":";
  json::append_quoted(body, type);
  return answer(status, body + "}\n");
}

awaitable<Response> nobody_here() { co_return refused(404, "NotFound", "404 page not found"); }

// What a streamed response ended with instead of its own end.
struct StreamError {
  std::string type;  // empty: nothing
  std::string document;
};

// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming
StreamError error_in_trailers(http::BodyStream& body) {
  const auto* trailed = dynamic_cast<net::TrailedBody*>(&body);
  if (trailed == nullptr) return {};
  StreamError error;
  error.type = trailed->trailers().get_or("Lambda-Runtime-Function-Error-Type", "");
  if (error.type.empty()) return {};
  const std::string_view text = trailed->trailers().get_or("Lambda-Runtime-Function-Error-Body", "");
  error.document = base64_decode(text).value_or(std::string(text));
  if (!json::parse(error.document).ok()) {
    error.document = "{\"errorType\":";
    json::append_quoted(error.document, error.type);
    error.document += '}';
  }
  return error;
}

StreamError too_large_error() {
  return {"Function.ResponseSizeTooLarge",
          "{\"errorMessage\":\"Response payload size exceeded maximum allowed payload size (" +
              std::to_string(kMaxStreamedBytes) + " bytes).\",\"errorType\":\"Function.ResponseSizeTooLarge\"}"};
}

Response wrong_state() { return refused(403, "InvalidStateTransition", "State transition is not allowed"); }

}  // namespace

struct RuntimeApi::State : std::enable_shared_from_this<State> {
  explicit State(RuntimeApiEvents& e) : events(&e) {}

  RuntimeApiEvents* events;               // null once closed
  std::optional<Invocation> pending;      // to be given to `next`
  std::string in_flight;                  // request id given and not yet answered
  std::shared_ptr<ResponseSink> sink;     // of the one in flight; null: its response is gathered
  asio::steady_timer* waiting = nullptr;  // of the `next` that waits
  bool asked = false;                     // init is over

  // Unregisters the timer when its coroutine goes on or is destroyed.
  struct Waiting {
    State& state;
    asio::steady_timer* timer;
    ~Waiting() {
      if (state.waiting == timer) state.waiting = nullptr;
    }
  };

  awaitable<Response> handle(std::shared_ptr<State> self, const http::RequestHead& head, http::BodyStream& body);
  awaitable<Response> next(std::shared_ptr<State> self);
  awaitable<Response> take_answer(std::shared_ptr<State> self, std::string_view id, std::string_view what,
                                  const http::RequestHead& head, http::BodyStream& body);
  enum class Streamed { whole, too_large, broken_off };
  // Hands the body on as it comes.
  awaitable<Streamed> stream(const http::RequestHead& head, http::BodyStream& body);
  // Null: larger than a response may be.
  awaitable<Result<std::optional<std::string>>> read_all(http::BodyStream& body);

  std::unique_ptr<net::HttpServer> server;
  std::shared_ptr<void> listening;
};

awaitable<Response> RuntimeApi::State::handle(std::shared_ptr<State> self, const http::RequestHead& head,
                                              http::BodyStream& body) {
  std::string_view path = head.raw_path();
  if (!events || !path.starts_with(kPrefix)) co_return refused(404, "NotFound", "404 page not found");
  path.remove_prefix(kPrefix.size());
  if (path == "invocation/next") {
    if (head.method != "GET") co_return refused(405, "MethodNotAllowed", "Method not allowed");
    co_return co_await next(std::move(self));
  }
  if (head.method != "POST")
    co_return refused(path.ends_with("/response") || path.ends_with("error") ? 405 : 404, "MethodNotAllowed",
                      "Method not allowed");
  if (path == "init/error") {
    const std::string type(head.headers.get_or("Lambda-Runtime-Function-Error-Type", "Runtime.Unknown"));
    Result<std::optional<std::string>> payload = co_await read_all(body);
    if (!payload.ok() || !events) co_return refused(400, "InvalidRequest", "The body could not be read");
    if (asked) co_return wrong_state();
    if (!*payload) co_return refused(413, "RequestEntityTooLarge", "Exceeded maximum allowed payload size");
    events->on_init_error(std::move(**payload), type);
    co_return accepted();
  }
  constexpr std::string_view kInvocation = "invocation/";
  if (path.starts_with(kInvocation)) {
    path.remove_prefix(kInvocation.size());
    const auto slash = path.find('/');
    const std::string_view what = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
    if (what == "response" || what == "error")
      co_return co_await take_answer(std::move(self), path.substr(0, slash), what, head, body);
  }
  co_return refused(404, "NotFound", "404 page not found");
}

awaitable<Response> RuntimeApi::State::next(std::shared_ptr<State> self) {
  (void)self;  // keeps the state while we wait
  if (!in_flight.empty()) co_return wrong_state();
  asked = true;
  events->on_next();
  while (events && !pending) {
    asio::steady_timer wake(co_await asio::this_coro::executor, asio::steady_timer::time_point::max());
    if (waiting) waiting->cancel();  // an abandoned connection's
    waiting = &wake;
    const Waiting registered{*this, &wake};
    boost::system::error_code ec;
    co_await wake.async_wait(asio::redirect_error(asio::use_awaitable, ec));
    if (waiting != &wake) co_return wrong_state();
    if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none)
      co_return wrong_state();
  }
  if (!events) co_return wrong_state();
  Response response;
  response.headers.add("Content-Type", "application/json");
  response.headers.add("Lambda-Runtime-Aws-Request-Id", pending->request_id);
  response.headers.add("Lambda-Runtime-Deadline-Ms", std::to_string(to_millis(pending->deadline)));
  response.headers.add("Lambda-Runtime-Invoked-Function-Arn", pending->function_arn);
  response.headers.add("Lambda-Runtime-Trace-Id", pending->trace_id);
  if (!pending->client_context.empty()) response.headers.add("Lambda-Runtime-Client-Context", pending->client_context);
  if (!pending->cognito_identity.empty())
    response.headers.add("Lambda-Runtime-Cognito-Identity", pending->cognito_identity);
  response.body = http::Body(std::string(*pending->payload));
  in_flight = std::move(pending->request_id);
  sink = std::move(pending->sink);
  pending.reset();
  events->on_delivered();
  co_return response;
}

awaitable<Response> RuntimeApi::State::take_answer(std::shared_ptr<State> self, std::string_view id,
                                                   std::string_view what, const http::RequestHead& head,
                                                   http::BodyStream& body) {
  (void)self;
  if (in_flight.empty()) co_return wrong_state();
  if (id != in_flight) co_return refused(400, "InvalidRequestID", "Invalid request ID");
  const bool is_error = what == "error";
  const std::string type(head.headers.get_or("Lambda-Runtime-Function-Error-Type", is_error ? "Runtime.Unknown" : ""));
  const bool is_streaming =
      !is_error && iequals(head.headers.get_or("Lambda-Runtime-Function-Response-Mode", ""), "streaming");
  if (is_streaming && sink) {
    const Streamed streamed = co_await stream(head, body);
    if (!events || id != in_flight) co_return wrong_state();
    // Why a runtime broke off, its end or the deadline tells.
    if (streamed == Streamed::broken_off) co_return refused(400, "InvalidRequest", "The body could not be read");
    in_flight.clear();
    StreamError error = streamed == Streamed::whole ? error_in_trailers(body) : too_large_error();
    events->on_streamed(std::move(error.document), std::move(error.type));
    co_return accepted();
  }
  Result<std::optional<std::string>> payload = co_await read_all(body);
  if (!events || id != in_flight) co_return wrong_state();
  if (!payload.ok()) co_return refused(400, "InvalidRequest", "The body could not be read");
  in_flight.clear();
  if (!*payload) {
    events->on_response_too_large();
    co_return refused(413, "RequestEntityTooLarge",
                      "Exceeded maximum allowed payload size (" + std::to_string(kMaxResponseBytes) + " bytes).");
  }
  StreamError broken_off = is_streaming ? error_in_trailers(body) : StreamError{};
  if (is_error)
    events->on_error(std::move(**payload), type);
  else if (!broken_off.type.empty())
    events->on_error(std::move(broken_off.document), std::move(broken_off.type));
  else
    events->on_response(std::move(**payload));
  co_return accepted();
}

awaitable<RuntimeApi::State::Streamed> RuntimeApi::State::stream(const http::RequestHead& head,
                                                                 http::BodyStream& body) {
  const std::shared_ptr<ResponseSink> to = sink;
  to->begin(std::string(head.headers.get_or("Content-Type", "application/octet-stream")));
  std::uint64_t bytes = 0;
  bool is_wanted = true;
  for (;;) {
    Result<std::string_view> piece = co_await body.read();
    if (!piece.ok()) co_return Streamed::broken_off;
    if (piece->empty()) co_return bytes > kMaxStreamedBytes ? Streamed::too_large : Streamed::whole;
    bytes += piece->size();
    if (is_wanted && bytes <= kMaxStreamedBytes) is_wanted = co_await to->take(*piece);
  }
}

awaitable<Result<std::optional<std::string>>> RuntimeApi::State::read_all(http::BodyStream& body) {
  std::string all;
  bool too_large = false;
  for (;;) {
    Result<std::string_view> piece = co_await body.read();
    if (!piece.ok()) co_return std::move(piece).error();
    if (piece->empty()) break;
    if (all.size() + piece->size() > kMaxResponseBytes) too_large = true;
    if (!too_large) all += *piece;
  }
  if (too_large) co_return std::optional<std::string>{};
  co_return std::optional<std::string>(std::move(all));
}

RuntimeApi::RuntimeApi(asio::any_io_executor executor, RuntimeApiEvents& events)
    : state_(std::make_shared<State>(events)) {
  net::ServerLimits limits;
  limits.idle_timeout = std::chrono::hours(24);  // a runtime keeps its connection while it is idle
  limits.body_timeout = std::chrono::minutes(15);
  limits.max_connections = 64;
  net::RequestHandler handler = [weak = std::weak_ptr(state_)](const http::RequestHead& head, http::BodyStream& body) {
    auto state = weak.lock();
    if (!state) return nobody_here();
    State& s = *state;
    return s.handle(std::move(state), head, body);
  };
  state_->server = std::make_unique<net::HttpServer>(std::move(executor), limits, std::move(handler));
}

RuntimeApi::~RuntimeApi() { close(); }

void RuntimeApi::serve(int listening_socket) { state_->listening = state_->server->serve(listening_socket); }

void RuntimeApi::deliver(Invocation invocation) {
  state_->pending = std::move(invocation);
  if (state_->waiting) state_->waiting->cancel();
}

void RuntimeApi::close() {
  state_->events = nullptr;
  state_->pending.reset();
  if (state_->waiting) state_->waiting->cancel();
  state_->listening.reset();
  state_->server->stop();
}

}  // namespace cumulet::runtime
