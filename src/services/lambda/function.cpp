#include "services/lambda/function.hpp"

#include <charconv>

namespace cumulet::lambda {

bool Function::has(std::string_view qualifier) const {
  if (qualifier == kLatest || aliases.contains(std::string(qualifier))) return true;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(qualifier.data(), qualifier.data() + qualifier.size(), number);
  return error == std::errc{} && end == qualifier.data() + qualifier.size() && published.contains(number);
}

std::set<std::string> Function::code_ids() const {
  std::set<std::string> ids{latest.code_id};
  for (const auto& [number, version] : published) ids.insert(version->code_id);
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
