#include "gateway/run_operation.hpp"

#include "base/awaitable.hpp"
#include "base/io_turn.hpp"
#include "gateway/answer.hpp"
#include "gateway/body.hpp"

namespace cumulet::gateway {
namespace {

Result<void> decode(const Call& call, void* input) {
  wire::DecodeRequest request;
  request.head = &call.decoded_head();
  request.route = &call.identity.route;
  request.query = &call.identity.query;
  request.body = call.body;
  request.stream = call.stream;
  return wire::decode(call.identity.protocol, *call.service(), *call.operation(), request, input);
}

http::Response encode(const Call& call, const wire::ErasedValue& output) {
  if (wants_query_json(call))
    return wire::encode_query_json(*call.operation(), output.value.get(), call.context.request_id);
  return wire::encode(call.identity.protocol, *call.service(), *call.operation(), output.value.get(),
                      call.context.request_id);
}

Result<http::Response> run_plain(const Call& call) {
  const wire::Operation& operation = *call.operation();
  const std::shared_ptr<void> input = operation.make_input();
  CUMULET_CHECK(decode(call, input.get()));
  CUMULET_TRY(const wire::ErasedValue output, operation.call(call.context, input.get()));
  return encode(call, output);
}

}  // namespace

awaitable<Result<http::Response>> OperationRunner::run(Call& call) {
  const wire::Operation& operation = *call.operation();
  if (operation.runs == wire::Runs::worker) {
    if (operation.is_brief && call.body.size() < kHeavyBody && io_turn::is_alone()) co_return run_plain(call);
    std::optional<Result<http::Response>> response;
    std::function<Result<void>()> work = [&]() -> Result<void> {
      response.emplace(run_plain(call));
      return {};
    };
    CUMULET_CO_CHECK(co_await run_on(workers_, std::move(work)));
    co_return std::move(*response);
  }

  Part waiting_part(waiting_);
  if (!call.identity.operation->is_streaming && !waiting_part.grow(1, most_waiting_)) co_return too_busy(call);
  const std::shared_ptr<void> input = operation.make_input();
  if (call.body.size() < kHeavyBody) {
    CUMULET_CO_CHECK(decode(call, input.get()));
  } else {
    std::function<Result<void>()> work = [&] { return decode(call, input.get()); };
    CUMULET_CO_CHECK(co_await run_on(workers_, std::move(work)));
  }
  Result<wire::ErasedValue> output = co_await operation.call_coroutine(call.context, input.get());
  if (!output.ok()) co_return std::move(output).error();
  co_return encode(call, *output);
}

}  // namespace cumulet::gateway
