#include "services/lambda/function_image.hpp"

#include "services/lambda/errors.hpp"

namespace cumulet::lambda {
namespace {

Error invalid(std::string message) { return user_error(kInvalidParameterValue, std::move(message)); }

bool is_given(const std::optional<std::vector<std::string>>& list) { return list && !list->empty(); }
bool is_given(const std::optional<std::string>& text) { return text && !text->empty(); }

bool replaces_something(const std::optional<ImageConfig>& config) {
  return config && (is_given(config->entry_point) || is_given(config->command) || is_given(config->working_directory));
}

Error no_image_settings() {
  return invalid("Please don't provide ImageConfig when the intended function PackageType is Zip.");
}

// Its words become the arguments of a program: a zero byte would end one early.
Result<void> check_words(const std::optional<ImageConfig>& config) {
  if (!config) return {};
  const auto is_whole = [](const std::string& word) { return word.find('\0') == std::string::npos; };
  for (const auto* list : {&config->entry_point, &config->command})
    if (*list)
      for (const std::string& word : **list)
        if (!is_whole(word)) return invalid("EntryPoint and Command cannot hold a zero byte.");
  if (config->working_directory && !is_whole(*config->working_directory))
    return invalid("WorkingDirectory cannot hold a zero byte.");
  return {};
}

}  // namespace

runtime::ImageLaunch image_launch(const FunctionImage& image, const FunctionConfiguration& configuration) {
  const ImageConfig replaced =
      configuration.image_config_response ? configuration.image_config_response->image_config : ImageConfig{};
  runtime::ImageLaunch launch;
  launch.command = is_given(replaced.entry_point) ? *replaced.entry_point : image.entry_point;
  launch.entrypoint = launch.command.size();
  const auto& command = is_given(replaced.command) ? *replaced.command : image.command;
  launch.command.insert(launch.command.end(), command.begin(), command.end());
  launch.working_directory =
      is_given(replaced.working_directory) ? *replaced.working_directory : image.working_directory;
  for (const std::string& variable : image.environment)
    launch.variables[variable.substr(0, variable.find('='))] = variable.substr(variable.find('=') + 1);
  launch.is_for_another_processor =
      !configuration.architectures.empty() && image.architecture != configuration.architectures.front();
  return launch;
}

Result<void> check_package_type(const CreateFunctionRequest& request) {
  if (request.package_type.value_or("Zip") != kImagePackage) {
    if (!request.runtime || !request.handler)
      return invalid("Runtime and Handler are mandatory parameters for functions created with deployment packages.");
    if (request.code.image_uri)
      return invalid("Please don't provide ImageUri when the intended function PackageType is Zip.");
    if (replaces_something(request.image_config)) return no_image_settings();
    return {};
  }
  if (request.runtime || request.handler || is_given(request.layers))
    return invalid(
        "Please don't provide Handler or Runtime or Layer when the intended function PackageType is Image.");
  if (!request.code.image_uri || request.code.zip_file || request.code.s3_bucket || request.code.s3_key)
    return invalid("Please provide ImageUri when creating a function with packageType Image.");
  if (request.snap_start && request.snap_start->apply_on == "PublishedVersions")
    return invalid("SnapStart is not supported for functions created with container images.");
  return check_words(request.image_config);
}

Result<void> check_package_type(const UpdateFunctionCodeRequest& request, std::string_view package_type) {
  const bool names_zip = request.zip_file || request.s3_bucket || request.s3_key;
  if (package_type == kImagePackage) {
    if (names_zip || !request.image_uri)
      return invalid("Please provide ImageUri when updating a function with packageType Image.");
  } else if (request.image_uri) {
    return invalid("Please don't provide ImageUri when updating a function with packageType Zip.");
  }
  return {};
}

Result<void> check_package_type(const UpdateFunctionConfigurationRequest& request, std::string_view package_type) {
  if (package_type != kImagePackage) {
    if (replaces_something(request.image_config)) return no_image_settings();
    return {};
  }
  if (is_given(request.layers))
    return invalid("Lambda layers are not supported for functions created with container images.");
  if (request.runtime || request.handler)
    return invalid("Please don't provide Handler or Runtime or Layer when the intended function PackageType is Image.");
  if (request.snap_start && request.snap_start->apply_on == "PublishedVersions")
    return invalid("SnapStart is not supported for functions created with container images.");
  return check_words(request.image_config);
}

std::optional<ImageConfigResponse> image_config_told(const ImageConfig& config) {
  if (!replaces_something(config)) return std::nullopt;
  ImageConfigResponse told;
  if (is_given(config.entry_point)) told.image_config.entry_point = config.entry_point;
  if (is_given(config.command)) told.image_config.command = config.command;
  if (is_given(config.working_directory)) told.image_config.working_directory = config.working_directory;
  return told;
}

Error image_not_valid(std::string_view uri, std::string_view why) {
  std::string message = "Source image " + std::string(uri) + " is not valid. Provide a valid source image.";
  if (!why.empty()) message += " (" + std::string(why) + ")";
  return invalid(std::move(message));
}

Error image_not_found(std::string_view uri) {
  return invalid("Source image " + std::string(uri) + " does not exist. Provide a valid source image.");
}

Error image_type_not_supported(std::string_view uri, std::string_view why) {
  return invalid("The image manifest, config or layer media type for the source image " + std::string(uri) +
                 " is not supported. (" + std::string(why) + ")");
}

}  // namespace cumulet::lambda
