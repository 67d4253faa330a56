#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/time.hpp"

// The objects of the Bot API that this server knows (https://core.telegram.org/bots/api#available-types), natively and
// as they look on the wire.
namespace cumulet::chat {

struct Bot {
  std::int64_t id = 0;
  std::string name;
  std::string username;
};

// A person's private chat with the bot: person and chat have the same id and name, as on Telegram.
struct Chat {
  std::int64_t id = 0;
  std::string name;
};

enum class FileKind { document, video, photo, audio, voice, animation };

std::string_view name_of(FileKind kind);  // "video": the message's member that holds it
FileKind kind_named(std::string_view name);

struct File {
  std::int64_t number = 0;  // this server's own; 0: not stored yet
  FileKind kind = FileKind::document;
  std::string file_id;         // opaque, given to bots
  std::string file_unique_id;  // the same for the same stored bytes
  std::string name;            // as the sender calls it; never a path here
  std::string mime_type;
  std::string blob;  // BlobStore's id
  std::int64_t size = 0;
  std::int64_t width = 0, height = 0, duration = 0;  // pixels, seconds; 0: unknown
};

struct Message {
  std::int64_t id = 0;
  std::int64_t chat_id = 0;
  bool is_from_bot = false;
  std::int64_t date = 0;       // seconds of the Unix epoch
  std::int64_t edit_date = 0;  // 0: never edited
  std::string text;            // or the file's caption
  json::array entities;        // MessageEntity objects over `text`
  std::optional<File> file;
  std::optional<std::int64_t> reply_to;  // message id
  std::string reply_markup;              // InlineKeyboardMarkup as JSON text; empty: none
  std::string nonce;                     // of who may send the same twice, unique in its chat; empty: none
  std::int64_t revision = 0;             // of the last change to it; one counter for all messages
  bool is_deleted = false;
};

json::object wire_form(const Bot& bot);
json::object wire_form(const Chat& chat);
json::object user_form(const Chat& chat);
json::object wire_form(const File& file);    // Video, Document, ...; not a photo
json::object file_form(const File& file);    // what getFile answers
std::string file_path_of(const File& file);  // "videos/file_7.mp4"
// A Message object; `replied` is the one it replies to, when it is still there.
json::object wire_form(const Message& message, const Chat& chat, const Bot& bot, const Message* replied = nullptr);

}  // namespace cumulet::chat
