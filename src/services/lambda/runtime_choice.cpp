#include "services/lambda/runtime_choice.hpp"

#include <algorithm>

#include "runtime/runtime_folders.hpp"
#include "services/lambda/errors.hpp"

namespace cumulet::lambda {
namespace {

using runtime::Family;

Error invalid(std::string message) { return user_error(kInvalidParameterValue, std::move(message)); }

std::string all_names() {
  std::string known;
  for (const auto& one : runtime::runtimes()) (known += known.empty() ? "" : ", ") += one.name;
  return known;
}

Error unknown(const std::string& runtime) {
  return invalid("Value " + runtime +
                 " at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [" + all_names() +
                 "] or be a valid ARN");
}

// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html#runtimes-deprecated
Error deprecated(const runtime::Runtime& runtime) {
  return invalid("The runtime parameter of " + std::string(runtime.name) +
                 " is no longer supported for creating or updating AWS Lambda functions. We recommend you use the new "
                 "runtime (" +
                 std::string(runtime.successor) + ") while creating or updating functions.");
}

Error by_image(const runtime::Runtime& runtime) {
  return invalid("The runtime " + std::string(runtime.name) +
                 " is not available in Cumulet, which runs Python, Node.js and OS-only runtimes from .zip files. Make it "
                 "a container image (PackageType Image) with the language and AWS's runtime interface client in it, or a "
                 ".zip file of provided.al2023 whose bootstrap starts the program, with its language beside it: both are "
                 "the same on AWS.");
}

Error no_interpreter(const runtime::Runtime& runtime) {
  const bool is_python = runtime.family == Family::python;
  return invalid("The runtime " + std::string(runtime.name) + " needs " +
                 (is_python ? "Python on this machine, and there is no /usr/bin/python3: apt-get install python3"
                            : "Node.js on this machine, and there is no /usr/bin/node: apt-get install nodejs") +
                 " (`cumulet doctor` tells what is there).");
}

}  // namespace

Result<void> check_runtime(const std::optional<std::string>& name) {
  if (!name) return {};
  const runtime::Runtime* runtime = runtime::find_runtime(*name);
  if (!runtime) return unknown(*name);
  if (!runtime->successor.empty()) return deprecated(*runtime);
  if (runtime->family == Family::provided) return {};
  if (runtime->family != Family::python && runtime->family != Family::node) return by_image(*runtime);
  if (!runtime::find_interpreter(*runtime)) return no_interpreter(*runtime);
  return {};
}

Result<void> check_runtime_name(const std::string& runtime, std::string_view member) {
  if (runtime::find_runtime(runtime)) return {};
  return user_error(kValidation, "1 validation error detected: Value '[" + runtime + "]' at '" + std::string(member) +
                                     "' failed to satisfy constraint: Member must satisfy constraint: [Member must "
                                     "satisfy enum value set: [" +
                                     all_names() + "]]");
}

std::string runtime_version_name(const std::string& runtime) {
  const auto begin =
      std::find_if(runtime.begin(), runtime.end(), [](char c) { return c == '.' || (c >= '0' && c <= '9'); });
  const std::string language(runtime.begin(), begin);
  std::string version(begin, runtime.end());
  if (version.starts_with('.')) version.erase(0, 1);
  if (version.ends_with(".x")) version.resize(version.size() - 2);
  return language + ':' + version + ".v1";
}

}  // namespace cumulet::lambda
