#include <algorithm>

#include "chat/bot_api.hpp"
#include "chat/errors.hpp"
#include "chat/fetch.hpp"
#include "chat/media.hpp"
#include "chat/reply_markup.hpp"
#include "chat/text.hpp"

// sendMessage, sendVideo and the like: https://core.telegram.org/bots/api#sendmessage
namespace cumulet::chat {
namespace {

constexpr Seconds kActionLife{5};

constexpr std::string_view kActions[] = {
    "typing",           "upload_photo",  "record_video",      "upload_video",      "record_voice",
    "upload_voice",     "record_audio",  "upload_audio",      "upload_document",   "choose_sticker",
    "pick_up_location", "find_location", "record_video_note", "upload_video_note", "cancel"};

struct Reply {
  std::int64_t message = 0;  // 0: to none
  bool may_be_missing = false;
};

Reply reply_of(const Form& form) {
  Reply reply{form.integer("reply_to_message_id").value_or(0), form.is_true("allow_sending_without_reply")};
  const json::value parameters = form.parsed("reply_parameters");
  if (const json::value* id = json::find(parameters, "message_id"); id != nullptr && id->is_int64())
    reply.message = id->get_int64();
  if (const json::value* may = json::find(parameters, "allow_sending_without_reply"); may != nullptr && may->is_bool())
    reply.may_be_missing = may->get_bool();
  return reply;
}

bool is_link(std::string_view text) { return text.starts_with("http://") || text.starts_with("https://"); }

std::string capitalised(FileKind kind) {
  std::string name(name_of(kind));
  name[0] = static_cast<char>(name[0] - 32);
  return name;
}

}  // namespace

BotApi::Answer BotApi::post(Form& form, Message message) {
  CUMULET_CO_TRY(message.chat_id, chat_id(form));
  CUMULET_CO_TRY(message.reply_markup, reply_markup_of(form));
  CUMULET_CO_CHECK(admit(message.chat_id));
  message.is_from_bot = true;
  message.date = core_.seconds();
  const std::int64_t chat = message.chat_id;
  std::function<Result<json::value>(storage::Transaction&)> job =
      [message = std::move(message), reply = reply_of(form),
       bot = core_.bot](storage::Transaction& tx) mutable -> Result<json::value> {
    const auto in = store::find_chat(tx, message.chat_id);
    if (!in) return bad_request("chat not found");
    if (reply.message != 0) {
      const bool is_there = store::find_message(tx, in->id, reply.message).has_value();
      if (!is_there && !reply.may_be_missing) return bad_request("message to be replied not found");
      if (is_there) message.reply_to = reply.message;
    }
    if (message.file && message.file->number == 0) store::add_file(tx, *message.file);
    store::add_message(tx, message);
    return json::value(store::wire_form(tx, message, *in, bot));
  };
  Result<json::value> sent = co_await core_.db.write_value<json::value>(std::move(job));
  if (sent.ok()) {
    core_.actions.erase(chat);
    core_.changes.notify();
  }
  co_return sent;
}

BotApi::Answer BotApi::send_message(Form& form) {
  CUMULET_CO_TRY(FormattedText formatted, format(form.get("text"), form.get("parse_mode"), form.parsed("entities")));
  if (formatted.text.empty()) co_return bad_request("message text is empty");
  if (utf16_length(formatted.text) > kTextUnits) co_return bad_request("message is too long");
  Message message;
  message.text = std::move(formatted.text);
  message.entities = std::move(formatted.entities);
  co_return co_await post(form, std::move(message));
}

BotApi::Answer BotApi::send_video(Form& form) { return send_file(form, FileKind::video); }
BotApi::Answer BotApi::send_document(Form& form) { return send_file(form, FileKind::document); }
BotApi::Answer BotApi::send_photo(Form& form) { return send_file(form, FileKind::photo); }
BotApi::Answer BotApi::send_animation(Form& form) { return send_file(form, FileKind::animation); }
BotApi::Answer BotApi::send_audio(Form& form) { return send_file(form, FileKind::audio); }
BotApi::Answer BotApi::send_voice(Form& form) { return send_file(form, FileKind::voice); }

BotApi::Answer BotApi::send_file(Form& form, FileKind kind) {
  CUMULET_CO_TRY(FormattedText caption,
                 format(form.get("caption"), form.get("parse_mode"), form.parsed("caption_entities")));
  if (utf16_length(caption.text) > kCaptionUnits) co_return bad_request("message caption is too long");
  CUMULET_CO_TRY(const std::int64_t chat, chat_id(form));
  Message message;
  message.text = std::move(caption.text);
  message.entities = std::move(caption.entities);

  const std::string_view field = name_of(kind);
  std::string_view value = form.get(field);
  constexpr std::string_view kAttach = "attach://";
  Upload* upload = form.file(value.starts_with(kAttach) ? value.substr(kAttach.size()) : field);
  if (upload == nullptr && value.empty())
    co_return bad_request("there is no " + std::string(field) + " in the request");
  // A chat that is not there is said before megabytes are fetched or kept for it.
  std::function<Result<File>(storage::Transaction&)> job =
      [chat, kind, id = upload || is_link(value) ? "" : std::string(value)](storage::Transaction& tx) -> Result<File> {
    if (!store::find_chat(tx, chat)) return bad_request("chat not found");
    if (id.empty()) return File{};
    auto file = store::find_file(tx, id);
    if (!file) return bad_request("wrong file identifier/HTTP URL specified");
    if (file->kind != kind && kind != FileKind::document)
      return bad_request("can't use file of type " + capitalised(file->kind) + " as " + capitalised(kind));
    return std::move(*file);
  };
  Result<File> known = co_await core_.db.write_value<File>(std::move(job));
  if (!known.ok()) co_return std::move(known).error();
  message.file = std::move(*known);

  if (message.file->number == 0) {
    message.file->kind = kind;
    Result<void> taken = Result<void>{};
    if (upload != nullptr) {
      taken = co_await take_upload(*upload, *message.file, core_.pool);
    } else if (form.links == Links::refused) {
      taken = bad_request("wrong HTTP URL specified: links are not fetched for who calls from here; send the file");
    } else {
      std::string url(value);
      taken = co_await core_.links.take(std::move(url), *message.file);
    }
    if (!taken.ok()) co_return std::move(taken).error();
    // What the bot says of its own file counts.
    File& file = *message.file;
    const auto said = [&form](std::string_view name, std::int64_t& out) {
      const auto number = form.integer(name);
      if (number && *number > 0 && *number < 1'000'000) out = *number;
    };
    said("width", file.width);
    said("height", file.height);
    said("duration", file.duration);
  }
  co_return co_await post(form, std::move(message));
}

BotApi::Answer BotApi::send_chat_action(Form& form) {
  CUMULET_CO_TRY(const std::int64_t chat, chat_id(form));
  const std::string action(form.get("action"));
  if (std::ranges::find(kActions, std::string_view(action)) == std::end(kActions))
    co_return bad_request("wrong parameter action in request");
  std::function<Result<bool>(storage::Transaction&)> job = [chat](storage::Transaction& tx) -> Result<bool> {
    if (!store::find_chat(tx, chat)) return bad_request("chat not found");
    return true;
  };
  Result<bool> is_there = co_await core_.db.write_value<bool>(std::move(job));
  if (!is_there.ok()) co_return std::move(is_there).error();
  if (action == "cancel") core_.actions.erase(chat);
  if (action != "cancel") core_.actions[chat] = {action, Core::Steady::now() + kActionLife};
  core_.changes.notify();
  co_return true;
}

}  // namespace cumulet::chat
