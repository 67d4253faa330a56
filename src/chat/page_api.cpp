#include "chat/page_api.hpp"

#include <algorithm>

#include "base/encoding.hpp"
#include "base/file_response.hpp"
#include "base/ids.hpp"
#include "base/log.hpp"
#include "chat/bot_api.hpp"
#include "chat/errors.hpp"
#include "chat/form.hpp"
#include "chat/media.hpp"
#include "chat/reply_markup.hpp"
#include "chat/text.hpp"

namespace cumulet::chat {
namespace {

constexpr std::size_t kBodyBytes = 128 * 1024;
constexpr std::size_t kNameUnits = 64;
constexpr std::int64_t kMostChats = 1000;
constexpr int kPageOfMessages = 100;
constexpr int kMostChanges = 500;
constexpr std::size_t kMostCallbacks = 1000;
constexpr std::int64_t kLongestWait = 30;  // seconds
constexpr Milliseconds kLook{500};         // a bot that went away is noticed this soon

http::Response answered(const json::value& body) {
  http::Response response;
  response.headers.add("Content-Type", "application/json");
  response.headers.add("Cache-Control", "no-store");
  response.body = http::Body(json::text(body));
  return response;
}

json::object page_form(storage::Connection& db, const Message& message, const Chat& chat, const Bot& bot) {
  if (message.is_deleted) {
    json::object gone;
    gone["message_id"] = message.id;
    gone["is_deleted"] = true;
    return gone;
  }
  json::object wire = store::wire_form(db, message, chat, bot);
  if (!message.nonce.empty()) wire["nonce"] = message.nonce;
  return wire;
}

awaitable<Result<json::value>> read_json(http::BodyStream& body) {
  std::string text;
  while (true) {
    Result<std::string_view> piece = co_await body.read();
    if (!piece.ok()) co_return bad_request("the request body could not be read");
    if (piece->empty()) break;
    if (text.size() + piece->size() > kBodyBytes) co_return too_large();
    text += *piece;
  }
  Result<json::value> parsed = json::parse(text);
  if (!parsed.ok() || !parsed->is_object()) co_return bad_request("can't parse JSON object");
  co_return parsed;
}

std::string text_of(const json::value& object, std::string_view name) {
  const json::value* member = json::find(object, name);
  return member != nullptr && member->is_string() ? std::string(member->get_string()) : std::string();
}

// Shown by the browser inside the page; anything else is only ever saved.
bool is_shown(std::string_view mime_type) {
  return mime_type.starts_with("video/") || mime_type.starts_with("audio/") || mime_type == "image/png" ||
         mime_type == "image/jpeg" || mime_type == "image/gif" || mime_type == "image/webp";
}

}  // namespace

struct PageApi::Query {
  Form form;
  std::int64_t number(std::string_view name) const { return form.integer(name).value_or(0); }
};

PageApi::PageApi(Core& core) : core_(core), instance_(random_hex(8)) {}

awaitable<http::Response> PageApi::handle(const http::RequestHead& head, std::string_view path,
                                          http::BodyStream& body) {
  if (!comes_from_own_page(head.headers))
    co_return BotApi::refusal(Error{kForbidden, "Forbidden: only the chat page itself may ask this"});
  Result<http::Response> response = co_await answer(head, path, body);
  if (response.ok()) co_return std::move(response).value();
  const Error& error = response.error();
  if (error.status() < 500) co_return BotApi::refusal(error);
  log::error("{}", error.message());
  const Error internal{kInternalFailure, "The chat could not be stored: is the disk full?"};
  co_return BotApi::refusal(internal);
}

awaitable<Result<http::Response>> PageApi::answer(const http::RequestHead& head, std::string_view path,
                                                  http::BodyStream& body) {
  constexpr std::string_view kPrefix = "/api/";
  if (!path.starts_with(kPrefix)) co_return Error{kNotFound, "Not Found"};
  path.remove_prefix(kPrefix.size());
  Query query;
  if (!add_pairs(head.raw_query(), query.form.fields)) co_return bad_request("can't parse the query string");
  for (const auto& [name, value] : query.form.fields)
    if (!is_valid_utf8(value)) co_return bad_request("strings must be encoded in UTF-8");
  const bool is_get = head.method == "GET" || head.method == "HEAD";
  if (is_get && path.starts_with("files/")) co_return co_await file(head, path.substr(6));

  Result<json::value> result = Error{kNotFound, "Not Found"};
  if (is_get && path == "changes") {
    result = co_await changes(query);
  } else if (head.method == "POST" && path == "chats") {
    result = co_await add_chat(body);
  } else if (path.starts_with("chats/")) {
    path.remove_prefix(6);
    const auto slash = path.find('/');
    const std::string_view what = slash == path.npos ? std::string_view{} : path.substr(slash + 1);
    Form named;
    named.fields["id"] = std::string(path.substr(0, slash));
    const std::int64_t chat = named.integer("id").value_or(0);
    if (is_get && what == "messages") result = co_await earlier(chat, query);
    if (head.method == "POST" && what == "messages") result = co_await send_text(chat, body);
    if (head.method == "POST" && what == "callbacks") result = co_await press(chat, body);
    if (head.method == "POST" && what == "files") result = co_await send_file(head, chat, query, body);
  }
  if (!result.ok()) co_return std::move(result).error();
  co_return answered(*result);
}

// Everything the page shows, at once or as soon as it differs from what the page has: `since` is the revision and
// `seen` the mark of its last answer.
PageApi::Answer PageApi::changes(const Query& query) {
  const std::int64_t chat_id = query.number("chat"), since = query.number("since");
  const std::string seen_by_page(query.form.get("seen"));
  const auto end = Core::Steady::now() + Seconds{std::clamp<std::int64_t>(query.number("wait"), 0, kLongestWait)};
  const auto mark = [this] {
    return instance_ + '.' + std::to_string(core_.changes.version()) +
           (core_.presence.is_connected(Core::Steady::now()) ? ".1" : ".0");
  };
  while (mark() == seen_by_page && Core::Steady::now() < end && !core_.is_stopping)
    co_await core_.changes.wait(core_.changes.version(), std::min(end, Core::Steady::now() + kLook));

  json::object out;
  out["seen"] = mark();
  const auto now = Core::Steady::now();
  const auto action = core_.actions.find(chat_id);
  if (action != core_.actions.end() && now < action->second.until) {
    json::object doing;
    doing["name"] = action->second.name;
    doing["milliseconds"] = std::chrono::duration_cast<Milliseconds>(action->second.until - now).count();
    out["action"] = std::move(doing);
  }
  const auto notice = core_.notices.find(chat_id);
  if (notice != core_.notices.end() && now < notice->second.until) {
    json::object shown;
    shown["id"] = notice->second.id;
    shown["text"] = notice->second.text;
    shown["is_alert"] = notice->second.is_alert;
    out["notice"] = std::move(shown);
  }
  json::object bot = wire_form(core_.bot);
  bot["is_connected"] = core_.presence.is_connected(now);
  bot["token"] = core_.token;
  bot["api_path"] = core_.bot_api_path;
  out["bot"] = std::move(bot);

  std::function<Result<json::value>(storage::Transaction&)> job =
      [chat_id, since, out = std::move(out), bot = core_.bot,
       more = instance_ + ".more"](storage::Transaction& tx) mutable -> Result<json::value> {
    const auto commands = json::parse(store::setting(tx, "commands").value_or("[]"));
    out["commands"] = commands.ok() ? *commands : json::array{};
    json::array chats;
    for (const auto& [chat, last] : store::chats_with_last(tx)) {
      json::object one;
      one["id"] = chat.id;
      one["name"] = chat.name;
      one["last_message_id"] = last;
      chats.emplace_back(std::move(one));
    }
    out["chats"] = std::move(chats);
    json::array messages;
    std::int64_t revision = store::revision(tx);
    if (const auto chat = store::find_chat(tx, chat_id)) {
      const auto list = since > 0 ? store::changed_since(tx, chat_id, since, kMostChanges)
                                  : store::newest(tx, chat_id, 0, kPageOfMessages);
      for (const Message& message : list) messages.emplace_back(page_form(tx, message, *chat, bot));
      if (since > 0 && list.size() == kMostChanges) {  // cut: the page has not seen the rest, which comes at once
        revision = list.back().revision;
        out["seen"] = more;
      }
      if (since <= 0) out["has_earlier"] = list.size() == kPageOfMessages;
    }
    out["messages"] = std::move(messages);
    out["revision"] = revision;
    return json::value(std::move(out));
  };
  co_return co_await core_.db.write_value<json::value>(std::move(job));
}

PageApi::Answer PageApi::earlier(std::int64_t chat_id, const Query& query) {
  std::function<Result<json::value>(storage::Transaction&)> job =
      [chat_id, before = query.number("before"), bot = core_.bot](storage::Transaction& tx) -> Result<json::value> {
    const auto chat = store::find_chat(tx, chat_id);
    if (!chat) return bad_request("chat not found");
    json::array messages;
    const auto list = store::newest(tx, chat_id, before, kPageOfMessages);
    for (const Message& message : list) messages.emplace_back(page_form(tx, message, *chat, bot));
    json::object out;
    out["messages"] = std::move(messages);
    out["has_earlier"] = list.size() == kPageOfMessages;
    return json::value(std::move(out));
  };
  co_return co_await core_.db.write_value<json::value>(std::move(job));
}

PageApi::Answer PageApi::add_chat(http::BodyStream& body) {
  Result<json::value> asked = co_await read_json(body);
  if (!asked.ok()) co_return std::move(asked).error();
  CUMULET_CO_TRY(FormattedText name, format(text_of(*asked, "name"), "", json::value{}));
  std::ranges::replace_if(
      name.text, [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  if (name.text.empty()) co_return bad_request("the name is empty");
  if (utf16_length(name.text) > kNameUnits) co_return bad_request("the name is too long");
  std::function<Result<json::value>(storage::Transaction&)> job =
      [name = std::move(name.text), now = core_.clock.now()](storage::Transaction& tx) -> Result<json::value> {
    if (store::chat_count(tx) >= kMostChats) return bad_request("there are too many chats");
    return json::value(wire_form(store::add_chat(tx, name, now)));
  };
  Result<json::value> chat = co_await core_.db.write_value<json::value>(std::move(job));
  if (chat.ok()) core_.changes.notify();
  co_return chat;
}

PageApi::Answer PageApi::post(Message message) {
  if (message.nonce.size() > 64) co_return bad_request("the nonce is too long");
  message.date = core_.seconds();
  std::function<Result<json::value>(storage::Transaction&)> job =
      [message = std::move(message), bot = core_.bot,
       now = core_.clock.now()](storage::Transaction& tx) mutable -> Result<json::value> {
    const auto chat = store::find_chat(tx, message.chat_id);
    if (!chat) return bad_request("chat not found");
    if (!message.nonce.empty())
      if (const auto sent = store::find_nonce(tx, chat->id, message.nonce))
        return json::value(page_form(tx, *sent, *chat, bot));
    if (message.reply_to && !store::find_message(tx, chat->id, *message.reply_to)) message.reply_to.reset();
    if (message.file && message.file->number == 0) store::add_file(tx, *message.file);
    store::add_message(tx, message);
    store::add_update(tx, "message", store::wire_form(tx, message, *chat, bot), now);
    return json::value(page_form(tx, message, *chat, bot));
  };
  Result<json::value> sent = co_await core_.db.write_value<json::value>(std::move(job));
  if (sent.ok()) {
    core_.updates.notify();
    core_.changes.notify();
  }
  co_return sent;
}

PageApi::Answer PageApi::send_text(std::int64_t chat, http::BodyStream& body) {
  Result<json::value> asked = co_await read_json(body);
  if (!asked.ok()) co_return std::move(asked).error();
  CUMULET_CO_TRY(FormattedText formatted, format(text_of(*asked, "text"), "", json::value{}));
  if (formatted.text.empty()) co_return bad_request("message text is empty");
  if (utf16_length(formatted.text) > kTextUnits) co_return bad_request("message is too long");
  Message message;
  message.chat_id = chat;
  message.text = std::move(formatted.text);
  message.entities = std::move(formatted.entities);
  if (const json::value* reply = json::find(*asked, "reply_to"); reply != nullptr && reply->is_int64())
    message.reply_to = reply->get_int64();
  message.nonce = text_of(*asked, "nonce");
  co_return co_await post(std::move(message));
}

PageApi::Answer PageApi::send_file(const http::RequestHead& head, std::int64_t chat, const Query& query,
                                   http::BodyStream& body) {
  CUMULET_CO_TRY(FormattedText caption, format(query.form.get("caption"), "", json::value{}));
  if (utf16_length(caption.text) > kCaptionUnits) co_return bad_request("message caption is too long");
  if (head.content_length.value_or(0) > kPersonUpload) co_return too_large();
  Upload upload(core_.blobs, core_.pool, kPersonUpload);
  upload.file_name = std::string(query.form.get("name"));
  upload.content_type = std::string(head.headers.get_or("Content-Type", ""));
  while (true) {
    Result<std::string_view> piece = co_await body.read();
    if (!piece.ok()) co_return bad_request("the file did not arrive whole");
    if (piece->empty()) break;
    Result<void> taken = co_await upload.append(*piece);
    if (!taken.ok()) co_return std::move(taken).error();
  }
  Message message;
  message.chat_id = chat;
  message.text = std::move(caption.text);
  message.entities = std::move(caption.entities);
  // As Telegram's own programs do: what they can play is sent as a video, the rest as a file.
  message.file.emplace();
  message.file->kind = FileKind::video;
  Result<void> taken = co_await take_upload(upload, *message.file, core_.pool);
  if (!taken.ok()) co_return std::move(taken).error();
  const bool is_video = message.file->mime_type == "video/mp4" || message.file->mime_type == "video/quicktime";
  if (!is_video || message.file->width == 0) message.file->kind = FileKind::document;
  message.nonce = std::string(query.form.get("nonce"));
  co_return co_await post(std::move(message));
}

// A button under one of the bot's messages; only those that are there can be pressed.
PageApi::Answer PageApi::press(std::int64_t chat_id, http::BodyStream& body) {
  Result<json::value> asked = co_await read_json(body);
  if (!asked.ok()) co_return std::move(asked).error();
  const json::value* id = json::find(*asked, "message_id");
  if (id == nullptr || !id->is_int64()) co_return bad_request("message identifier is not specified");
  const std::string query_id = std::to_string(system_random().next() >> 1);
  std::function<Result<json::value>(storage::Transaction&)> job =
      [chat_id, id = id->get_int64(), data = text_of(*asked, "data"), query_id, bot = core_.bot,
       now = core_.clock.now()](storage::Transaction& tx) -> Result<json::value> {
    const auto chat = store::find_chat(tx, chat_id);
    if (!chat) return bad_request("chat not found");
    const auto message = store::find_message(tx, chat_id, id);
    if (!message || !has_button(message->reply_markup, data)) return bad_request("BUTTON_DATA_INVALID");
    json::object query;
    query["id"] = query_id;
    query["from"] = user_form(*chat);
    query["message"] = store::wire_form(tx, *message, *chat, bot);
    query["chat_instance"] = std::to_string(chat->id);
    query["data"] = data;
    store::add_update(tx, "callback_query", query, now);
    json::object out;
    out["id"] = query_id;
    return json::value(std::move(out));
  };
  Result<json::value> pressed = co_await core_.db.write_value<json::value>(std::move(job));
  if (pressed.ok()) {
    core_.callbacks.emplace_back(query_id, chat_id);
    if (core_.callbacks.size() > kMostCallbacks) core_.callbacks.pop_front();
    core_.updates.notify();
  }
  co_return pressed;
}

awaitable<Result<http::Response>> PageApi::file(const http::RequestHead& head, std::string_view id) {
  std::function<Result<File>(storage::Transaction&)> job =
      [id = std::string(id)](storage::Transaction& tx) -> Result<File> {
    auto found = store::find_file(tx, id);
    if (!found) return Error{kNotFound, "Not Found"};
    return std::move(*found);
  };
  Result<File> file = co_await core_.db.write_value<File>(std::move(job));
  if (!file.ok()) co_return std::move(file).error();
  Result<std::shared_ptr<http::OpenFile>> open = core_.blobs.open_blob(file->blob);
  if (!open.ok()) co_return std::move(open).error();
  http::Response response = http::file_response(head, {{std::move(*open), 0, static_cast<std::uint64_t>(file->size)}});
  const bool shown = is_shown(file->mime_type);
  response.headers.add("Content-Type", shown ? file->mime_type : "application/octet-stream");
  response.headers.add("Content-Disposition", std::string(shown ? "inline" : "attachment") + "; filename*=UTF-8''" +
                                                  percent_encode(file->name.empty() ? "file" : file->name));
  response.headers.add("X-Content-Type-Options", "nosniff");
  response.headers.add("Content-Security-Policy", "sandbox; default-src 'none'");
  response.headers.add("Cache-Control", "private, max-age=31536000, immutable");
  co_return response;
}

bool has_loopback_host(const http::Headers& headers) {
  std::string_view host = headers.get_or("Host", "");
  const auto colon = host.rfind(':');
  if (colon != host.npos && host.find(']', colon) == host.npos) host = host.substr(0, colon);
  return host == "127.0.0.1" || iequals(host, "localhost") || host == "[::1]";
}

bool comes_from_own_page(const http::Headers& headers) {
  if (!has_loopback_host(headers)) return false;
  const std::string host(headers.get_or("Host", ""));
  if (const auto origin = headers.get("Origin"); origin && !iequals(*origin, "http://" + host)) return false;
  const std::string_view site = headers.get_or("Sec-Fetch-Site", "same-origin");
  return site == "same-origin" || site == "none";
}

}  // namespace cumulet::chat
