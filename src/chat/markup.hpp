#pragma once
#include "chat/text.hpp"

// The three notations of https://core.telegram.org/bots/api#formatting-options. Errors: kBadRequest, worded as
// Telegram's server words them; offsets in them are bytes.
namespace cumulet::chat {

Result<FormattedText> parse_html(std::string_view text);
Result<FormattedText> parse_markdown(std::string_view text);
Result<FormattedText> parse_markdown_v2(std::string_view text);

}  // namespace cumulet::chat
