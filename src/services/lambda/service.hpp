#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "aws/wire/operation.hpp"
#include "services/lambda/async_invocations.hpp"
#include "services/lambda/environments.hpp"
#include "services/lambda/function_store.hpp"
#include "services/lambda/functions.hpp"
#include "services/lambda/model_invoke.hpp"
#include "services/lambda/ports.hpp"
#include "storage/database.hpp"

namespace cumulet::lambda {

// An invocation by another service or by the API.
struct InvokeCall {
  std::string region;
  InvokeRequest request;
  std::string request_id;
  std::string trace_id;  // X-Amzn-Trace-Id; empty: made
};

// AWS Lambda: the control plane (functions()), execution environments, and the queue of asynchronous invocations.
class Lambda {
 public:
  struct Settings {
    std::filesystem::path folder;  // <data>/lambda: packages, unpacked code, functions' /tmp
    bool durable = true;
    EnvironmentSettings environments;  // `scratch` is set from folder
  };
  // `executor`: one I/O thread. `workers`: a pool that may block.
  Lambda(storage::Database& database, boost::asio::any_io_executor executor, boost::asio::any_io_executor workers,
         const Clock& clock, Timers& timers, Random& random, ControlPorts control, DataPorts data, Settings settings);
  ~Lambda();

  // Tables, functions, folders. Blocking, at start.
  Result<void> load();
  // Takes up the asynchronous invocations an earlier run left. When the engine answers requests. Any thread.
  void start();
  // Ends every environment; nothing is called back after it returned. Blocking; not on the I/O thread. Idempotent.
  void stop();

  Functions& functions() { return functions_; }
  const FunctionStore& store() const { return store_; }
  AsyncInvocations& events() { return events_; }

  // Never blocks; `done` comes once, on the I/O thread or the storage's. Any thread. An Error is Lambda's own.
  void invoke(InvokeCall call, std::function<void(Result<InvokeResponse>)> done);

  awaitable<Result<InvokeResponse>> invoke_operation(const wire::CallContext&, InvokeRequest);
  awaitable<Result<InvokeAsyncResponse>> invoke_async_operation(const wire::CallContext&, InvokeAsyncRequest);

 private:
  awaitable<Result<InvokeResponse>> invoke_and_wait(InvokeCall call);
  void invoke_checked(InvokeCall call, FunctionRef function, std::function<void(Result<InvokeResponse>)> done);

  storage::Database& database_;
  boost::asio::any_io_executor executor_, workers_;
  Settings settings_;
  FunctionStore store_;
  Functions functions_;
  Environments environments_;
  AsyncInvocations events_;
  bool stopped_ = false;
};

// `lambda` must outlive the descriptor.
wire::ServiceDescriptor describe(Lambda& lambda);

}  // namespace cumulet::lambda
