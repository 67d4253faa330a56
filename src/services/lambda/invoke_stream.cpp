// InvokeWithResponseStream: the answer while the function writes it, as messages of an event stream.
#include "services/lambda/errors.hpp"
#include "services/lambda/event_stream.hpp"
#include "services/lambda/response_stream.hpp"
#include "services/lambda/service.hpp"

namespace cumulet::lambda {
namespace {

constexpr std::size_t kChunk = 128 * 1024;  // of an answer that was not streamed

// What is left of a stream as messages: the chunks, then how the invocation ended.
class EventStreamBody final : public http::BodyStream {
 public:
  explicit EventStreamBody(std::shared_ptr<ResponseStream> stream) : stream_(std::move(stream)) {}
  ~EventStreamBody() override { stream_->abandon(); }

  awaitable<Result<std::string_view>> read() override {
    if (is_over_) co_return std::string_view{};
    std::optional<std::string> piece = co_await stream_->next();
    if (piece) {
      message_ = payload_chunk(*piece);
      co_return std::string_view(message_);
    }
    is_over_ = true;
    message_ = end();
    co_return std::string_view(message_);
  }

 private:
  std::string end() {
    if (!stream_->has_ended()) return {};  // the reader went away
    auto& outcome = stream_->outcome();
    if (!outcome.ok()) return invoke_complete(outcome.error().code(), outcome.error().message(), "");
    const std::string& payload = outcome->payload.bytes;
    const std::string log = outcome->log_result.value_or("");
    if (outcome->function_error) return invoke_complete(*outcome->function_error, payload, log);
    std::string all;
    for (std::size_t at = 0; at < payload.size(); at += kChunk)
      all += payload_chunk(std::string_view(payload).substr(at, kChunk));
    return all + invoke_complete("", "", log);
  }

  std::shared_ptr<ResponseStream> stream_;
  std::string message_;
  bool is_over_ = false;
};

}  // namespace

awaitable<Result<InvokeStreamResponse>> Lambda::invoke_stream_operation(const wire::CallContext& context,
                                                                        InvokeStreamRequest request) {
  auto stream = std::make_shared<ResponseStream>(executor_);
  InvokeCall call;
  call.region = context.region;
  call.request_id = context.request_id;
  if (context.head) call.trace_id = context.head->headers.get_or("X-Amzn-Trace-Id", "");
  call.request.function_name = std::move(request.function_name);
  call.request.qualifier = std::move(request.qualifier);
  call.request.invocation_type = std::move(request.invocation_type);
  call.request.log_type = std::move(request.log_type);
  call.request.client_context = std::move(request.client_context);
  call.request.payload = std::move(request.payload);
  call.sink = stream;
  invoke(std::move(call), [stream](Result<InvokeResponse> outcome) { stream->end(std::move(outcome)); });
  co_await stream->opened();
  InvokeStreamResponse response;
  if (stream->has_ended()) {
    if (!stream->outcome().ok()) co_return stream->outcome().error();
    response.status_code = stream->outcome()->status_code;
    response.executed_version = stream->outcome()->executed_version;
    if (response.status_code == 204) co_return response;  // DryRun
  } else if (stream->is_streaming()) {
    response.executed_version = stream->version();
  } else {
    co_return Error{kServiceException, "Nobody waits for the answer any more", {{"Type", "Service"}}};
  }
  response.content_type = "application/vnd.amazon.eventstream";
  http::StreamBody body;
  body.stream = std::make_shared<EventStreamBody>(std::move(stream));
  response.event_stream = http::Body(std::move(body));
  co_return response;
}

}  // namespace cumulet::lambda
