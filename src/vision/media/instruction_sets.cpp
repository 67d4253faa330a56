#include "vision/media/instruction_sets.hpp"

#include <hwy/highway.h>
#include <hwy/targets.h>

namespace cumulet::vision {

std::vector<std::string> instruction_sets() {
  static const std::vector<std::int64_t> kTargets = hwy::SupportedAndGeneratedTargets();  // before any choice
  std::vector<std::string> names;
  for (const std::int64_t target : kTargets) names.emplace_back(hwy::TargetName(target));
  return names;
}

void use_instruction_set(const std::string& name) {
  (void)instruction_sets();
  hwy::SetSupportedTargetsForTest(0);
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    if (name == hwy::TargetName(target)) hwy::SetSupportedTargetsForTest(target);
  }
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

}  // namespace cumulet::vision
