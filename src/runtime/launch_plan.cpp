#include "runtime/launch_plan.hpp"

namespace cumulet::runtime {

Planned plan_launch(const EnvironmentSpec& spec, const std::string& runtime_api, RuntimeFolders& folders) {
  if (spec.image) return plan_image(spec, runtime_api);
  const Runtime* runtime = find_runtime(spec.runtime);
  if (!runtime) return Failure{"Runtime.InvalidRuntime", "there is no runtime '" + spec.runtime + "'", {}};
  if (runtime->family == Family::provided) return plan_provided(spec, runtime_api);
  return plan_managed(spec, *runtime, runtime_api, folders);
}

std::vector<process::Bind> package_binds(const EnvironmentSpec& spec) {
  std::vector<process::Bind> binds = {{spec.code, "/var/task", process::Access::read_only}};
  if (!spec.layers.empty()) binds.push_back({spec.layers, "/opt", process::Access::read_only});
  return binds;
}

}  // namespace cumulet::runtime
