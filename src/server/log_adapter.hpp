#pragma once
#include "events/feed.hpp"
#include "services/logs/service.hpp"
#include "services/states/ports.hpp"

namespace cumulet::server {

// The log groups that state machines write their history to: CloudWatch Logs.
class StatesLogSink final : public states::LogSink {
 public:
  StatesLogSink(logs::Logs& logs, events::Feed& feed) : logs_(logs), feed_(feed) {}
  bool exists(std::string_view log_group_arn) override;
  void put(std::string_view log_group_arn, std::string_view stream, std::vector<Event> events) override;

 private:
  logs::Logs& logs_;
  events::Feed& feed_;
};

// Tells the feed what is being logged.
void publish(events::Feed& feed, const std::string& region, const std::string& group, std::string_view stream,
             const std::vector<logs::InputEvent>& lines);

}  // namespace cumulet::server
