#pragma once
#include <string>
#include <string_view>

#include "chat/form.hpp"

namespace cumulet::chat {

// The `reply_markup` parameter when it is an inline keyboard, as JSON text; else empty: the other kinds change a
// person's keyboard, and the page has none. Error: kBadRequest, worded as Telegram's.
Result<std::string> reply_markup_of(const Form& form);

// Whether one of the keyboard's buttons has this callback_data.
bool has_button(std::string_view reply_markup, std::string_view data);

}  // namespace cumulet::chat
