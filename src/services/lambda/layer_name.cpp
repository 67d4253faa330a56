#include "services/lambda/layer_name.hpp"

#include <charconv>

#include "base/arn.hpp"

namespace cumulet::lambda {

std::optional<LayerVersionName> LayerVersionName::parse(std::string_view text) {
  const auto arn = Arn::parse(text);
  constexpr std::string_view kLayer = "layer:";
  if (!arn || arn->service != "lambda" || !arn->resource.starts_with(kLayer)) return std::nullopt;
  const std::string rest = arn->resource.substr(kLayer.size());
  const auto colon = rest.rfind(':');
  if (colon == std::string::npos || colon == 0) return std::nullopt;
  LayerVersionName named{arn->region, rest.substr(0, colon), 0};
  const char* end = rest.data() + rest.size();
  const auto [at, error] = std::from_chars(rest.data() + colon + 1, end, named.number);
  if (error != std::errc{} || at != end) return std::nullopt;
  return named;
}

std::string layer_arn(std::string_view region, std::string_view name) {
  return "arn:aws:lambda:" + std::string(region) + ':' + std::string(kAccountId) + ":layer:" + std::string(name);
}

std::string bare_layer_name(std::string_view text) { return std::string(text.substr(text.rfind(':') + 1)); }

}  // namespace cumulet::lambda
