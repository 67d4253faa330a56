#include "services/lambda/service.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <future>

#include "base/encoding.hpp"
#include "base/ids.hpp"
#include "base/json.hpp"
#include "base/log.hpp"
#include "services/lambda/errors.hpp"
#include "services/lambda/function_name.hpp"
#include "services/lambda/payload_check.hpp"
#include "services/lambda/witness.hpp"

namespace cumulet::lambda {
namespace {

constexpr std::size_t kMaxPayload = 6'291'456;
constexpr std::size_t kMaxEventPayload = 1'048'576;
constexpr std::size_t kParsedHere = 64 * 1024;  // larger payloads are checked on a worker

EnvironmentSettings with_scratch(EnvironmentSettings settings, const std::filesystem::path& folder) {
  settings.scratch = folder / "tmp";
  return settings;
}

Error too_large(std::size_t limit) {
  return user_error(kRequestEntityTooLarge, "Request must be smaller than " + std::to_string(limit) +
                                                " bytes for the InvokeFunction operation");
}

}  // namespace

Lambda::Lambda(storage::Database& database, boost::asio::any_io_executor executor, boost::asio::any_io_executor workers,
               const Clock& clock, Timers& timers, Random& random, ControlPorts control, DataPorts data,
               Settings settings)
    : database_(database),
      executor_(executor),
      workers_(workers),
      settings_(std::move(settings)),
      store_(database, settings_.folder, settings_.durable, settings_.orphans),
      functions_(store_, clock, random, control),
      urls_(store_, clock, random),
      provisioned_(store_, clock),
      code_signing_(database, store_, clock, random),
      layers_(database, store_, clock, random, std::move(control)),
      environments_(store_, executor, workers, clock, timers, random, data,
                    with_scratch(settings_.environments, settings_.folder)),
      events_(database, store_, environments_, executor, workers, clock, timers, random, data.queues, data.observers),
      event_sources_(database, store_, data.queues, clock, random),
      witness_(std::make_unique<Witness>(data.observers, clock)) {
  if (data.queues)
    pollers_ = std::make_unique<QueuePollers>(PollerGround{
        *data.queues, environments_, store_, executor, workers, clock, timers, random,
        [this](const std::string& uuid, std::string problem) { event_sources_.set_problem(uuid, std::move(problem)); },
        data.observers.journal});
  store_.set_images(functions_.images());
  functions_.set_layer_source([this](std::string_view region,
                                     const auto& arns) -> Result<std::vector<Functions::LayerUse>> {
    CUMULET_TRY(const auto versions, layers_.resolve(region, arns));
    std::vector<Functions::LayerUse> uses;
    for (const auto& version : versions)
      uses.push_back({{version->published.layer_version_arn, version->published.content.code_size}, version->code_id});
    return uses;
  });
  environments_.set_names_code([this](const std::string& code_id) {
    return store_.names_code(code_id) || layers_.code_ids().contains(code_id);
  });
  layers_.on_deleted = [this](const std::string& code_id) {
    boost::asio::post(executor_, [this, code_id] {
      if (!stopped_) environments_.retire_code(code_id);
    });
  };
  functions_.set_timeout_check([this](const FunctionVersion& latest) { return event_sources_.check_timeout(latest); });
  store_.listen([this](const FunctionRef& before, const FunctionRef& after) { urls_.changed(before, after); });
  store_.listen([this](const FunctionRef& before, const FunctionRef& after) {
    boost::asio::post(executor_, [this, before, after] {
      if (stopped_) return;
      environments_.changed(before, after);
      const FunctionRef& either = after ? after : before;
      if (pollers_ && either) pollers_->function_changed(either->region, either->name);
    });
  });
  event_sources_.listen([this](const EventSourceMappingRef& before, const EventSourceMappingRef& after) {
    boost::asio::post(executor_, [this, before, after] {
      if (!stopped_ && pollers_) pollers_->changed(before, after);
    });
  });
}

Lambda::~Lambda() = default;

Result<void> Lambda::load() {
  std::error_code ec;
  std::filesystem::create_directories(settings_.folder, ec);
  // What functions left in /tmp when an earlier engine was killed goes aside: the start does not wait for its end.
  const std::filesystem::path left = settings_.folder / "leftovers";
  std::filesystem::create_directory(left, ec);
  std::filesystem::rename(settings_.folder / "tmp", left / uuid4(), ec);
  if (!std::filesystem::is_empty(left, ec)) remover_.remove(left);
  CUMULET_CHECK(layers_.load());
  CUMULET_CHECK(store_.load(layers_.code_ids()));
  for (const FunctionRef& function : store_.everything()) urls_.changed(nullptr, function);
  CUMULET_CHECK(code_signing_.load());
  CUMULET_CHECK(event_sources_.load());
  return events_.migrate();
}

void Lambda::start() {
  boost::asio::post(executor_, [this] {
    if (stopped_) return;
    events_.start();
    if (pollers_) pollers_->start(event_sources_.all());
  });
}

void Lambda::stop() {
  std::promise<void> done;
  auto stopped = done.get_future();
  boost::asio::post(executor_, [this, &done] {
    if (!std::exchange(stopped_, true)) {
      if (pollers_) pollers_->stop();
      events_.stop();
      environments_.stop();
    }
    done.set_value();
  });
  stopped.wait();
}

void Lambda::invoke(InvokeCall call, std::function<void(Result<InvokeResponse>)> done) {
  const bool is_event = call.request.invocation_type == "Event";
  if (!call.request.payload || call.request.payload->bytes.empty()) call.request.payload = wire::Blob{"{}"};
  const std::string& payload = call.request.payload->bytes;
  const std::size_t limit = is_event ? kMaxEventPayload : kMaxPayload;
  if (payload.size() > limit) {
    done(too_large(limit));
    return;
  }
  const auto name = FunctionName::parse(call.request.function_name, call.region, call.request.qualifier);
  if (!name.ok()) {
    done(name.error());
    return;
  }
  Result<FunctionRef> function = functions_.find(call.region, call.request.function_name, call.request.qualifier);
  if (!function.ok()) {
    // Invoke names the version that it looked for.
    done(function_not_found(name->arn() + ':' + name->qualifier.value_or(std::string(kLatest))));
    return;
  }
  if (call.request.client_context && !call.request.client_context->empty()) {
    auto decoded = base64_decode(*call.request.client_context);
    if (!decoded || !json::parse(*decoded).ok()) {
      done(user_error(kInvalidRequestContent, "Client context must be a valid Base64-encoded JSON object."));
      return;
    }
    // A header's value: one line, and no control character; JSON may hold DEL as it is.
    std::string line;
    for (const char c : json::text(*json::parse(*decoded))) {
      if (c == '\x7f')
        line += "\\u007f";
      else
        line += c;
    }
    call.request.client_context = std::move(line);
  }
  if (payload.size() <= kParsedHere) {
    if (auto checked = check_payload(payload); !checked.ok())
      done(std::move(checked).error());
    else
      invoke_checked(std::move(call), std::move(*function), std::move(done));
    return;
  }
  boost::asio::post(workers_,
                    [this, call = std::move(call), function = std::move(*function), done = std::move(done)]() mutable {
                      if (auto checked = check_payload(call.request.payload->bytes); !checked.ok())
                        done(std::move(checked).error());
                      else
                        invoke_checked(std::move(call), std::move(function), std::move(done));
                    });
}

void Lambda::invoke_checked(InvokeCall call, FunctionRef function, std::function<void(Result<InvokeResponse>)> done) {
  const auto name = FunctionName::parse(call.request.function_name, call.region, call.request.qualifier);
  if (!name.ok()) {
    done(name.error());
    return;
  }
  if (call.request.invocation_type == "DryRun") {
    InvokeResponse response;
    response.status_code = 204;
    done(std::move(response));
    return;
  }
  std::string arn = function->arn() + arn_suffix(name->qualifier);
  if (call.request.invocation_type == "Event") {
    database_.submit(
        [this, arn, payload = std::move(call.request.payload->bytes), id = call.request_id,
         trace = call.trace_id](storage::Transaction& tx) { return events_.enqueue(tx, arn, payload, id, trace); },
        [done](Result<void> stored) {
          if (!stored.ok()) {
            done(std::move(stored).error());
            return;
          }
          InvokeResponse response;
          response.status_code = 202;
          done(std::move(response));
        });
    return;
  }
  InvocationJob job;
  job.region = function->region;
  job.function_name = function->name;
  job.qualifier = name->qualifier;
  job.function_arn = std::move(arn);
  job.request_id = std::move(call.request_id);
  job.payload = std::make_shared<const std::string>(std::move(call.request.payload->bytes));
  job.trace_id = std::move(call.trace_id);
  job.client_context = call.request.client_context.value_or("");
  job.wants_tail = call.request.log_type == "Tail";
  job.sink = std::move(call.sink);
  auto finish = [this, done = std::move(done), tail = job.wants_tail, name = job.function_name, id = job.request_id,
                 trace = job.trace_id](Result<InvocationOutcome> outcome) {
    if (!outcome.ok()) {
      witness_->refused(name, id, outcome.error(), trace);
      done(std::move(outcome).error());
      return;
    }
    InvokeResponse response;
    response.executed_version = std::move(outcome->executed_version);
    if (outcome->is_error) response.function_error = "Unhandled";
    if (tail) response.log_result = base64_encode(outcome->log_tail);
    response.payload.bytes = std::move(outcome->payload);
    done(std::move(response));
  };
  boost::asio::dispatch(executor_, [this, job = std::move(job), finish = std::move(finish)]() mutable {
    if (stopped_) {
      finish(Error{kServiceException, "The engine is stopping", {{"Type", "Service"}}});
      return;
    }
    environments_.invoke(std::move(job), std::move(finish));
  });
}

awaitable<Result<InvokeResponse>> Lambda::invoke_and_wait(InvokeCall call) {
  auto initiate = [this](auto handler, InvokeCall taken) {
    // Handlers may be move-only; our callback must be copyable.
    auto shared = std::make_shared<decltype(handler)>(std::move(handler));
    const auto executor = boost::asio::get_associated_executor(*shared, executor_);
    invoke(std::move(taken), [shared, executor](Result<InvokeResponse> result) {
      auto kept = std::make_shared<Result<InvokeResponse>>(std::move(result));
      boost::asio::post(executor, [shared, kept] { std::move (*shared)(std::move(*kept)); });
    });
  };
  return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(Result<InvokeResponse>)>(
      std::move(initiate), boost::asio::use_awaitable, std::move(call));
}

std::vector<QueuePollers::Figures> Lambda::poller_figures() const {
  return pollers_ ? pollers_->figures() : std::vector<QueuePollers::Figures>{};
}

Result<ListTagsResponse> Lambda::list_tags(const wire::CallContext& context, const ResourceTagsRequest& request) {
  return EventSources::is_mapping_arn(request.resource) ? event_sources_.list_tags(context, request)
                                                        : functions_.list_tags(context, request);
}

Result<wire::Empty> Lambda::tag_resource(const wire::CallContext& context, const TagResourceRequest& request) {
  return EventSources::is_mapping_arn(request.resource) ? event_sources_.tag(context, request)
                                                        : functions_.tag_resource(context, request);
}

Result<wire::Empty> Lambda::untag_resource(const wire::CallContext& context, const UntagResourceRequest& request) {
  return EventSources::is_mapping_arn(request.resource) ? event_sources_.untag(context, request)
                                                        : functions_.untag_resource(context, request);
}

awaitable<Result<InvokeResponse>> Lambda::invoke_operation(const wire::CallContext& context, InvokeRequest request) {
  InvokeCall call;
  call.region = context.region;
  call.request_id = context.request_id;
  if (context.head) call.trace_id = context.head->headers.get_or("X-Amzn-Trace-Id", "");
  call.request = std::move(request);
  return invoke_and_wait(std::move(call));
}

awaitable<Result<InvokeAsyncResponse>> Lambda::invoke_async_operation(const wire::CallContext& context,
                                                                      InvokeAsyncRequest request) {
  InvokeCall call;
  call.region = context.region;
  call.request_id = context.request_id;
  call.request.function_name = std::move(request.function_name);
  call.request.invocation_type = "Event";
  call.request.payload = std::move(request.invoke_args);
  Result<InvokeResponse> response = co_await invoke_and_wait(std::move(call));
  if (!response.ok()) co_return std::move(response).error();
  co_return InvokeAsyncResponse{};
}

}  // namespace cumulet::lambda
