#include "services/states/execution_log.hpp"

#include "base/encoding.hpp"

namespace cumulet::states {

std::vector<LogSink::Event> log_events(const LoggingConfiguration& logging, std::string_view execution_arn,
                                       std::span<const asl::HistoryEvent> events) {
  std::vector<LogSink::Event> out;
  const auto level = logging.level.value_or("OFF");
  if (level == "OFF") return out;
  const auto data = logging.include_execution_data.value_or(false) ? asl::Data::include : asl::Data::leave_out;
  for (const auto& event : events) {
    if (level == "ERROR" && !asl::is_error(event.type)) continue;
    if (level == "FATAL" && !asl::is_fatal(event.type)) continue;
    const json::object message{{"id", std::to_string(event.id)},
                               {"type", asl::name(event.type)},
                               {"details", asl::details(event, data)},
                               {"previous_event_id", std::to_string(event.previous_id)},
                               {"event_timestamp", std::to_string(to_millis(event.at))},
                               {"execution_arn", execution_arn},
                               {"redrive_count", "0"}};
    out.push_back({event.at, json::text(message)});
  }
  return out;
}

std::string log_group(const LoggingConfiguration& logging) {
  if (!logging.destinations || logging.destinations->empty()) return {};
  const auto& destination = logging.destinations->front();
  if (!destination.cloud_watch_logs_log_group) return {};
  return destination.cloud_watch_logs_log_group->log_group_arn.value_or("");
}

std::string log_stream(std::string_view machine_name, std::string_view execution_arn, TimePoint started) {
  auto minute = iso8601(started).substr(0, 16);
  for (auto& c : minute)
    if (c == 'T' || c == ':') c = '-';
  return "states/" + std::string(machine_name) + "/" + minute + "/" + hex_encode(md5(execution_arn)).substr(0, 8);
}

}  // namespace cumulet::states
