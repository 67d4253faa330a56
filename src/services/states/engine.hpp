#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <memory>

#include "base/ids.hpp"
#include "events/observers.hpp"
#include "services/states/ports.hpp"
#include "services/states/store.hpp"

namespace cumulet::states {

struct Dependencies {
  storage::Database& database;
  const Clock& clock;
  Timers& timers;
  Random& random;
  boost::asio::any_io_executor workers;  // where interpreting and logging runs
  FunctionInvoker& functions;
  LogSink* logs = nullptr;   // null: every log group is taken to exist
  RoleDirectory roles = {};  // empty: every role is
  events::Observers observers = {};
};

// Runs executions: interprets them (src/asl), records their events, and carries out what they command only after the
// record is durable. A kill at any moment loses nothing that was recorded: resume() goes on from there, and only a task
// that was in flight is run again. Thread-safe.
class Engine {
 public:
  // What is referred to must outlive the engine.
  explicit Engine(const Dependencies& with);
  ~Engine();  // stop()s

  // Goes on with what an earlier run left. Blocks; at start.
  Result<void> resume();
  // Nothing is invoked or recorded any more afterwards; executions stay as they are recorded.
  void stop();

  struct Started {
    std::string arn;
    TimePoint at;
  };
  // Returns once the execution and its first events are durable; an execution that waits for nothing has then ended.
  // `name` unique for the machine (a running one with the same input is given again). Blocks: on a worker.
  // Errors: ExecutionAlreadyExists, InvalidDefinition.
  Result<Started> start(const Revision& revision, std::string_view region, const std::string& name, std::string input,
                        std::optional<std::string> trace_header = std::nullopt);

  // Aborts a running execution and gives the time; nullopt when it is not running. Blocks until it is durable.
  Result<std::optional<TimePoint>> abort(std::string_view arn, std::optional<std::string> error,
                                         std::optional<std::string> cause);

  std::size_t running() const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

// "arn:aws:states:REGION:ACCOUNT:execution:MACHINE:NAME", of express machines "…:express:MACHINE:NAME:ID".
std::string execution_arn(const Revision& revision, std::string_view region, std::string_view name, Random& random);

}  // namespace cumulet::states
