#include "server/log_adapter.hpp"

#include "base/utf8.hpp"

namespace cumulet::server {

namespace {
constexpr std::size_t kLineBytes = 4 * 1024;  // of one record of the feed
}

void publish(events::Feed& feed, const std::string& region, const std::string& group, std::string_view stream,
             const std::vector<logs::InputEvent>& lines) {
  for (const auto& line : lines)
    feed.publish([&] {
      events::LogLine record;
      record.region = region;
      record.group = group;
      record.stream = stream;
      record.timestamp = line.timestamp;
      record.message = cut_utf8(line.message, kLineBytes);
      return record;
    });
}

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
  publish(feed_, group->region, group->name, stream, lines);
  logs_.writer().append(group->region, group->name, stream, std::move(lines));
}

}  // namespace cumulet::server
