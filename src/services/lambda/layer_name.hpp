#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cumulet::lambda {

// A layer's version as an ARN names it: "arn:aws:lambda:REGION:ACCOUNT:layer:NAME:NUMBER".
struct LayerVersionName {
  std::string region, name;
  std::int64_t number = 0;

  static std::optional<LayerVersionName> parse(std::string_view arn);
};

std::string layer_arn(std::string_view region, std::string_view name);
// Of a layer that a request names by its name or its ARN.
std::string bare_layer_name(std::string_view text);

}  // namespace cumulet::lambda
