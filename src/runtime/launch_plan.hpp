#pragma once
#include <filesystem>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "process/sandbox.hpp"
#include "runtime/environment.hpp"
#include "runtime/runtime_folders.hpp"

namespace cumulet::runtime {

// How an environment's process is launched: all that differs from one kind of function to the next. Paths are those
// inside the sandbox but for the binds' sources.
struct LaunchPlan {
  process::Root root = process::Root::machine;
  std::filesystem::path root_folder;  // of Root::folder
  std::vector<process::Bind> binds;
  std::vector<std::string> command;                              // the program, then its arguments
  std::vector<std::pair<std::string, std::string>> environment;  // the whole of it
  std::filesystem::path working_directory = "/var/task";
};

// Failure: what Lambda says of a function that cannot be started.
using Planned = std::variant<LaunchPlan, Failure>;

// The plan for the spec's runtime. Looks at the function's files and may block. `runtime_api`: "127.0.0.1:9001".
Planned plan_launch(const EnvironmentSpec& spec, const std::string& runtime_api, RuntimeFolders& folders);

// One maker for each kind.
// OS-only runtimes: the package's `bootstrap`. https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html
Planned plan_provided(const EnvironmentSpec& spec, const std::string& runtime_api);
// Managed runtimes: our client on the machine's interpreter.
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html
Planned plan_managed(const EnvironmentSpec& spec, const Runtime& runtime, const std::string& runtime_api,
                     RuntimeFolders& folders);
// Container images: what ENTRYPOINT and CMD say, in the image's own root.
// https://docs.aws.amazon.com/lambda/latest/dg/images-create.html
Planned plan_image(const EnvironmentSpec& spec, const std::string& runtime_api);
// The line of the log that tells why an image was not launched.
std::string image_launch_error(const ImageLaunch& image, std::string_view why);

// What all zip packages see: /var/task, and /opt where the function has layers.
std::vector<process::Bind> package_binds(const EnvironmentSpec& spec);

}  // namespace cumulet::runtime
