#include <sys/stat.h>

#include <fstream>

#include "runtime/launch_plan.hpp"
#include "runtime/variables.hpp"

namespace cumulet::runtime {
namespace {

namespace fs = std::filesystem;

constexpr const char* kBootstrap = "/var/task/bootstrap";

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
  const fs::path bootstrap = spec.code / "bootstrap";
  struct stat info;
  if (::stat(bootstrap.c_str(), &info) != 0 || !S_ISREG(info.st_mode))
    return invalid_entrypoint("Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]");
  if ((info.st_mode & 0111) == 0) return invalid_entrypoint("fork/exec /var/task/bootstrap: permission denied");
  if (!is_program(bootstrap))  // an empty file, a data file: said before anything starts
    return invalid_entrypoint("fork/exec /var/task/bootstrap: exec format error");
  LaunchPlan plan;
  plan.binds = {{spec.code, "/var/task", process::Access::read_only}};
  plan.command = {kBootstrap};
  plan.environment = environment_variables(spec, runtime_api);
  return plan;
}

}  // namespace cumulet::runtime
