#include <sys/stat.h>

#include <fstream>

#include "runtime/launch_plan.hpp"
#include "runtime/variables.hpp"

namespace cumulet::runtime {
namespace {

namespace fs = std::filesystem;

bool is_program(const fs::path& file) {
  char start[4] = {};
  std::ifstream in(file, std::ios::binary);
  in.read(start, sizeof start);
  return std::string_view(start, 2) == "#!" || std::string_view(start, 4) ==
                                                   "\x7f"
                                                   "ELF";
}

Failure invalid_entrypoint(std::string message) { return {"Runtime.InvalidEntrypoint", std::move(message), {}}; }

}  // namespace

Planned plan_provided(const EnvironmentSpec& spec, const std::string& runtime_api) {
  // The package's own, else that of a layer.
  fs::path bootstrap = spec.code / "bootstrap";
  std::string inside = "/var/task/bootstrap";
  struct stat info;
  bool is_there = ::stat(bootstrap.c_str(), &info) == 0 && S_ISREG(info.st_mode);
  if (!is_there && !spec.layers.empty()) {
    bootstrap = spec.layers / "bootstrap";
    inside = "/opt/bootstrap";
    is_there = ::stat(bootstrap.c_str(), &info) == 0 && S_ISREG(info.st_mode);
  }
  if (!is_there) return invalid_entrypoint("Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]");
  if ((info.st_mode & 0111) == 0) return invalid_entrypoint("fork/exec " + inside + ": permission denied");
  if (!is_program(bootstrap))  // an empty file, a data file: said before anything starts
    return invalid_entrypoint("fork/exec " + inside + ": exec format error");
  LaunchPlan plan;
  plan.binds = package_binds(spec);
  plan.command = {inside};
  plan.environment = environment_variables(spec, runtime_api);
  return plan;
}

}  // namespace cumulet::runtime
