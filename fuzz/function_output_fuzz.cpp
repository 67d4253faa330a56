#include "base/manual_time.hpp"
#include "fuzz/fuzz.hpp"
#include "services/lambda/output_log.hpp"

using namespace cumulet;

// What a function prints, records of its logger among it, in pieces cut anywhere: no byte is lost but newlines' escapes.
CUMULET_FUZZ(bytes) {
  ManualTime time;
  std::vector<std::string> events;
  std::vector<std::function<void()>> tasks;
  lambda::DataPorts ports;
  ports.log = [&](const std::string&, const std::string&, const std::string&, std::vector<lambda::LogEvent> batch) {
    for (auto& event : batch) events.push_back(std::move(event.message));
  };
  using lambda::OutputLog;
  for (const auto marks : {OutputLog::Marks::none, OutputLog::Marks::records}) {
    events.clear();
    const auto log = std::make_shared<OutputLog>(
        OutputLog::Stream{"us-east-1", "g", "s", marks}, time,
        [&](std::function<void()> task) { tasks.push_back(std::move(task)); }, ports);
    const std::size_t cut = bytes.empty() ? 1 : 1 + static_cast<unsigned char>(bytes.front()) % 7;
    for (std::size_t at = 0; at < bytes.size(); at += cut) log->print(bytes.substr(at, cut));
    log->write("END\n");
    while (!tasks.empty())
      for (auto& task : std::exchange(tasks, {})) task();
    std::string all;
    for (const auto& event : events) {
      CUMULET_HOLDS(!event.empty() && event.size() <= OutputLog::kMaxLine + 1);
      all += event;
    }
    CUMULET_HOLDS(all.ends_with("END\n"));
    if (marks == OutputLog::Marks::none) CUMULET_HOLDS(all == std::string(bytes) + "END\n");
    CUMULET_HOLDS(log->tail().size() <= OutputLog::kTail);
  }
}
