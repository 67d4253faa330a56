#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"

// What the states service needs of its neighbours; bound in src/server.
namespace cumulet::states {

// One Lambda invocation of a Task state.
struct Invocation {
  std::string function;   // a name, or an ARN with or without qualifier
  std::string qualifier;  // "" unless given apart
  std::string region;     // the execution's
  std::string payload;    // JSON
  enum class Type { request_response, event, dry_run } type = Type::request_response;
  bool tail_log = false;
  std::string client_context;  // base64, as given
  std::string trace;           // base/trace.hpp: the execution's
};

struct InvocationResult {
  int status = 200;  // 202 for event, 204 for dry_run
  std::string executed_version = "$LATEST";
  std::string payload;          // the function's answer or error object, as it came
  bool function_error = false;  // X-Amz-Function-Error
  std::string request_id;
  std::optional<std::string> log_result;  // base64, with tail_log
};

class FunctionInvoker {
 public:
  using Done = std::function<void(Result<InvocationResult>)>;
  virtual ~FunctionInvoker() = default;
  // Never blocks. `done` is called once, on any thread; an Error is Lambda's own (ResourceNotFoundException,
  // TooManyRequestsException, ...), which becomes "Lambda.<code>".
  virtual void invoke(Invocation invocation, Done done) = 0;
};

// CloudWatch Logs.
class LogSink {
 public:
  struct Event {
    TimePoint at;
    std::string message;
  };
  virtual ~LogSink() = default;
  // True when the log group exists. May block.
  virtual bool exists(std::string_view log_group_arn) = 0;
  // Appends to the group's stream, making the stream when it is new. Called on workers, may block; losses are the
  // sink's to log.
  virtual void put(std::string_view log_group_arn, std::string_view stream, std::vector<Event> events) = 0;
};

// True when the role exists. Unbound (empty): every role is taken to exist. May block.
using RoleDirectory = std::function<bool(std::string_view role_arn)>;

}  // namespace cumulet::states
