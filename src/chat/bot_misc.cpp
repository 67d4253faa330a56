#include <algorithm>

#include "chat/bot_api.hpp"
#include "chat/errors.hpp"
#include "chat/text.hpp"

// Files, pressed buttons, and the menu of commands.
namespace cumulet::chat {
namespace {

constexpr std::size_t kMostCommands = 100;
constexpr std::size_t kCommandBytes = 32;
constexpr std::size_t kDescriptionUnits = 256;
constexpr std::size_t kNoticeUnits = 200;
constexpr Seconds kNoticeLife{30};

// Commands are kept for each scope and language; the page shows those of the default scope.
std::string setting_name(const Form& form) {
  const json::value scope = form.parsed("scope");
  std::string type = "default";
  if (const json::value* named = json::find(scope, "type"); named != nullptr && named->is_string())
    type = named->get_string();
  std::string name = "commands";
  if (type != "default" && type != "all_private_chats") name += ":" + json::text(scope);
  const std::string_view language = form.get("language_code");
  if (!language.empty()) name += "@" + std::string(language);
  return name;
}

bool is_command(std::string_view name) {
  if (name.empty() || name.size() > kCommandBytes) return false;
  for (const char c : name)
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_')) return false;
  return true;
}

Result<json::array> checked_commands(const json::value& given) {
  if (!given.is_array()) return bad_request("can't parse commands JSON object");
  if (given.get_array().size() > kMostCommands) return bad_request("BOT_COMMANDS_TOO_MUCH");
  json::array out;
  for (const json::value& one : given.get_array()) {
    const json::value* name = json::find(one, "command");
    const json::value* description = json::find(one, "description");
    if (name == nullptr || !name->is_string() || description == nullptr || !description->is_string())
      return bad_request("can't parse BotCommand: field \"command\" or \"description\" is missing");
    std::string_view command = name->get_string();
    if (command.starts_with('/')) command.remove_prefix(1);
    if (!is_command(command)) return bad_request("BOT_COMMAND_INVALID");
    const std::string_view text = description->get_string();
    if (text.empty() || utf16_length(text) > kDescriptionUnits) return bad_request("BOT_COMMAND_DESCRIPTION_INVALID");
    json::object kept;
    kept["command"] = command;
    kept["description"] = text;
    out.emplace_back(std::move(kept));
  }
  return out;
}

}  // namespace

BotApi::Answer BotApi::get_file(Form& form) {
  const std::string id(form.get("file_id"));
  if (id.empty()) co_return bad_request("file_id not specified");
  std::function<Result<File>(storage::Transaction&)> job = [id](storage::Transaction& tx) -> Result<File> {
    auto file = store::find_file(tx, id);
    if (!file) return bad_request("invalid file_id");
    return std::move(*file);
  };
  Result<File> file = co_await core_.db.write_value<File>(std::move(job));
  if (!file.ok()) co_return std::move(file).error();
  if (options_.cloud_limits && static_cast<std::uint64_t>(file->size) > kCloudDownload)
    co_return bad_request("file is too big");
  co_return file_form(*file);
}

BotApi::Answer BotApi::answer_callback_query(Form& form) {
  const std::string_view id = form.get("callback_query_id");
  const auto pressed =
      std::ranges::find(core_.callbacks, id, [](const auto& one) { return std::string_view(one.first); });
  if (pressed == core_.callbacks.end())
    co_return bad_request("query is too old and response timeout expired or query ID is invalid");
  if (utf16_length(form.get("text")) > kNoticeUnits) co_return bad_request("MESSAGE_TOO_LONG");
  if (!form.get("text").empty())
    core_.notices[pressed->second] = {std::string(id), std::string(form.get("text")), form.is_true("show_alert"),
                                      Core::Steady::now() + kNoticeLife};
  core_.callbacks.erase(pressed);
  core_.changes.notify();
  co_return true;
}

BotApi::Answer BotApi::set_my_commands(Form& form) {
  CUMULET_CO_TRY(json::array commands, checked_commands(form.parsed("commands")));
  storage::Database::Job job = [name = setting_name(form),
                                text = json::text(commands)](storage::Transaction& tx) -> Result<void> {
    store::set(tx, name, text);
    return {};
  };
  Result<void> done = co_await core_.db.write(std::move(job));
  if (!done.ok()) co_return std::move(done).error();
  core_.changes.notify();
  co_return true;
}

BotApi::Answer BotApi::get_my_commands(Form& form) {
  std::function<Result<std::string>(storage::Transaction&)> job = [name =
                                                                       setting_name(form)](storage::Transaction& tx) {
    return Result<std::string>(store::setting(tx, name).value_or("[]"));
  };
  Result<std::string> text = co_await core_.db.write_value<std::string>(std::move(job));
  if (!text.ok()) co_return std::move(text).error();
  co_return json::parse(*text);
}

BotApi::Answer BotApi::delete_my_commands(Form& form) {
  storage::Database::Job job = [name = setting_name(form)](storage::Transaction& tx) -> Result<void> {
    store::unset(tx, name);
    return {};
  };
  Result<void> done = co_await core_.db.write(std::move(job));
  if (!done.ok()) co_return std::move(done).error();
  core_.changes.notify();
  co_return true;
}

}  // namespace cumulet::chat
