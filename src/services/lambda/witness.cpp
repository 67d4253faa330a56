#include "services/lambda/witness.hpp"

#include "base/json.hpp"
#include "base/log.hpp"
#include "base/terminal.hpp"
#include "base/trace.hpp"
#include "base/utf8.hpp"
#include "events/feed.hpp"
#include "events/journal.hpp"
#include "events/sums.hpp"

namespace cumulet::lambda {
namespace {

constexpr std::size_t kLongestParsed = 64 * 1024;
constexpr std::string_view kNamespace = "AWS/Lambda";

events::Series series(std::string_view region, std::string_view function, std::string_view metric) {
  return {std::string(region), std::string(kNamespace), std::string(metric), function.empty() ? "" : "FunctionName",
          std::string(function)};
}

}  // namespace

std::string error_sentence(std::string_view document) {
  if (document.size() <= kLongestParsed) {
    const auto parsed = json::parse(document);
    const auto text_at = [&](std::string_view name) -> std::string {
      const json::value* found = parsed.ok() ? json::find(*parsed, name) : nullptr;
      return found && found->is_string() ? std::string(found->get_string()) : std::string();
    };
    const std::string type = text_at("errorType"), message = text_at("errorMessage");
    if (!type.empty() || !message.empty())
      return std::string(
          cut_utf8(type + (type.empty() || message.empty() ? "" : ": ") + message, events::kDetailBytes));
  }
  return with_valid_utf8(cut_utf8(document, events::kDetailBytes));
}

void Witness::accepted(const FunctionVersion& version, int in_flight) const {
  if (to_.sums == nullptr) return;
  to_.sums->add(series(version.region, version.name(), "ConcurrentExecutions"), in_flight);
}

void Witness::throttled(std::string_view region, std::string_view function, std::string_view request_id) const {
  if (to_.sums != nullptr) to_.sums->add(series(region, function, "Throttles"), 1);
  if (to_.feed != nullptr)
    to_.feed->publish([&] {
      events::Invocation record;
      record.function = function;
      record.region = region;
      record.request_id = request_id;
      record.outcome = "throttled";
      return record;
    });
}

void Witness::ended(const FunctionVersion& version, const InvocationJob& job, const InvocationOutcome& outcome,
                    const Report& report) const {
  if (to_.sums != nullptr) {
    to_.sums->add(series(version.region, version.name(), "Invocations"), 1);
    to_.sums->add(series(version.region, version.name(), "Errors"), outcome.is_error ? 1 : 0);
    to_.sums->add(series(version.region, version.name(), "Duration"), report.milliseconds);
  }
  const std::string error = outcome.is_error ? error_sentence(outcome.payload) : std::string();
  if (outcome.is_error) log::warn("function {} failed: {} (request {})", version.name(), printable(error), job.request_id);
  if (to_.journal != nullptr) {
    events::JournalEntry entry;
    entry.subject = events::Subject::invocation;
    entry.what = version.name() + '/' + job.request_id;
    entry.outcome = !outcome.is_error ? "succeeded" : report.status == "timeout" ? "timedOut" : "failed";
    if (outcome.is_error) entry.verdict = events::Verdict::failed;
    entry.detail = error;
    entry.trace = trace_root(job.trace_id);
    to_.journal->note(std::move(entry));
  }
  if (to_.feed != nullptr)
    to_.feed->publish([&] {
      events::Invocation record;
      record.function = version.name();
      record.region = version.region;
      record.request_id = job.request_id;
      record.trace = trace_root(job.trace_id);
      record.outcome = outcome.is_error ? "failed" : "succeeded";
      record.error = error;
      record.milliseconds = report.milliseconds;
      record.init_milliseconds = report.init_milliseconds.value_or(0);
      record.memory_bytes = static_cast<std::int64_t>(report.max_memory_bytes);
      return record;
    });
}

void Witness::environment(const FunctionVersion& version, const std::string& id, std::string_view state,
                          std::string_view request_id) const {
  if (to_.feed == nullptr) return;
  to_.feed->publish([&] {
    events::Environment record;
    record.function = version.name();
    record.region = version.region;
    record.id = id;
    record.state = state;
    record.request_id = request_id;
    record.memory_mb = version.configuration.memory_size;
    return record;
  });
}

void Witness::refused(std::string_view function, std::string_view request_id, const Error& error,
                      std::string_view trace) const {
  if (to_.journal == nullptr) return;
  events::JournalEntry entry;
  entry.subject = events::Subject::invocation;
  entry.what = std::string(function) + '/' + std::string(request_id);
  entry.outcome = "refused";
  entry.verdict = events::Verdict::failed;
  entry.detail = std::string(error.code()) + ": " + error.message();
  entry.trace = trace_root(trace);
  to_.journal->note(std::move(entry));
}

}  // namespace cumulet::lambda
