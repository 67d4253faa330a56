#include "services/lambda/runtime_choice.hpp"

#include <algorithm>

#include "runtime/runtime_folders.hpp"
#include "services/lambda/errors.hpp"

namespace cumulet::lambda {
namespace {

using runtime::Family;

Error invalid(std::string message) { return user_error(kInvalidParameterValue, std::move(message)); }

// As AWS lists what functions may have, and layers, in its own order (no order that means anything).
constexpr const char* kFunctionRuntimes =
    "nodejs20.x, python3.14, provided.al2023, python3.12, python3.13, nodejs24.x, nodejs22.x, java17, nodejs16.x, "
    "java25, dotnet8, python3.10, java11, python3.11, dotnet6, java21, nodejs18.x, provided.al2, ruby3.3, ruby3.4, "
    "java8.al2, ruby3.2, python3.8, python3.9";
constexpr const char* kLayerRuntimes =
    "ruby3.5, ruby2.6, dotnetcore1.0, python3.7, nodejs8.10, nasa, ruby2.7, python2.7-greengrass, dotnetcore2.0, "
    "python3.8, java21, dotnet6, dotnetcore2.1, python3.9, java11, nodejs6.10, provided, dotnetcore3.1, dotnet8, "
    "java25, java17, nodejs, nodejs4.3, java8.al2, go1.x, dotnet10, nodejs20.x, go1.9, byol, nodejs10.x, "
    "provided.al2023, nodejs22.x, python3.10, java8, nodejs12.x, python3.11, nodejs24.x, nodejs8.x, python3.12, "
    "nodejs14.x, nodejs8.9, nodejs26.x, python3.13, python3.14, nodejs16.x, python3.15, provided.al2, nodejs4.3-edge, "
    "nodejs18.x, ruby3.2, python3.4, ruby3.3, ruby3.4, ruby2.5, python3.6, python2.7";

Error unknown(const std::string& runtime) {
  return invalid("Value " + runtime +
                 " at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [" +
                 kFunctionRuntimes + "] or be a valid ARN");
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
                                     kLayerRuntimes + "], Member must not be null]");
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
