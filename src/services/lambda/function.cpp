#include "services/lambda/function.hpp"

#include <algorithm>
#include <charconv>

namespace cumulet::lambda {

bool Function::has(std::string_view qualifier) const {
  if (qualifier == kLatest || aliases.contains(std::string(qualifier))) return true;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(qualifier.data(), qualifier.data() + qualifier.size(), number);
  return error == std::errc{} && end == qualifier.data() + qualifier.size() && published.contains(number);
}

bool FunctionVersion::uses(std::string_view code) const {
  return code_id == code || std::find(layer_codes.begin(), layer_codes.end(), code) != layer_codes.end();
}

std::set<std::string> Function::code_ids() const {
  std::set<std::string> ids;
  const auto add = [&ids](const FunctionVersion& version) {
    ids.insert(version.code_id);
    ids.insert(version.layer_codes.begin(), version.layer_codes.end());
  };
  add(latest);
  for (const auto& [number, version] : published) add(*version);
  return ids;
}

VersionRef find_version(const FunctionRef& function, std::string_view version) {
  if (version == kLatest) return {function, &function->latest};
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(version.data(), version.data() + version.size(), number);
  if (error != std::errc{} || end != version.data() + version.size()) return nullptr;
  const auto found = function->published.find(number);
  return found == function->published.end() ? nullptr : found->second;
}

VersionRef version_to_run(const FunctionRef& function, const std::optional<std::string>& qualifier, double share) {
  if (!qualifier) return find_version(function, kLatest);
  const auto alias = function->aliases.find(*qualifier);
  if (alias == function->aliases.end()) return find_version(function, *qualifier);
  for (const auto& [version, weight] : alias->second.additional_weights)
    if (share < weight) return find_version(function, version);
  return find_version(function, alias->second.function_version);
}

std::string arn_suffix(const std::optional<std::string>& qualifier) { return qualifier ? ':' + *qualifier : ""; }

}  // namespace cumulet::lambda
