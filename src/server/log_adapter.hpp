#pragma once
#include "services/logs/service.hpp"
#include "services/states/ports.hpp"

namespace cumulet::server {

// The log groups that state machines write their history to: CloudWatch Logs.
class StatesLogSink final : public states::LogSink {
 public:
  explicit StatesLogSink(logs::Logs& logs) : logs_(logs) {}
  bool exists(std::string_view log_group_arn) override;
  void put(std::string_view log_group_arn, std::string_view stream, std::vector<Event> events) override;

 private:
  logs::Logs& logs_;
};

}  // namespace cumulet::server
