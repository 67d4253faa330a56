#include "chat/bot_api.hpp"
#include "chat/errors.hpp"
#include "chat/reply_markup.hpp"
#include "chat/text.hpp"

// Changing what was sent: https://core.telegram.org/bots/api#updating-messages
namespace cumulet::chat {
namespace {

constexpr std::size_t kMostDeleted = 100;
constexpr std::string_view kNotModified =
    "message is not modified: specified new message content and reply markup are exactly the same as a current content "
    "and reply markup of the message";

}  // namespace

BotApi::Answer BotApi::edit(Form& form, std::function<Result<void>(Message&)> change) {
  const std::int64_t id = form.integer("message_id").value_or(0);
  if (form.get("chat_id").empty() && id == 0)
    co_return bad_request(form.get("inline_message_id").empty() ? "message identifier is not specified"
                                                                : "MESSAGE_ID_INVALID");
  CUMULET_CO_TRY(const std::int64_t chat, chat_id(form));
  CUMULET_CO_TRY(std::string markup, reply_markup_of(form));
  std::function<Result<json::value>(storage::Transaction&)> job =
      [chat, id, change = std::move(change), markup = std::move(markup), bot = core_.bot,
       now = core_.seconds()](storage::Transaction& tx) -> Result<json::value> {
    const auto in = store::find_chat(tx, chat);
    if (!in) return bad_request("chat not found");
    auto message = store::find_message(tx, chat, id);
    if (!message) return bad_request("message to edit not found");
    if (!message->is_from_bot) return bad_request("message can't be edited");
    const Message before = *message;
    message->reply_markup = markup;
    CUMULET_CHECK(change(*message));
    if (message->text == before.text && message->entities == before.entities &&
        message->reply_markup == before.reply_markup)
      return bad_request(kNotModified);
    if (message->text != before.text || message->entities != before.entities) message->edit_date = now;
    store::update_message(tx, *message);
    return json::value(store::wire_form(tx, *message, *in, bot));
  };
  Result<json::value> edited = co_await core_.db.write_value<json::value>(std::move(job));
  if (edited.ok()) core_.changes.notify();
  co_return edited;
}

BotApi::Answer BotApi::edit_message_text(Form& form) {
  CUMULET_CO_TRY(FormattedText formatted, format(form.get("text"), form.get("parse_mode"), form.parsed("entities")));
  if (formatted.text.empty()) co_return bad_request("message text is empty");
  if (utf16_length(formatted.text) > kTextUnits) co_return bad_request("message is too long");
  std::function<Result<void>(Message&)> change = [formatted](Message& message) -> Result<void> {
    if (message.file) return bad_request("there is no text in the message to edit");
    message.text = formatted.text;
    message.entities = formatted.entities;
    return {};
  };
  co_return co_await edit(form, std::move(change));
}

BotApi::Answer BotApi::edit_message_caption(Form& form) {
  CUMULET_CO_TRY(FormattedText caption,
                 format(form.get("caption"), form.get("parse_mode"), form.parsed("caption_entities")));
  if (utf16_length(caption.text) > kCaptionUnits) co_return bad_request("message caption is too long");
  std::function<Result<void>(Message&)> change = [caption](Message& message) -> Result<void> {
    if (!message.file) return bad_request("there is no caption in the message to edit");
    message.text = caption.text;
    message.entities = caption.entities;
    return {};
  };
  co_return co_await edit(form, std::move(change));
}

BotApi::Answer BotApi::edit_message_reply_markup(Form& form) {
  std::function<Result<void>(Message&)> change = [](Message&) { return Result<void>{}; };
  co_return co_await edit(form, std::move(change));
}

// Bots may delete what people wrote to them, too.
BotApi::Answer BotApi::delete_message(Form& form) {
  CUMULET_CO_TRY(const std::int64_t chat, chat_id(form));
  const std::int64_t id = form.integer("message_id").value_or(0);
  storage::Database::Job job = [chat, id](storage::Transaction& tx) -> Result<void> {
    if (!store::find_chat(tx, chat)) return bad_request("chat not found");
    if (!store::find_message(tx, chat, id)) return bad_request("message to delete not found");
    store::delete_message(tx, chat, id);
    return {};
  };
  Result<void> done = co_await core_.db.write(std::move(job), storage::Room::reserved);
  if (!done.ok()) co_return std::move(done).error();
  core_.changes.notify();
  co_return true;
}

// Those that are not there are passed over.
BotApi::Answer BotApi::delete_messages(Form& form) {
  std::vector<std::int64_t> ids;
  const json::value given = form.parsed("message_ids");
  if (!given.is_array() || given.get_array().empty()) co_return bad_request("message identifiers are not specified");
  if (given.get_array().size() > kMostDeleted) co_return bad_request("too many message identifiers specified");
  for (const json::value& one : given.get_array()) {
    if (!one.is_int64() || one.get_int64() <= 0) co_return bad_request("invalid message identifier specified");
    ids.push_back(one.get_int64());
  }
  CUMULET_CO_TRY(const std::int64_t chat, chat_id(form));
  storage::Database::Job job = [chat, ids](storage::Transaction& tx) -> Result<void> {
    if (!store::find_chat(tx, chat)) return bad_request("chat not found");
    for (const std::int64_t id : ids)
      if (store::find_message(tx, chat, id)) store::delete_message(tx, chat, id);
    return {};
  };
  Result<void> done = co_await core_.db.write(std::move(job));
  if (!done.ok()) co_return std::move(done).error();
  core_.changes.notify();
  co_return true;
}

}  // namespace cumulet::chat
