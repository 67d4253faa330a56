#include "runtime/launch_plan.hpp"
#include "runtime/variables.hpp"

namespace cumulet::runtime {
namespace {

namespace fs = std::filesystem;

// What AWS's managed runtimes have where OS-only ones have less; the function may set all but the first.
std::map<std::string, std::string> variables_of(const Runtime& runtime) {
  std::map<std::string, std::string> out = {
      {"AWS_EXECUTION_ENV", "AWS_Lambda_" + std::string(runtime.name)},
      {"PATH", "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin"},
      {"LD_LIBRARY_PATH",
       "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib"}};
  if (runtime.family == Family::python) out["PYTHONPATH"] = "/var/runtime";
  if (runtime.family == Family::node)
    out["NODE_PATH"] = "/opt/nodejs/node" + std::string(runtime.version) +
                       "/node_modules:/opt/nodejs/node_modules:/var/runtime/node_modules:/var/runtime:/var/task";
  return out;
}

// -S: no site-packages of the machine's, whose .pth files alone take longer than the rest. -u: what was printed is seen
// even if the function dies the next moment.
std::vector<std::string> python_command(const fs::path& interpreter, const fs::path& folder) {
  std::error_code ec;
  const char* bootstrap =
      fs::exists(folder / kCompiledPythonBootstrap, ec) ? kCompiledPythonBootstrap : kPythonBootstrap;
  return {interpreter, "-S", "-u", fs::path("/var/runtime") / bootstrap};
}

std::vector<std::string> node_command(const fs::path& interpreter) {
  return {interpreter, "--expose-gc", "--max-http-header-size=81920", "/var/runtime/index.mjs"};
}

}  // namespace

Planned plan_managed(const EnvironmentSpec& spec, const Runtime& runtime, const std::string& runtime_api,
                     RuntimeFolders& folders) {
  const auto interpreter = find_interpreter(runtime);
  if (!interpreter)
    return Failure{"Runtime.InvalidRuntime",
                   "this machine has nothing that runs " + std::string(runtime.name) + ": `cumulet doctor` tells more",
                   {}};
  const auto folder = folders.get(runtime, *interpreter);
  if (!folder.ok()) return Failure{"Runtime.InvalidRuntime", folder.error().message(), {}};
  LaunchPlan plan;
  plan.binds = package_binds(spec);
  plan.binds.push_back({*folder, "/var/runtime", process::Access::read_only});
  // ES modules do not look where NODE_PATH points, but in the folders above their own.
  if (const auto packages = runtime.family == Family::node ? find_node_packages() : std::nullopt)
    for (const char* target : {"/var/runtime/node_modules", "/node_modules"})
      plan.binds.push_back({*packages, target, process::Access::read_only});
  const fs::path layer_packages = spec.layers / "nodejs" / "node_modules";
  std::error_code ec;
  if (runtime.family == Family::node && !spec.layers.empty() && fs::is_directory(layer_packages, ec))
    plan.binds.push_back({layer_packages, "/var/node_modules", process::Access::read_only});
  plan.command = runtime.family == Family::python ? python_command(*interpreter, *folder) : node_command(*interpreter);
  // https://docs.aws.amazon.com/lambda/latest/dg/runtimes-modify.html#runtime-wrapper
  const auto wrapper = spec.variables.find("AWS_LAMBDA_EXEC_WRAPPER");
  if (wrapper != spec.variables.end() && !wrapper->second.empty())
    plan.command.insert(plan.command.begin(), wrapper->second);
  plan.environment = environment_variables(spec, runtime_api, variables_of(runtime));
  return plan;
}

}  // namespace cumulet::runtime
