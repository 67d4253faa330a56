#pragma once
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "base/result.hpp"

// Texts with entities (https://core.telegram.org/bots/api#formatting-options). Offsets and lengths count UTF-16 code
// units, as everywhere in the Bot API.
namespace cumulet::chat {

struct FormattedText {
  std::string text;
  json::array entities;  // MessageEntity objects, by offset
};

std::size_t utf16_length(std::string_view utf8);

// Entities that Telegram finds in plain text: bot_command, mention, hashtag, url, email.
json::array find_entities(std::string_view text);

// What a bot sends: `mode` is the parse_mode ("", "HTML", "Markdown", "MarkdownV2", case-insensitive); `given` the
// `entities` parameter, used when there is no mode. Blanks around the text are cut, plain entities found.
// Errors: kBadRequest "can't parse entities: ...", "unsupported parse_mode".
Result<FormattedText> format(std::string_view text, std::string_view mode, const json::value& given);

}  // namespace cumulet::chat
