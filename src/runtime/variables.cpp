#include "runtime/variables.hpp"

namespace cumulet::runtime {
namespace {

using Variables = std::map<std::string, std::string>;

const std::string kXrayDaemon = "169.254.79.129";

// Of AWS X-Ray: nobody listens there, as where tracing is not active.
void add_tracing(Variables& all) {
  all["AWS_XRAY_CONTEXT_MISSING"] = "LOG_ERROR";
  all["AWS_XRAY_DAEMON_ADDRESS"] = kXrayDaemon + ":2000";
  all["_AWS_XRAY_DAEMON_ADDRESS"] = kXrayDaemon;
  all["_AWS_XRAY_DAEMON_PORT"] = "2000";
}

// Those that nobody can replace.
void add_reserved(const EnvironmentSpec& spec, const std::string& runtime_api, Variables& all) {
  all["AWS_REGION"] = spec.region;
  all["AWS_DEFAULT_REGION"] = spec.region;
  all["AWS_LAMBDA_RUNTIME_API"] = runtime_api;
  all["AWS_LAMBDA_FUNCTION_NAME"] = spec.function_name;
  all["AWS_LAMBDA_FUNCTION_VERSION"] = spec.version;
  all["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] = std::to_string(spec.memory_mb);
  all["AWS_LAMBDA_LOG_GROUP_NAME"] = spec.log_group;
  all["AWS_LAMBDA_LOG_STREAM_NAME"] = spec.log_stream;
  all["AWS_LAMBDA_INITIALIZATION_TYPE"] = "on-demand";
  all["AWS_ACCESS_KEY_ID"] = spec.credentials.access_key_id;
  all["AWS_SECRET_ACCESS_KEY"] = spec.credentials.secret_access_key;
  all["AWS_SESSION_TOKEN"] = spec.credentials.session_token;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> environment_variables(
    const EnvironmentSpec& spec, const std::string& runtime_api, const std::map<std::string, std::string>& of_runtime) {
  Variables all = {
      {"LANG", "en_US.UTF-8"},
      {"SHLVL", "0"},
      {"TZ", ":UTC"},
      {"PATH", "/usr/local/bin:/usr/bin/:/bin:/opt/bin"},
      {"LD_LIBRARY_PATH", "/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib"},
  };
  add_tracing(all);
  for (const auto& [name, value] : of_runtime) all[name] = value;
  if (!spec.endpoint_url.empty()) all["AWS_ENDPOINT_URL"] = spec.endpoint_url;
  for (const auto& [name, value] : spec.variables) all[name] = value;
  all["LAMBDA_TASK_ROOT"] = "/var/task";
  all["LAMBDA_RUNTIME_DIR"] = "/var/runtime";
  all["_HANDLER"] = spec.handler;
  add_reserved(spec, runtime_api, all);
  return {all.begin(), all.end()};
}

std::vector<std::pair<std::string, std::string>> image_variables(const EnvironmentSpec& spec,
                                                                 const std::string& runtime_api) {
  Variables all = {
      {"LAMBDA_TASK_ROOT", "/var/task"},
      {"LAMBDA_RUNTIME_DIR", "/var/runtime"},
      {"TZ", ":UTC"},
      {"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},  // as container tools have it
  };
  add_tracing(all);
  for (const auto& [name, value] : spec.image->variables) all[name] = value;
  if (!spec.endpoint_url.empty()) all["AWS_ENDPOINT_URL"] = spec.endpoint_url;
  for (const auto& [name, value] : spec.variables) all[name] = value;
  add_reserved(spec, runtime_api, all);
  return {all.begin(), all.end()};
}

}  // namespace cumulet::runtime
