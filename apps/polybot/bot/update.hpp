#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"

// Updates of getUpdates, as far as the bot looks at them. What comes may be anything: what is not understood is left
// out, never an error. https://core.telegram.org/bots/api#update
namespace cumulet::polybot {

struct IncomingFile {
  std::string file_id, name, media_type;  // of a document; a video's name may be empty
  bool is_video = false;                  // sent as one, or declared as one
};

struct IncomingMessage {
  std::int64_t chat_id = 0, message_id = 0, date = 0;
  std::string text;  // or a file's caption
  bool is_caption = false;
  std::string link;  // the first http(s) link of the text, or behind its words; empty: none
  std::optional<IncomingFile> file;
  bool is_content = false;  // something a person sent, in contrast to "joined the group" and the like
  // What the message answers to.
  std::string replied_link;
  std::optional<IncomingFile> replied_file;
  std::int64_t moved_to = 0;  // the supergroup that this group became; 0: it did not
  bool in_group = false;      // a group or supergroup, where most is not meant for the bot
  std::string replied_bot;    // user name of the bot whose message this one answers to
  std::string album;          // id of the album that it is a part of
};

// Somebody pressed a button under a message. https://core.telegram.org/bots/api#callbackquery
struct Press {
  std::string id;  // for answerCallbackQuery
  std::int64_t chat_id = 0, message_id = 0;
  std::string data;
};

struct Update {
  std::int64_t id = 0;
  std::optional<IncomingMessage> message;  // neither: of a kind, or a form, that the bot has no answer to
  std::optional<Press> press;
};

// At most 1,000, by ascending id; what has no id is left out, for it cannot be confirmed either.
std::vector<Update> read_updates(const json::value& result);

// "/blur@PolyBot  LINK" -> {"blur", "PolyBot", "LINK"}; nullopt: no command.
struct Command {
  std::string name;  // lower case, without slash and bot
  std::string bot;   // empty: any
  std::string argument;
};
std::optional<Command> command_of(std::string_view text);

}  // namespace cumulet::polybot
