#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "runtime/environment.hpp"

// What Lambda writes into a function's log and answers for a runtime that failed, word for word.
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-view.html
namespace cumulet::lambda {

std::string start_line(std::string_view request_id, std::string_view version);
std::string end_line(std::string_view request_id);

struct Report {
  std::string request_id;
  double milliseconds = 0;
  int memory_mb = 128;
  std::uint64_t max_memory_bytes = 0;
  std::optional<double> init_milliseconds;  // of the environment's first invocation
  std::string status;                       // "", "timeout", "error"
  std::string error_type;                   // with "error"
};
// The init of an OS-only runtime is billed too; at least one millisecond.
std::int64_t billed_milliseconds(const Report& report);
std::string report_line(const Report& report);

// Of an init that failed; phase "init" or "invoke", status "error" or "timeout".
std::string init_report_line(double milliseconds, std::string_view phase, std::string_view status,
                             std::string_view error_type);
std::string timeout_line(TimePoint at, std::string_view request_id, int seconds);
// "RequestId: ... Error: Runtime exited with error: exit status 1\nRuntime.ExitError\n"
std::string failure_lines(std::string_view request_id, const runtime::Failure& failure);

// Error documents.
std::string timeout_document(std::string_view request_id, int seconds);
std::string failure_document(std::string_view request_id, const runtime::Failure& failure);

}  // namespace cumulet::lambda
