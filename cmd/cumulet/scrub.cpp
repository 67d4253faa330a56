#include "server/scrub.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "cmd/cumulet/commands.hpp"
#include "server/config.hpp"

namespace cumulet::cli {
namespace {

// Names are what clients sent: nothing of them is to move the cursor.
std::string shown(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = '?';
  return text;
}

void run_scrub(const std::string& flag) {
  const std::filesystem::path data = flag.empty() ? server::default_data_folder() : std::filesystem::path(flag);
  const auto done = server::scrub(data);
  if (!done.ok()) {
    std::fprintf(stderr, "cumulet scrub: %s\n", done.error().message().c_str());
    throw CLI::RuntimeError(1);
  }
  for (const auto& damage : done->found())
    std::printf("DAMAGED  %s\n         → %s\n", shown(damage.what).c_str(), shown(damage.advice).c_str());
  std::printf("%llu things read, %.1f MB: ", static_cast<unsigned long long>(done->items()),
              static_cast<double>(done->bytes()) / 1e6);
  if (done->found().empty()) {
    std::puts("all is as it was written");
    return;
  }
  std::printf("%zu damaged\n", done->found().size());
  throw CLI::RuntimeError(1);
}

}  // namespace

void add_scrub(CLI::App& app) {
  const auto data = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand(
      "scrub", "Read all that a stopped engine's data folder holds, and say what is damaged (exit status 1)");
  command->add_option("--data", *data, "Data folder (default: " + server::default_data_folder().string() + ")");
  command->callback([data] { run_scrub(*data); });
}

}  // namespace cumulet::cli
