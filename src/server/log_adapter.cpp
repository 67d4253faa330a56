#include "server/log_adapter.hpp"

namespace cumulet::server {

bool StatesLogSink::exists(std::string_view log_group_arn) {
  const auto group = logs::parse_group_arn(log_group_arn);
  return group && logs_.exists(*group);
}

void StatesLogSink::put(std::string_view log_group_arn, std::string_view stream, std::vector<Event> events) {
  const auto group = logs::parse_group_arn(log_group_arn);
  if (!group) return;
  std::vector<logs::InputEvent> lines;
  lines.reserve(events.size());
  for (auto& event : events) {
    logs::InputEvent& line = lines.emplace_back();
    line.timestamp = event.at;
    line.message = std::move(event.message);
  }
  logs_.writer().append(group->region, group->name, stream, std::move(lines));
}

}  // namespace cumulet::server
