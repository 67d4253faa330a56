#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "runtime/environment.hpp"
#include "services/lambda/model_function.hpp"
#include "services/lambda/output_log.hpp"
#include "services/lambda/report.hpp"

namespace cumulet::lambda {

// Lambda's own lines in a function's log: START, END, REPORT and their like, or in the log format JSON one object for
// each platform event, down to the system log level. What the function prints is never touched.
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-advanced.html
class PlatformLog {
 public:
  PlatformLog(std::shared_ptr<OutputLog> log, const FunctionConfiguration& configuration, const Clock& clock);

  void init_start();
  // Phase "init" or "invoke"; status "error" or "timeout".
  void init_failed(double milliseconds, std::string_view phase, std::string_view status, std::string_view error_type);
  void start(std::string_view request_id, std::string_view trace_id);
  void timed_out(std::string_view request_id, int seconds);
  void failed(std::string_view request_id, const runtime::Failure& failure);
  // The end of an invocation.
  void report(const Report& report);

 private:
  enum class Level { debug, info, warn };
  void event(Level level, std::string_view type, std::string record);

  std::shared_ptr<OutputLog> log_;
  const Clock& clock_;
  std::string function_name_, version_, runtime_, runtime_arn_;
  bool is_json_ = false;
  Level least_ = Level::info;
};

}  // namespace cumulet::lambda
