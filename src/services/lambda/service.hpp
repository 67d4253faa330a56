#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "aws/wire/operation.hpp"
#include "base/folder_removal.hpp"
#include "services/lambda/async_invocations.hpp"
#include "services/lambda/code_signing.hpp"
#include "services/lambda/environments.hpp"
#include "services/lambda/event_sources.hpp"
#include "services/lambda/function_defaults.hpp"
#include "services/lambda/function_store.hpp"
#include "services/lambda/function_urls.hpp"
#include "services/lambda/functions.hpp"
#include "services/lambda/layers.hpp"
#include "services/lambda/model_invoke.hpp"
#include "services/lambda/ports.hpp"
#include "services/lambda/provisioned_concurrency.hpp"
#include "services/lambda/queue_poller.hpp"
#include "storage/database.hpp"

namespace cumulet::lambda {

// An invocation by another service or by the API.
struct InvokeCall {
  std::string region;
  InvokeRequest request;
  std::string request_id;
  std::string trace_id;              // X-Amzn-Trace-Id; empty: made
  std::shared_ptr<StreamSink> sink;  // null: the answer is gathered
};

// AWS Lambda: the control plane (functions()), execution environments, and the queue of asynchronous invocations.
class Lambda {
 public:
  struct Settings {
    std::filesystem::path folder;  // <data>/lambda: packages, unpacked code, functions' /tmp
    bool durable = true;
    storage::Orphans orphans = storage::Orphans::deleted_when_few;
    EnvironmentSettings environments;  // `scratch` is set from folder
  };
  // `executor`: one I/O thread. `workers`: a pool that may block.
  Lambda(storage::Database& database, boost::asio::any_io_executor executor, boost::asio::any_io_executor workers,
         const Clock& clock, Timers& timers, Random& random, ControlPorts control, DataPorts data, Settings settings);
  ~Lambda();

  // Tables, functions, folders. Blocking, at start.
  Result<void> load();
  // Takes up the asynchronous invocations an earlier run left and the event source mappings. When the engine answers
  // requests. Any thread.
  void start();
  // Ends every environment; nothing is called back after it returned. Blocking; not on the I/O thread. Idempotent.
  void stop();

  Functions& functions() { return functions_; }
  FunctionDefaults& defaults() { return defaults_; }
  Layers& layers() { return layers_; }
  FunctionUrls& urls() { return urls_; }
  ProvisionedConcurrency& provisioned() { return provisioned_; }
  CodeSigningConfigs& code_signing() { return code_signing_; }
  const FunctionStore& store() const { return store_; }
  AsyncInvocations& events() { return events_; }
  EventSources& event_sources() { return event_sources_; }

  // What works now. On the I/O thread.
  const Environments& environments() const { return environments_; }
  std::vector<QueuePollers::Figures> poller_figures() const;

  Result<ListTagsResponse> list_tags(const wire::CallContext&, const ResourceTagsRequest&);
  Result<wire::Empty> tag_resource(const wire::CallContext&, const TagResourceRequest&);
  Result<wire::Empty> untag_resource(const wire::CallContext&, const UntagResourceRequest&);

  // Never blocks; `done` comes once, on the I/O thread or the storage's. Any thread. An Error is Lambda's own.
  void invoke(InvokeCall call, std::function<void(Result<InvokeResponse>)> done);

  // The same to wait for.
  awaitable<Result<InvokeResponse>> invoke_and_wait(InvokeCall call);
  // The X-Amzn-Trace-Id of what begins with a request that has this one; empty: a new one.
  std::string trace_id_of(std::string_view header) { return environments_.trace_id_of(header); }

  awaitable<Result<InvokeResponse>> invoke_operation(const wire::CallContext&, InvokeRequest);
  awaitable<Result<InvokeStreamResponse>> invoke_stream_operation(const wire::CallContext&, InvokeStreamRequest);
  awaitable<Result<InvokeAsyncResponse>> invoke_async_operation(const wire::CallContext&, InvokeAsyncRequest);

 private:
  void invoke_checked(InvokeCall call, FunctionRef function, std::function<void(Result<InvokeResponse>)> done);

  storage::Database& database_;
  boost::asio::any_io_executor executor_, workers_;
  Settings settings_;
  FolderRemover remover_;
  FunctionStore store_;
  Functions functions_;
  FunctionDefaults defaults_{functions_, store_};
  FunctionUrls urls_;
  ProvisionedConcurrency provisioned_;
  CodeSigningConfigs code_signing_;
  Layers layers_;
  Environments environments_;
  AsyncInvocations events_;
  EventSources event_sources_;
  std::unique_ptr<Witness> witness_;
  std::unique_ptr<QueuePollers> pollers_;  // null: there are no queues
  bool stopped_ = false;
};

// `lambda` must outlive the descriptor.
wire::ServiceDescriptor describe(Lambda& lambda);

}  // namespace cumulet::lambda
