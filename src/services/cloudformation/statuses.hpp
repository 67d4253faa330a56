#pragma once
#include <string>
#include <string_view>

#include "cloudformation/node.hpp"

// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
namespace cumulet::cloudformation::service {

inline constexpr std::string_view kReview = "REVIEW_IN_PROGRESS";  // made by a change set that nobody has executed yet

inline bool is_being_changed(std::string_view status) { return status.ends_with("_IN_PROGRESS") && status != kReview; }

inline bool is_updatable(std::string_view status) {
  return status == "CREATE_COMPLETE" || status == "UPDATE_COMPLETE" || status == "UPDATE_ROLLBACK_COMPLETE";
}

inline Error no_such_stack(std::string_view name) {
  return template_error(0, "Stack with id " + std::string(name) + " does not exist");
}

}  // namespace cumulet::cloudformation::service
