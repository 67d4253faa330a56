#include "runtime/launch_plan.hpp"

namespace cumulet::runtime {

Planned plan_launch(const EnvironmentSpec& spec, const std::string& runtime_api, RuntimeFolders& folders) {
  const Runtime* runtime = find_runtime(spec.runtime);
  if (!runtime) return Failure{"Runtime.InvalidRuntime", "there is no runtime '" + spec.runtime + "'", {}};
  if (runtime->family == Family::provided) return plan_provided(spec, runtime_api);
  return plan_managed(spec, *runtime, runtime_api, folders);
}

}  // namespace cumulet::runtime
