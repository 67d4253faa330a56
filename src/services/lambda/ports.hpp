#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "events/observers.hpp"
#include "runtime/environment.hpp"
#include "services/lambda/queue_source.hpp"

namespace cumulet::lambda {

struct LogEvent {
  TimePoint at;
  std::string message;
};

// What running functions needs of others; bound in src/server.
struct DataPorts {
  // Appends to a CloudWatch log stream, making group and stream when they are missing. Called on workers, may block.
  std::function<void(const std::string& region, const std::string& group, const std::string& stream,
                     std::vector<LogEvent>)>
      log;
  // Temporary credentials of the function's role. Called on workers, may block.
  std::function<runtime::Credentials(const std::string& role_arn, const std::string& function_name, Seconds lifetime)>
      mint;
  // They will not be used any more. Called on workers.
  std::function<void(const std::string& access_key_id)> revoke;
  // Called on the I/O thread.
  std::function<std::unique_ptr<runtime::ExecutionEnvironment>(runtime::EnvironmentSpec)> make_environment;
  // AWS_ENDPOINT_URL inside functions.
  std::function<std::string()> endpoint_url;
  QueueSource* queues = nullptr;  // outlives Lambda; null: there are no queues
  events::Observers observers;    // outlive Lambda
};

}  // namespace cumulet::lambda
