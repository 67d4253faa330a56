#include "services/lambda/report.hpp"

#include <cmath>
#include <cstdio>

#include "base/json.hpp"

namespace cumulet::lambda {
namespace {

std::string two_decimals(double value) {
  char text[48];
  std::snprintf(text, sizeof text, "%.2f", value);
  return text;
}

std::string document(std::string_view type, std::string_view message) {
  std::string out = "{\"errorType\":";
  json::append_quoted(out, type);
  out += ",\"errorMessage\":";
  json::append_quoted(out, message);
  return out + '}';
}

std::string failure_message(std::string_view request_id, const runtime::Failure& failure) {
  return "RequestId: " + std::string(request_id) + " Error: " + failure.error_message;
}

}  // namespace

std::string start_line(std::string_view request_id, std::string_view version) {
  return "START RequestId: " + std::string(request_id) + " Version: " + std::string(version) + "\n";
}

std::string end_line(std::string_view request_id) { return "END RequestId: " + std::string(request_id) + "\n"; }

std::int64_t billed_milliseconds(const Report& report) {
  const double billed = std::ceil(report.milliseconds + report.init_milliseconds.value_or(0));
  return static_cast<std::int64_t>(std::max(1.0, billed));
}

std::string report_line(const Report& report) {
  constexpr double kMegabyte = 1024.0 * 1024.0;
  std::string out =
      "REPORT RequestId: " + report.request_id + "\tDuration: " + two_decimals(report.milliseconds) +
      " ms\tBilled Duration: " + std::to_string(billed_milliseconds(report)) +
      " ms\tMemory Size: " + std::to_string(report.memory_mb) + " MB\tMax Memory Used: " +
      std::to_string(static_cast<long long>(std::ceil(static_cast<double>(report.max_memory_bytes) / kMegabyte))) +
      " MB\t";
  if (report.init_milliseconds) out += "Init Duration: " + two_decimals(*report.init_milliseconds) + " ms\t";
  if (!report.status.empty()) out += "Status: " + report.status + "\t";
  if (!report.error_type.empty()) out += "Error Type: " + report.error_type;
  return out + "\n";
}

std::string init_report_line(double milliseconds, std::string_view phase, std::string_view status,
                             std::string_view error_type) {
  std::string out = "INIT_REPORT Init Duration: " + two_decimals(milliseconds) + " ms\tPhase: " + std::string(phase) +
                    "\tStatus: " + std::string(status);
  if (!error_type.empty()) out += "\tError Type: " + std::string(error_type);
  return out + "\n";
}

std::string timeout_line(TimePoint at, std::string_view request_id, int seconds) {
  return iso8601_millis(at) + ' ' + std::string(request_id) + " Task timed out after " + two_decimals(seconds) +
         " seconds\n\n";
}

std::string failure_lines(std::string_view request_id, const runtime::Failure& failure) {
  if (failure.error_message.empty()) return {};
  return failure_message(request_id, failure) + "\n" + failure.error_type + "\n";
}

std::string timeout_document(std::string_view request_id, int seconds) {
  return document("Sandbox.Timedout", "RequestId: " + std::string(request_id) + " Error: Task timed out after " +
                                          two_decimals(seconds) + " seconds");
}

std::string failure_document(std::string_view request_id, const runtime::Failure& failure) {
  if (!failure.payload.empty()) return failure.payload;
  return document(failure.error_type, failure_message(request_id, failure));
}

}  // namespace cumulet::lambda
