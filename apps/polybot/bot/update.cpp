#include "apps/polybot/bot/update.hpp"

#include <algorithm>

#include "apps/polybot/common/job.hpp"
#include "base/http.hpp"

namespace cumulet::polybot {
namespace {

constexpr std::size_t kMostUpdates = 1000;
constexpr std::size_t kLongestId = 512;

std::optional<std::int64_t> whole(const json::value& v, std::string_view name) {
  const auto* found = json::find(v, name);
  if (found && found->is_int64()) return found->get_int64();
  return std::nullopt;
}

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && iequals(text.substr(text.size() - end.size()), end);
}

std::optional<IncomingFile> file_of(const json::value& message) {
  for (const char* kind : {"video", "animation", "video_note", "document"}) {
    const auto* found = json::find(message, kind);
    if (!found) continue;
    IncomingFile out;
    out.file_id = json::text_at(*found, "file_id");
    if (out.file_id.empty() || out.file_id.size() > kLongestId) continue;
    out.name = shortened(json::text_at(*found, "file_name"), 200);
    out.media_type = json::text_at(*found, "mime_type");
    out.is_video = std::string_view(kind) != "document" || out.media_type.starts_with("video/") ||
                   ends_with(out.name, ".mp4") || ends_with(out.name, ".mov");
    return out;
  }
  return std::nullopt;
}

// The part of a text that an entity names; its places count UTF-16 units. Empty: it names none.
std::string entity_text(std::string_view text, std::int64_t offset, std::int64_t length) {
  if (offset < 0 || length <= 0) return {};
  std::int64_t units = 0;
  std::size_t begin = std::string_view::npos, at = 0;
  for (; at < text.size() && units < offset + length; ++at) {
    if (units == offset && begin == std::string_view::npos) begin = at;
    const auto lead = static_cast<unsigned char>(text[at]);
    if ((lead & 0xc0) == 0x80) continue;  // of the character before
    units += lead >= 0xf0 ? 2 : 1;
  }
  while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80) ++at;
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, at - begin));
}

// Telegram marks links itself, those behind words (text_link) and those that are written without a scheme too
// ("youtu.be/x"; but "readme.md", a name and nothing more, is none). https://core.telegram.org/bots/api#messageentity
std::string marked_link(std::string_view text, const json::value* entities) {
  if (entities == nullptr || !entities->is_array()) return {};
  for (const auto& one : entities->get_array()) {
    const std::string type = json::text_at(one, "type");
    if (type != "url" && type != "text_link") continue;
    std::string link = type == "text_link"
                           ? json::text_at(one, "url")
                           : entity_text(text, whole(one, "offset").value_or(-1), whole(one, "length").value_or(0));
    if (type == "url" && link.find("://") == std::string::npos && link.find('/') != std::string::npos)
      link = "https://" + link;
    if (auto found = link_of(link)) return std::move(*found);
  }
  return {};
}

struct Said {
  std::string text, link;
  bool is_caption = false;
};
Said said_in(const json::value& message) {
  Said out;
  out.text = json::text_at(message, "text");
  if (out.text.empty()) {
    out.text = json::text_at(message, "caption");
    out.is_caption = !out.text.empty();
  }
  out.link = marked_link(out.text, json::find(message, out.is_caption ? "caption_entities" : "entities"));
  if (out.link.empty()) out.link = link_of(out.text).value_or("");
  return out;
}

std::optional<IncomingMessage> message_of(const json::value& update) {
  const auto* message = json::find(update, "message");
  if (!message) return std::nullopt;
  const auto* chat = json::find(*message, "chat");
  const auto chat_id = chat ? whole(*chat, "id") : std::nullopt;
  const auto message_id = whole(*message, "message_id");
  if (!chat_id || !message_id) return std::nullopt;
  IncomingMessage out;
  out.chat_id = *chat_id;
  out.message_id = *message_id;
  out.date = whole(*message, "date").value_or(0);
  Said said = said_in(*message);
  out.text = std::move(said.text);
  out.is_caption = said.is_caption;
  out.link = std::move(said.link);
  out.file = file_of(*message);
  if (const auto* replied = json::find(*message, "reply_to_message"); replied && replied->is_object()) {
    out.replied_link = said_in(*replied).link;
    out.replied_file = file_of(*replied);
    if (const auto* from = json::find(*replied, "from"); from && json::find(*from, "is_bot"))
      out.replied_bot = json::text_at(*from, "username");
  }
  out.moved_to = whole(*message, "migrate_to_chat_id").value_or(0);
  out.in_group = json::text_at(*chat, "type").ends_with("group");
  out.album = json::text_at(*message, "media_group_id").substr(0, kLongestId);
  for (const char* kind : {"text", "photo", "video", "document", "animation", "video_note", "audio", "voice", "sticker",
                           "contact", "location", "venue", "poll", "dice", "story", "game"})
    out.is_content = out.is_content || json::find(*message, kind) != nullptr;
  return out;
}

std::optional<Press> press_of(const json::value& update) {
  const auto* query = json::find(update, "callback_query");
  const auto* message = query ? json::find(*query, "message") : nullptr;
  const auto* chat = message ? json::find(*message, "chat") : nullptr;
  const auto chat_id = chat ? whole(*chat, "id") : std::nullopt;
  const auto message_id = message ? whole(*message, "message_id") : std::nullopt;
  if (!chat_id || !message_id) return std::nullopt;  // of an inline message, which the bot sends none of
  Press out{json::text_at(*query, "id"), *chat_id, *message_id, json::text_at(*query, "data")};
  if (out.id.empty() || out.id.size() > kLongestId || out.data.size() > kLongestId) return std::nullopt;
  return out;
}

}  // namespace

std::vector<Update> read_updates(const json::value& result) {
  std::vector<Update> out;
  if (!result.is_array()) return out;
  for (const auto& one : result.get_array()) {
    if (out.size() == kMostUpdates) break;
    const auto id = whole(one, "update_id");
    if (!id || *id < 0 || *id >= INT64_MAX) continue;
    out.push_back({*id, message_of(one), press_of(one)});
  }
  std::stable_sort(out.begin(), out.end(), [](const Update& a, const Update& b) { return a.id < b.id; });
  return out;
}

std::optional<Command> command_of(std::string_view text) {
  const std::string whole = trimmed(text);
  if (whole.size() < 2 || whole.front() != '/') return std::nullopt;
  const auto end = std::min(whole.find_first_of(" \t\r\n"), whole.size());
  Command out;
  const auto name = std::string_view(whole).substr(1, end - 1);
  for (const char c : name.substr(0, name.find('@'))) out.name += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  const bool plain = !out.name.empty() && out.name.size() <= 32 &&
                     out.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string::npos;
  if (!plain) return std::nullopt;
  if (const auto at = name.find('@'); at != std::string_view::npos) out.bot = name.substr(at + 1);
  out.argument = trimmed(std::string_view(whole).substr(end));
  return out;
}

}  // namespace cumulet::polybot
