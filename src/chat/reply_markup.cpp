#include "chat/reply_markup.hpp"

#include "chat/errors.hpp"

namespace cumulet::chat {
namespace {

constexpr std::size_t kMostButtons = 100;
constexpr std::size_t kDataBytes = 64;

std::string_view text_of(const json::value& button, std::string_view name) {
  const json::value* member = json::find(button, name);
  return member != nullptr && member->is_string() ? std::string_view(member->get_string()) : std::string_view{};
}

Result<void> check(const json::value& rows) {
  std::size_t buttons = 0;
  for (const json::value& row : rows.get_array()) {
    if (!row.is_array())
      return bad_request("can't parse inline keyboard: Field \"inline_keyboard\" must be an Array of Arrays");
    for (const json::value& button : row.get_array()) {
      if (text_of(button, "text").empty())
        return bad_request("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard");
      if (text_of(button, "callback_data").size() > kDataBytes) return bad_request("BUTTON_DATA_INVALID");
      if (++buttons > kMostButtons) return bad_request("reply markup is too long");
    }
  }
  return {};
}

}  // namespace

Result<std::string> reply_markup_of(const Form& form) {
  const std::string_view text = form.get("reply_markup");
  if (text.empty()) return std::string();
  Result<json::value> markup = json::parse(text);
  if (!markup.ok() || !markup->is_object()) return bad_request("object expected as reply markup");
  const json::value* rows = json::find(*markup, "inline_keyboard");
  if (rows == nullptr || !rows->is_array() || rows->get_array().empty()) return std::string();
  CUMULET_CHECK(check(*rows));
  return json::text(*markup);
}

bool has_button(std::string_view reply_markup, std::string_view data) {
  if (reply_markup.empty() || data.empty()) return false;
  const Result<json::value> markup = json::parse(reply_markup);
  const json::value* rows = markup.ok() ? json::find(*markup, "inline_keyboard") : nullptr;
  if (rows == nullptr || !rows->is_array()) return false;
  for (const json::value& row : rows->get_array())
    if (row.is_array())
      for (const json::value& button : row.get_array())
        if (text_of(button, "callback_data") == data) return true;
  return false;
}

}  // namespace cumulet::chat
