#include "chat/model.hpp"

#include <array>
#include <utility>

namespace cumulet::chat {
namespace {

struct KindRow {
  FileKind kind;
  std::string_view name;
  std::string_view folder;     // of its file_path
  std::string_view extension;  // when its name has none that is safe
};
constexpr std::array<KindRow, 6> kKinds{{
    {FileKind::document, "document", "documents", ""},
    {FileKind::video, "video", "videos", ".mp4"},
    {FileKind::photo, "photo", "photos", ".jpg"},
    {FileKind::audio, "audio", "music", ".mp3"},
    {FileKind::voice, "voice", "voice", ".oga"},
    {FileKind::animation, "animation", "animations", ".mp4"},
}};

const KindRow& row_of(FileKind kind) { return kKinds[static_cast<std::size_t>(kind)]; }

// ".mp4" of "My film.mp4"; what is not short and alphanumeric is left out.
std::string extension_of(const std::string& name) {
  const auto dot = name.rfind('.');
  if (dot == name.npos || name.size() - dot > 9 || name.size() - dot < 2) return {};
  for (const char c : std::string_view(name).substr(dot + 1))
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))) return {};
  return name.substr(dot);
}

json::value from_text(const std::string& text) {
  auto parsed = json::parse(text);
  return parsed.ok() ? std::move(parsed).value() : json::value{};
}

}  // namespace

std::string_view name_of(FileKind kind) { return row_of(kind).name; }

FileKind kind_named(std::string_view name) {
  for (const KindRow& row : kKinds)
    if (row.name == name) return row.kind;
  return FileKind::document;
}

json::object wire_form(const Bot& bot) {
  json::object user;
  user["id"] = bot.id;
  user["is_bot"] = true;
  user["first_name"] = bot.name;
  user["username"] = bot.username;
  return user;
}

json::object wire_form(const Chat& chat) {
  json::object out;
  out["id"] = chat.id;
  out["first_name"] = chat.name;
  out["type"] = "private";
  return out;
}

json::object user_form(const Chat& chat) {
  json::object user;
  user["id"] = chat.id;
  user["is_bot"] = false;
  user["first_name"] = chat.name;
  user["language_code"] = "en";
  return user;
}

json::object wire_form(const File& file) {
  json::object out;
  const bool has_picture = file.kind == FileKind::video || file.kind == FileKind::animation;
  const bool has_time = has_picture || file.kind == FileKind::audio || file.kind == FileKind::voice;
  if (has_picture) {
    out["width"] = file.width;
    out["height"] = file.height;
  }
  if (has_time) out["duration"] = file.duration;
  if (file.kind != FileKind::voice && !file.name.empty()) out["file_name"] = file.name;
  if (!file.mime_type.empty()) out["mime_type"] = file.mime_type;
  out["file_id"] = file.file_id;
  out["file_unique_id"] = file.file_unique_id;
  out["file_size"] = file.size;
  return out;
}

std::string file_path_of(const File& file) {
  const KindRow& row = row_of(file.kind);
  std::string extension = extension_of(file.name);
  if (extension.empty()) extension = row.extension;
  return std::string(row.folder) + "/file_" + std::to_string(file.number) + extension;
}

json::object file_form(const File& file) {
  json::object out;
  out["file_id"] = file.file_id;
  out["file_unique_id"] = file.file_unique_id;
  out["file_size"] = file.size;
  out["file_path"] = file_path_of(file);
  return out;
}

json::object wire_form(const Message& message, const Chat& chat, const Bot& bot, const Message* replied) {
  json::object out;
  out["message_id"] = message.id;
  out["from"] = message.is_from_bot ? wire_form(bot) : user_form(chat);
  out["chat"] = wire_form(chat);
  out["date"] = message.date;
  if (message.edit_date != 0) out["edit_date"] = message.edit_date;
  if (replied != nullptr) out["reply_to_message"] = wire_form(*replied, chat, bot);
  if (message.file) {
    const File& file = *message.file;
    if (file.kind == FileKind::photo) {
      json::object size;
      size["file_id"] = file.file_id;
      size["file_unique_id"] = file.file_unique_id;
      size["file_size"] = file.size;
      size["width"] = file.width;
      size["height"] = file.height;
      json::array sizes;
      sizes.emplace_back(std::move(size));
      out["photo"] = std::move(sizes);
    } else {
      if (file.kind == FileKind::animation) out["document"] = wire_form(file);
      out[name_of(file.kind)] = wire_form(file);
    }
    if (!message.text.empty()) out["caption"] = message.text;
    if (!message.entities.empty()) out["caption_entities"] = message.entities;
  } else {
    out["text"] = message.text;
    if (!message.entities.empty()) out["entities"] = message.entities;
  }
  if (!message.reply_markup.empty()) out["reply_markup"] = from_text(message.reply_markup);
  return out;
}

}  // namespace cumulet::chat
