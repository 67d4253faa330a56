#include "chat/bot_api.hpp"

#include <algorithm>

#include "base/encoding.hpp"
#include "base/file_response.hpp"
#include "base/log.hpp"
#include "chat/errors.hpp"

namespace cumulet::chat {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return out;
}

// Takes as long whatever the guess.
bool equal(std::string_view a, std::string_view b) {
  unsigned difference = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i)
    difference |= static_cast<unsigned>(static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]));
  return difference == 0;
}

http::Response answered(int status, const json::value& body) {
  http::Response response;
  response.status = status;
  response.headers.add("Content-Type", "application/json");
  response.body = http::Body(json::text(body));
  return response;
}

}  // namespace

const BotApi::Row BotApi::kMethods[] = {
    {"getme", &BotApi::get_me},
    {"getupdates", &BotApi::get_updates},
    {"sendmessage", &BotApi::send_message},
    {"sendvideo", &BotApi::send_video},
    {"senddocument", &BotApi::send_document},
    {"sendphoto", &BotApi::send_photo},
    {"sendanimation", &BotApi::send_animation},
    {"sendaudio", &BotApi::send_audio},
    {"sendvoice", &BotApi::send_voice},
    {"sendchataction", &BotApi::send_chat_action},
    {"editmessagetext", &BotApi::edit_message_text},
    {"editmessagecaption", &BotApi::edit_message_caption},
    {"editmessagereplymarkup", &BotApi::edit_message_reply_markup},
    {"deletemessage", &BotApi::delete_message},
    {"deletemessages", &BotApi::delete_messages},
    {"answercallbackquery", &BotApi::answer_callback_query},
    {"getfile", &BotApi::get_file},
    {"getchat", &BotApi::get_chat},
    {"setmycommands", &BotApi::set_my_commands},
    {"getmycommands", &BotApi::get_my_commands},
    {"deletemycommands", &BotApi::delete_my_commands},
    {"setwebhook", &BotApi::set_webhook},
    {"deletewebhook", &BotApi::delete_webhook},
    {"getwebhookinfo", &BotApi::get_webhook_info},
    {"logout", &BotApi::log_out},
    {"close", &BotApi::close},
};

BotApi::BotApi(Core& core, BotApiOptions options) : core_(core), options_(options) {}

http::Response BotApi::refusal(const Error& error) {
  json::object body;
  body["ok"] = false;
  body["error_code"] = error.status();
  body["description"] = error.message();
  json::object parameters;
  for (const auto& [name, value] : error.fields()) parameters[name] = std::stoll(value);
  if (!parameters.empty()) body["parameters"] = parameters;
  http::Response response = answered(error.status(), body);
  if (const json::value* retry = parameters.if_contains("retry_after"))
    response.headers.add("Retry-After", std::to_string(retry->get_int64()));
  return response;
}

awaitable<http::Response> BotApi::handle(const http::RequestHead& head, std::string_view path, http::BodyStream& body,
                                         Links links) {
  Result<http::Response> response = co_await answer(head, path, body, links);
  if (response.ok()) co_return std::move(response).value();
  const Error& error = response.error();
  if (error.status() < 500) co_return refusal(error);
  log::error("{}", error.message());  // the disk's, mostly: nothing that a bot should read
  co_return refusal(Error{kInternalFailure, "Internal Server Error"});
}

awaitable<Result<http::Response>> BotApi::answer(const http::RequestHead& head, std::string_view path,
                                                 http::BodyStream& body, Links links) {
  if (!serves(path)) co_return Error{kNotFound, "Not Found"};
  const bool is_file = path.starts_with("/file/bot");
  path.remove_prefix(is_file ? 9 : 4);
  const auto slash = path.find('/');
  if (slash == path.npos) co_return Error{kNotFound, "Not Found"};
  const auto token = percent_decode(path.substr(0, slash));  // some clients write the colon as %3A
  path.remove_prefix(slash + 1);
  if (!token || !equal(*token, core_.token)) co_return Error{kUnauthorized, "Unauthorized"};
  if (is_file) co_return co_await download(head, path);
  if (head.method != "GET" && head.method != "POST") co_return Error{kNotFound, "Not Found"};

  const std::string name = lower(path);
  const auto* row = std::ranges::find(kMethods, std::string_view(name), &Row::name);
  if (row == std::end(kMethods)) co_return Error{kNotFound, "Not Found"};
  FormLimits limits;
  limits.body_bytes = kCloudUpload;
  Result<Form> form = co_await read_form(head, body, limits, core_.blobs, core_.pool);
  if (!form.ok()) co_return std::move(form).error();
  form->links = links;
  Result<json::value> result = co_await (this->*row->method)(*form);
  if (!result.ok()) co_return std::move(result).error();
  json::object out;
  out["ok"] = true;
  out["result"] = std::move(*result);
  co_return answered(200, out);
}

awaitable<Result<http::Response>> BotApi::download(const http::RequestHead& head, std::string_view path) {
  if (head.method != "GET" && head.method != "HEAD") co_return Error{kNotFound, "Not Found"};
  // Its number is what a path is found by; the rest must be the file's own.
  const auto wanted = percent_decode(path);
  const std::size_t digits = wanted ? wanted->rfind("/file_") : std::string::npos;
  if (digits == std::string::npos) co_return Error{kNotFound, "Not Found"};
  const std::int64_t number = std::strtoll(wanted->c_str() + digits + 6, nullptr, 10);
  std::function<Result<File>(storage::Transaction&)> job = [number](storage::Transaction& tx) -> Result<File> {
    auto file = store::find_file(tx, number);
    if (!file) return Error{kNotFound, "Not Found"};
    return std::move(*file);
  };
  Result<File> file = co_await core_.db.write_value<File>(std::move(job));
  if (!file.ok()) co_return std::move(file).error();
  if (file_path_of(*file) != *wanted) co_return Error{kNotFound, "Not Found"};
  Result<std::shared_ptr<http::OpenFile>> open = core_.blobs.open_blob(file->blob);
  if (!open.ok()) co_return std::move(open).error();
  http::Response response = http::file_response(head, {{std::move(*open), 0, static_cast<std::uint64_t>(file->size)}});
  response.headers.add("Content-Type", "application/octet-stream");
  response.headers.add("X-Content-Type-Options", "nosniff");
  co_return response;
}

Result<std::int64_t> BotApi::chat_id(const Form& form) const {
  if (form.get("chat_id").empty()) return bad_request("chat_id is empty");
  const auto id = form.integer("chat_id");
  if (!id) return bad_request("chat not found");
  return *id;
}

Result<void> BotApi::admit(std::int64_t chat) {
  if (!options_.rate_limit) return {};
  const auto wait = rate_limit_.take(chat, core_.clock.steady());
  if (!wait) return {};
  const std::string seconds = std::to_string(wait->count());
  return Error{kTooManyRequests, "Too Many Requests: retry after " + seconds, {{"retry_after", seconds}}};
}

BotApi::Answer BotApi::get_me(Form&) {
  json::object me = wire_form(core_.bot);
  me["can_join_groups"] = true;
  me["can_read_all_group_messages"] = false;
  me["supports_inline_queries"] = false;
  me["can_connect_to_business"] = false;
  me["has_main_web_app"] = false;
  co_return me;
}

// Both leave a server for another one; here there is nothing to leave.
BotApi::Answer BotApi::log_out(Form&) { co_return true; }
BotApi::Answer BotApi::close(Form&) { co_return true; }

BotApi::Answer BotApi::get_chat(Form& form) {
  CUMULET_CO_TRY(const std::int64_t id, chat_id(form));
  std::function<Result<Chat>(storage::Transaction&)> job = [id](storage::Transaction& tx) -> Result<Chat> {
    auto chat = store::find_chat(tx, id);
    if (!chat) return bad_request("chat not found");
    return std::move(*chat);
  };
  Result<Chat> chat = co_await core_.db.write_value<Chat>(std::move(job));
  if (!chat.ok()) co_return std::move(chat).error();
  json::object out = wire_form(*chat);
  out["accent_color_id"] = 0;
  out["max_reaction_count"] = 11;
  json::object gifts;
  for (const std::string_view kind : {"unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription"})
    gifts[kind] = false;
  out["accepted_gift_types"] = std::move(gifts);
  co_return out;
}

}  // namespace cumulet::chat
