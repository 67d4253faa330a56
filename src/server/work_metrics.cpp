#include "server/work_metrics.hpp"

namespace cumulet::server {

std::vector<gateway::Gauge> work_gauges(const sqs::Sqs& sqs, const lambda::Lambda& lambda) {
  std::vector<gateway::Gauge> out;
  const auto add = [&](const char* name, const char* help, std::vector<std::pair<std::string, std::string>> labels,
                       double value) {
    out.push_back({name, help, std::move(labels), value});
  };

  constexpr const char* kQueue = "cumulet_queue_messages";
  constexpr const char* kQueueHelp = "Messages of a queue by state";
  for (const auto& [arn, backlog] : sqs.backlogs()) {
    add(kQueue, kQueueHelp, {{"queue", arn}, {"state", "visible"}}, static_cast<double>(backlog.visible));
    add(kQueue, kQueueHelp, {{"queue", arn}, {"state", "in_flight"}}, static_cast<double>(backlog.in_flight));
    add(kQueue, kQueueHelp, {{"queue", arn}, {"state", "delayed"}}, static_cast<double>(backlog.delayed));
  }

  for (const auto& mapping : lambda.poller_figures()) {
    const std::vector<std::pair<std::string, std::string>> labels{
        {"mapping", mapping.uuid}, {"function", mapping.function_arn}, {"queue", mapping.queue_arn}};
    add("cumulet_event_source_batches", "Batches of an event source mapping that functions work on", labels,
        mapping.running);
    add("cumulet_event_source_batches_limit", "How many there may be now", labels, mapping.limit);
  }

  constexpr const char* kEnvironments = "cumulet_function_environments";
  constexpr const char* kEnvironmentsHelp = "Execution environments of a function by state";
  for (const auto& count : lambda.environments().counts()) {
    const std::vector<std::pair<std::string, std::string>> labels{{"function", count.name}, {"region", count.region}};
    auto busy = labels, idle = labels;
    busy.emplace_back("state", "busy");
    idle.emplace_back("state", "idle");
    add(kEnvironments, kEnvironmentsHelp, std::move(busy), count.busy);
    add(kEnvironments, kEnvironmentsHelp, std::move(idle), count.idle);
  }
  constexpr double kMegabyte = 1 << 20;
  add("cumulet_function_memory_bytes", "MemorySize of all execution environments together", {},
      static_cast<double>(lambda.environments().memory_mb()) * kMegabyte);
  add("cumulet_function_memory_budget_bytes", "How much it may be", {},
      static_cast<double>(lambda.environments().memory_budget_mb()) * kMegabyte);
  return out;
}

}  // namespace cumulet::server
