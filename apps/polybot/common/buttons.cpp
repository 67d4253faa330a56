#include "apps/polybot/common/buttons.hpp"

namespace cumulet::polybot {
namespace {

constexpr std::string_view kCancel = "cancel:", kRetry = "retry:";

}  // namespace

json::object keyboard(Button button, const Job& job) {
  const bool is_cancel = button == Button::cancel;
  json::object one{{"text", is_cancel ? "Cancel" : "Retry"},
                   {"callback_data", std::string(is_cancel ? kCancel : kRetry) + job.id()}};
  return {{"inline_keyboard", json::array{json::array{std::move(one)}}}};
}

std::optional<Pressed> pressed_of(std::string_view data) {
  for (const auto& [prefix, button] : {std::pair{kCancel, Button::cancel}, std::pair{kRetry, Button::retry}})
    if (data.starts_with(prefix) && is_job_id(data.substr(prefix.size())))
      return Pressed{button, std::string(data.substr(prefix.size()))};
  return std::nullopt;
}

}  // namespace cumulet::polybot
