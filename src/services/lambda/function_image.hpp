#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "runtime/environment.hpp"
#include "services/lambda/model_function.hpp"

// Functions from container images.
// https://docs.aws.amazon.com/lambda/latest/dg/images-create.html
namespace cumulet::lambda {

inline constexpr std::string_view kImagePackage = "Image";

// The image that a version runs, pinned when it was given; stored with it, so that it runs on when its repository is
// gone.
struct FunctionImage {
  std::string image_uri;     // as it was asked for
  std::string resolved_uri;  // by its digest
  std::string architecture;  // "x86_64", "arm64"; whatever else images are made for
  // What its configuration says.
  std::vector<std::string> entry_point, command;
  std::vector<std::string> environment;  // "NAME=value"
  std::string working_directory;

  static wire::Shape shape() {  // the stored form
    return wire::structure("FunctionImage", {
                                                wire::member<&FunctionImage::image_uri>("ImageUri"),
                                                wire::member<&FunctionImage::resolved_uri>("ResolvedUri"),
                                                wire::member<&FunctionImage::architecture>("Architecture"),
                                                wire::member<&FunctionImage::entry_point>("EntryPoint"),
                                                wire::member<&FunctionImage::command>("Command"),
                                                wire::member<&FunctionImage::environment>("Environment"),
                                                wire::member<&FunctionImage::working_directory>("WorkingDirectory"),
                                            });
  }
};

// How it is run: `configuration` is the function's. Without the root.
runtime::ImageLaunch image_launch(const FunctionImage& image, const FunctionConfiguration& configuration);

// InvalidParameterValueException where the members of a request do not fit its PackageType.
Result<void> check_package_type(const CreateFunctionRequest& request);
// The same of a change of a function that is of the type.
Result<void> check_package_type(const UpdateFunctionCodeRequest& request, std::string_view package_type);
Result<void> check_package_type(const UpdateFunctionConfigurationRequest& request, std::string_view package_type);
// As it is told again: nullopt, when it replaces nothing.
std::optional<ImageConfigResponse> image_config_told(const ImageConfig& config);

// InvalidParameterValueException for an image that cannot be had or run, in Lambda's words.
Error image_not_valid(std::string_view uri, std::string_view why);
Error image_not_found(std::string_view uri);
Error image_type_not_supported(std::string_view uri, std::string_view why);

}  // namespace cumulet::lambda
