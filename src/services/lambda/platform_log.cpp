#include "services/lambda/platform_log.hpp"

#include <cmath>

#include "base/json.hpp"
#include "services/lambda/runtime_choice.hpp"

namespace cumulet::lambda {
namespace {

// As Lambda counts: microseconds.
double rounded(double milliseconds) { return std::round(milliseconds * 1000) / 1000; }

json::object status_of(std::string_view status, std::string_view error_type) {
  json::object record;
  record["status"] = status.empty() ? "success" : status;
  if (!error_type.empty()) record["errorType"] = error_type;
  return record;
}

}  // namespace

PlatformLog::PlatformLog(std::shared_ptr<OutputLog> log, const FunctionConfiguration& configuration, const Clock& clock)
    : log_(std::move(log)),
      clock_(clock),
      function_name_(configuration.function_name),
      version_(configuration.version),
      runtime_(runtime_version_name(configuration.runtime.value_or(""))) {
  if (configuration.runtime_version_config) runtime_arn_ = configuration.runtime_version_config->runtime_version_arn;
  const LoggingConfig& logging = configuration.logging_config;
  is_json_ = logging.log_format == "JSON";
  if (logging.system_log_level == "DEBUG") least_ = Level::debug;
  if (logging.system_log_level == "WARN") least_ = Level::warn;
}

void PlatformLog::event(Level level, std::string_view type, std::string record) {
  if (level < least_) return;
  log_->write("{\"time\":\"" + iso8601_millis(clock_.now()) + "\",\"type\":\"platform." + std::string(type) +
              "\",\"record\":" + record + "}\n");
}

void PlatformLog::init_start() {
  if (runtime_arn_.empty()) return;
  if (!is_json_) {
    log_->write("INIT_START Runtime Version: " + runtime_ + "\tRuntime Version ARN: " + runtime_arn_ + "\n");
    return;
  }
  json::object record{{"initializationType", "on-demand"}, {"phase", "init"}};
  record["runtimeVersion"] = runtime_;
  record["runtimeVersionArn"] = runtime_arn_;
  record["functionName"] = function_name_;
  record["functionVersion"] = version_;
  event(Level::info, "initStart", json::text(record));
}

void PlatformLog::init_failed(double milliseconds, std::string_view phase, std::string_view status,
                              std::string_view error_type) {
  if (!is_json_) {
    log_->write(init_report_line(milliseconds, phase, status, error_type));
    return;
  }
  json::object record{{"initializationType", "on-demand"}};
  record["phase"] = phase;
  json::object metrics;
  metrics["durationMs"] = rounded(milliseconds);
  record["metrics"] = std::move(metrics);
  for (auto& member : status_of(status, error_type)) record[member.key()] = member.value();
  event(Level::warn, "initReport", json::text(record));
}

void PlatformLog::start(std::string_view request_id, std::string_view trace_id) {
  if (!is_json_) {
    log_->write(start_line(request_id, version_));
    return;
  }
  json::object record;
  record["requestId"] = request_id;
  record["version"] = version_;
  if (!trace_id.empty()) {
    json::object tracing{{"type", "X-Amzn-Trace-Id"}};
    tracing["value"] = trace_id;
    record["tracing"] = std::move(tracing);
  }
  event(Level::info, "start", json::text(record));
}

void PlatformLog::timed_out(std::string_view request_id, int seconds) {
  if (!is_json_) log_->write(timeout_line(clock_.now(), request_id, seconds));
}

void PlatformLog::failed(std::string_view request_id, const runtime::Failure& failure) {
  if (is_json_) return;
  if (auto lines = failure_lines(request_id, failure); !lines.empty()) log_->write(std::move(lines));
}

void PlatformLog::report(const Report& report) {
  if (!is_json_) {
    log_->write(end_line(report.request_id));
    log_->write(report_line(report));
    return;
  }
  constexpr double kMegabyte = 1024.0 * 1024.0;
  const bool is_success = report.status.empty();
  json::object done;
  done["requestId"] = report.request_id;
  for (auto& member : status_of(report.status, report.error_type)) done[member.key()] = member.value();
  json::object took;
  took["durationMs"] = rounded(report.milliseconds);
  done["metrics"] = std::move(took);
  event(is_success ? Level::debug : Level::warn, "runtimeDone", json::text(done));

  json::object metrics;
  metrics["durationMs"] = rounded(report.milliseconds);
  metrics["billedDurationMs"] = billed_milliseconds(report);
  metrics["memorySizeMB"] = report.memory_mb;
  metrics["maxMemoryUsedMB"] =
      static_cast<std::int64_t>(std::ceil(static_cast<double>(report.max_memory_bytes) / kMegabyte));
  if (report.init_milliseconds) metrics["initDurationMs"] = rounded(*report.init_milliseconds);
  json::object record;
  record["requestId"] = report.request_id;
  record["metrics"] = std::move(metrics);
  for (auto& member : status_of(report.status, report.error_type)) record[member.key()] = member.value();
  event(is_success ? Level::info : Level::warn, "report", json::text(record));
}

}  // namespace cumulet::lambda
