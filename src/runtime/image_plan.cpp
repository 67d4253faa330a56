#include "runtime/launch_plan.hpp"
#include "runtime/variables.hpp"

namespace cumulet::runtime {
namespace {

Failure invalid_entrypoint(std::string message) { return {"Runtime.InvalidEntrypoint", std::move(message), {}}; }

}  // namespace

Planned plan_image(const EnvironmentSpec& spec, const std::string& runtime_api) {
  const ImageLaunch& image = *spec.image;
  if (image.command.empty() || image.command.front().empty())
    return invalid_entrypoint("Couldn't find valid bootstrap(s): []");
  if (image.is_for_another_processor)
    return invalid_entrypoint("fork/exec " + image.command.front() + ": exec format error");
  if (!image.working_directory.empty() && image.working_directory.front() != '/')
    return Failure{"Runtime.InvalidWorkingDir",
                   "the working directory '" + image.working_directory +
                       "' is invalid, it needs to be an absolute path",
                   {}};
  LaunchPlan plan;
  plan.root = process::Root::folder;
  plan.root_folder = image.root;
  plan.command = image.command;
  plan.environment = image_variables(spec, runtime_api);
  plan.working_directory = image.working_directory.empty() ? "/" : image.working_directory;
  return plan;
}

std::string image_launch_error(const ImageLaunch& image, std::string_view why) {
  std::string entrypoint, command;
  for (std::size_t i = 0; i < image.command.size(); ++i) {
    std::string& words = i < image.entrypoint ? entrypoint : command;
    (words += words.empty() ? "" : " ") += image.command[i];
  }
  return "IMAGE\tLaunch error: " + std::string(why) + "\tEntrypoint: [" + entrypoint + "]\tCmd: [" + command +
         "]\tWorkingDir: [" + image.working_directory + "]\n";
}

}  // namespace cumulet::runtime
