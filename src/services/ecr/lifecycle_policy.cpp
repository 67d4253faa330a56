#include "services/ecr/lifecycle_policy.hpp"

#include <algorithm>
#include <numeric>
#include <set>

#include "base/json.hpp"
#include "base/text.hpp"
#include "services/ecr/errors.hpp"

namespace cumulet::ecr {
namespace {

constexpr std::size_t kMostRules = 50, kMostTexts = 100;

Error invalid(std::string why) {
  return Error{kInvalidParameter,
               "Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: "
               "'Lifecycle policy validation failure: " +
                   std::move(why) + "'"};
}

Result<std::int64_t> whole_number(const json::value& owner, std::string_view name, const std::string& where) {
  const json::value* const value = json::find(owner, name);
  if (value == nullptr || !value->is_int64() || value->as_int64() < 1 || value->as_int64() > 1'000'000'000)
    return invalid(where + ": '" + std::string(name) + "' must be a whole number of at least 1");
  return value->as_int64();
}

Result<std::vector<std::string>> texts(const json::value& owner, std::string_view name, const std::string& where) {
  std::vector<std::string> out;
  const json::value* const list = json::find(owner, name);
  if (list == nullptr) return out;
  if (!list->is_array() || list->get_array().size() > kMostTexts)
    return invalid(where + ": '" + std::string(name) + "' must be a list of at most 100 texts");
  for (const json::value& one : list->get_array()) {
    if (!one.is_string() || one.get_string().empty() || one.get_string().size() > 255)
      return invalid(where + ": '" + std::string(name) + "' holds something else than texts");
    out.emplace_back(one.get_string());
  }
  return out;
}

Result<void> read_selection(LifecycleRule& rule, const json::value& selection, const std::string& where) {
  const std::string status = json::text_at(selection, "tagStatus");
  if (status == "tagged")
    rule.of = LifecycleRule::Of::tagged;
  else if (status == "untagged")
    rule.of = LifecycleRule::Of::untagged;
  else if (status == "any")
    rule.of = LifecycleRule::Of::any;
  else
    return invalid(where + ": 'tagStatus' must be one of tagged, untagged, any");
  CUMULET_TRY(rule.prefixes, texts(selection, "tagPrefixList", where));
  CUMULET_TRY(rule.patterns, texts(selection, "tagPatternList", where));
  for (const std::string& pattern : rule.patterns)
    if (std::count(pattern.begin(), pattern.end(), '*') > 4)
      return invalid(where + ": a pattern in 'tagPatternList' has more than four wildcards");
  const bool names_tags = !rule.prefixes.empty() || !rule.patterns.empty();
  if (rule.of == LifecycleRule::Of::tagged && !names_tags)
    return invalid(where + ": 'tagStatus' tagged needs a 'tagPrefixList' or a 'tagPatternList'");
  if (rule.of != LifecycleRule::Of::tagged && names_tags)
    return invalid(where + ": only 'tagStatus' tagged has a 'tagPrefixList' or a 'tagPatternList'");
  if (!rule.prefixes.empty() && !rule.patterns.empty())
    return invalid(where + ": it has both a 'tagPrefixList' and a 'tagPatternList'");

  const std::string type = json::text_at(selection, "countType");
  const std::string unit = json::text_at(selection, "countUnit");
  if (type == "imageCountMoreThan") {
    rule.by = LifecycleRule::By::count;
    if (!unit.empty()) return invalid(where + ": 'countUnit' goes with 'sinceImagePushed' only");
  } else if (type == "sinceImagePushed") {
    rule.by = LifecycleRule::By::age;
    if (unit != "days") return invalid(where + ": 'countUnit' must be days");
  } else {
    return invalid(where + ": 'countType' must be imageCountMoreThan or sinceImagePushed");
  }
  CUMULET_TRY(rule.number, whole_number(selection, "countNumber", where));
  return {};
}

bool fits(const LifecycleRule& rule, const AgingImage& image) {
  if (rule.of == LifecycleRule::Of::untagged) return image.tags.empty();
  if (rule.of == LifecycleRule::Of::any) return true;
  const auto some_tag = [&](auto&& is_right) { return std::any_of(image.tags.begin(), image.tags.end(), is_right); };
  return std::all_of(rule.prefixes.begin(), rule.prefixes.end(),
                     [&](const std::string& prefix) {
                       return some_tag([&](const std::string& tag) { return tag.starts_with(prefix); });
                     }) &&
         std::all_of(rule.patterns.begin(), rule.patterns.end(), [&](const std::string& pattern) {
           return some_tag([&](const std::string& tag) { return matches_wildcard(pattern, tag, Wildcards::star); });
         });
}

}  // namespace

Result<LifecyclePolicy> parse_lifecycle_policy(std::string_view text) {
  auto parsed = json::parse(text, json::Limits{16});
  if (!parsed.ok()) return invalid(parsed.error().message());
  const json::value* const rules = json::find(*parsed, "rules");
  if (rules == nullptr || !rules->is_array() || rules->get_array().empty()) return invalid("'rules' must be a list");
  if (rules->get_array().size() > kMostRules) return invalid("it has more than 50 rules");
  LifecyclePolicy policy;
  std::set<int> priorities;
  for (const json::value& one : rules->get_array()) {
    const std::string where = "rule " + std::to_string(policy.rules.size() + 1);
    LifecycleRule rule;
    CUMULET_TRY(const std::int64_t priority, whole_number(one, "rulePriority", where));
    rule.priority = static_cast<int>(priority);
    if (!priorities.insert(rule.priority).second) return invalid(where + ": its 'rulePriority' is another rule's too");
    const json::value* const selection = json::find(one, "selection");
    if (selection == nullptr || !selection->is_object()) return invalid(where + ": 'selection' is missing");
    CUMULET_CHECK(read_selection(rule, *selection, where));
    const json::value* const action = json::find(one, "action");
    if (action == nullptr || json::text_at(*action, "type") != "expire")
      return invalid(where + ": 'action' must be of the type expire");
    policy.rules.push_back(std::move(rule));
  }
  std::sort(policy.rules.begin(), policy.rules.end(),
            [](const auto& a, const auto& b) { return a.priority < b.priority; });
  const auto any = [](const LifecycleRule& rule) { return rule.of == LifecycleRule::Of::any; };
  const auto first = std::find_if(policy.rules.begin(), policy.rules.end(), any);
  if (first != policy.rules.end() && first + 1 != policy.rules.end())
    return invalid("a rule with 'tagStatus' any must be the only one of its kind and have the highest 'rulePriority'");
  return policy;
}

std::vector<Expiry> expired(const LifecyclePolicy& policy, const std::vector<AgingImage>& images, TimePoint now) {
  std::vector<std::size_t> youngest_first(images.size());
  std::iota(youngest_first.begin(), youngest_first.end(), std::size_t{0});
  std::sort(youngest_first.begin(), youngest_first.end(), [&](std::size_t a, std::size_t b) {
    return images[a].pushed != images[b].pushed ? images[a].pushed > images[b].pushed
                                                : images[a].digest < images[b].digest;
  });
  std::vector<bool> is_taken(images.size());
  std::vector<Expiry> out;
  for (const LifecycleRule& rule : policy.rules) {
    std::int64_t seen = 0;
    for (const std::size_t i : youngest_first) {
      const AgingImage& image = images[i];
      if (image.is_in_index || !fits(rule, image)) continue;
      ++seen;
      const bool goes = rule.by == LifecycleRule::By::count ? seen > rule.number
                                                            : now - image.pushed > std::chrono::hours(24) * rule.number;
      if (!is_taken[i] && goes) out.push_back({i, rule.priority});
      is_taken[i] = true;
    }
  }
  std::sort(out.begin(), out.end(), [](const Expiry& a, const Expiry& b) { return a.image < b.image; });
  return out;
}

}  // namespace cumulet::ecr
