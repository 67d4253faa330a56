#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/awaitable.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

// A function's execution environment: where its code runs, one invocation at a time.
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
namespace cumulet::runtime {

struct Credentials {
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;
};

// A container image as its configuration says to run it, the function's own settings applied.
struct ImageLaunch {
  std::filesystem::path root;        // folder that is / inside, read-only
  std::vector<std::string> command;  // the program, by path or by its name alone, then its arguments
  std::size_t entrypoint = 0;        // so many of them are ENTRYPOINT, the rest is CMD
  std::map<std::string, std::string> variables;  // ENV
  std::string working_directory;                 // empty: the root
  bool is_for_another_processor = false;         // than the function asks for
};

// What an environment is made for. All of it is fixed for the environment's life.
struct EnvironmentSpec {
  std::string function_name;
  std::string version = "$LATEST";
  std::string region;
  std::string handler;
  std::string runtime;  // "provided.al2023"; empty: of an image
  std::optional<ImageLaunch> image;
  int memory_mb = 128;
  int ephemeral_storage_mb = 512;
  std::string log_group;
  std::string log_stream;
  std::map<std::string, std::string> variables;  // the function's own
  Credentials credentials;
  std::string endpoint_url;  // AWS_ENDPOINT_URL inside; empty: not set

  std::filesystem::path code;                 // folder that is /var/task inside, read-only; of an image: empty
  std::filesystem::path layers;               // folder that is /opt inside, read-only; empty: none
  std::filesystem::path scratch;              // folder of the host made for /tmp, removed at the end
  std::vector<std::filesystem::path> hidden;  // never visible inside
  // Everything the function prints, in pieces cut anywhere. Called on another thread: must not block.
  std::function<void(std::string_view piece)> on_output;
};

// Takes a response while the function writes it. Everything happens on the environment's executor.
class ResponseSink {
 public:
  virtual ~ResponseSink() = default;
  virtual void begin(std::string content_type) = 0;  // once, before the first bytes
  // More bytes. Completes when there is room for the next. False: nobody wants more.
  virtual awaitable<bool> take(std::string_view bytes) = 0;
};

struct Invocation {
  std::string request_id;
  std::shared_ptr<const std::string> payload;  // JSON text
  std::string function_arn;                    // as the caller qualified it
  TimePoint deadline;
  std::string trace_id;          // "Root=1-...;Parent=...;Sampled=0"
  std::string client_context;    // JSON text; empty: none
  std::string cognito_identity;  // JSON text; empty: none
  // For what the function streams; null: it is gathered like any other response.
  std::shared_ptr<ResponseSink> sink;
};

// Why a runtime did not get to its first `next`, or ended during an invocation.
struct Failure {
  std::string error_type;          // "Runtime.ExitError", "Runtime.InvalidEntrypoint", the runtime's own
  std::string error_message;       // without "RequestId: ... Error: ": "Runtime exited with error: exit status 1"
  std::string payload;             // the error document the runtime itself reported; empty: make one of the above
  std::string reported_type = {};  // the type in the REPORT line where it is another one ("Runtime.OutOfMemory")
};

struct InitResult {
  std::optional<Failure> failure;
  double milliseconds = 0;
};

struct InvocationResult {
  enum class Kind {
    response,     // payload is the function's answer
    error,        // payload is the error document the function reported
    timed_out,    // killed at its deadline
    failed,       // the runtime ended: see failure
    undelivered,  // the environment had ended before it took the invocation: try another one
  };
  Kind kind = Kind::undelivered;
  std::string payload;
  std::string error_type;  // kind error
  bool streamed = false;   // the response went to the invocation's sink; `payload` is empty, or the error that ended it
  Failure failure;
  double milliseconds = 0;  // from its delivery to its end
  std::uint64_t max_memory_bytes = 0;
};

// All calls and callbacks are on the executor the environment was made for (serial: one I/O thread). Callbacks never
// run inside the call that takes them. The destructor kills what runs; pending callbacks are dropped.
class ExecutionEnvironment {
 public:
  virtual ~ExecutionEnvironment() = default;

  // Init phase: until the runtime asks for its first invocation. Once.
  virtual void start(std::function<void(InitResult)> done) = 0;
  // One at a time, after a successful start(). The answer comes when the function gave it, when the deadline passed
  // (then everything in the environment is dead), or when the runtime ended.
  virtual void invoke(Invocation invocation, std::function<void(InvocationResult)> done) = 0;
  // False once the runtime ended: it takes no further invocation.
  virtual bool alive() const = 0;
  // SIGTERM to the runtime, SIGKILL to everything 500 ms later. An idle environment's polite end.
  virtual void stop() = 0;
};

// The largest payload of a response: 6 MiB and what Lambda allows for its envelope.
inline constexpr std::size_t kMaxResponseBytes = 6 * 1024 * 1024 + 100;
// The largest streamed response.
inline constexpr std::uint64_t kMaxStreamedBytes = 200ull << 20;

}  // namespace cumulet::runtime
