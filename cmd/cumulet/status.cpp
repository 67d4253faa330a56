#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <memory>
#include <thread>

#include "cmd/cumulet/commands.hpp"
#include "cmd/cumulet/status_document.hpp"
#include "cmd/cumulet/view/text.hpp"

namespace cumulet::cli {
namespace {

constexpr std::chrono::seconds kWatchPause{2};

struct StatusFlags {
  std::string endpoint;
  std::string since = "24h";
  bool is_json = false;
  bool is_watching = false;
};

void run_status(const StatusFlags& flags) {
  const SystemClock clock;
  const view::Paint paint = view::paint_of_stdout();
  for (;;) {
    // Anew each time: the engine may have been stopped and started.
    const auto session = Session::open(flags.endpoint);
    const TimePoint now = clock.now();
    const json::object status = status_document(*session, since_time(flags.since, now, "--since"), flags.since);
    std::string text = flags.is_json ? json::text(status) + '\n' : view::status_text(status, now, paint);
    if (flags.is_watching && !flags.is_json && ::isatty(1)) text = "\x1b[H\x1b[2J" + text;
    std::fputs(text.c_str(), stdout);
    std::fflush(stdout);
    if (!flags.is_watching) return;
    std::this_thread::sleep_for(kWatchPause);
  }
}

}  // namespace

void add_status(::CLI::App& app) {
  const auto flags = std::make_shared<StatusFlags>();
  ::CLI::App* command = app.add_subcommand(
      "status", "What failed last and why, and what runs: stacks, functions, queues, mappings, machines, face jobs");
  command->add_option("--since", flags->since, "How far back failures are told: 90s, 10m, 2h, 1d, or an ISO 8601 time")
      ->capture_default_str();
  command->add_flag("--watch,-w", flags->is_watching, "Tell it anew every two seconds, until Ctrl-C");
  command->add_flag("--json", flags->is_json, "As one JSON document a line");
  add_endpoint_option(*command, flags->endpoint);
  command->callback([flags] { run_status(*flags); });
}

}  // namespace cumulet::cli
