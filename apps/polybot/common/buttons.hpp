#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "apps/polybot/common/job.hpp"

// The button under a message of the worker's, and what the bot is told when it is pressed.
// https://core.telegram.org/bots/api#inlinekeyboardbutton (callback_data: 64 bytes at most)
namespace cumulet::polybot {

enum class Button { cancel, retry };

// A `reply_markup` with one button for this job.
json::object keyboard(Button button, const Job& job);

struct Pressed {
  Button button;
  std::string job_id;
};
// Of a callback query's `data`; nullopt: no button of ours.
std::optional<Pressed> pressed_of(std::string_view data);

}  // namespace cumulet::polybot
