#pragma once
#include <memory>
#include <string_view>

#include "chat/core.hpp"
#include "chat/form.hpp"
#include "chat/rate_limit.hpp"

namespace cumulet::chat {

struct BotApiOptions {
  bool rate_limit = false;    // as api.telegram.org: 429 over about a message a second in a chat
  bool cloud_limits = false;  // getFile refuses what is over 20 MB
};

// https://core.telegram.org/bots/api over HTTP: /bot<token>/<method> and /file/bot<token>/<file_path>; 404 elsewhere.
class BotApi {
 public:
  BotApi(Core& core, BotApiOptions options);

  static bool serves(std::string_view path) { return path.starts_with("/bot") || path.starts_with("/file/bot"); }
  awaitable<http::Response> handle(const http::RequestHead& head, std::string_view path, http::BodyStream& body,
                                   Links links);
  static http::Response refusal(const Error& error);  // in Telegram's shape

 private:
  using Answer = awaitable<Result<json::value>>;
  using Method = Answer (BotApi::*)(Form&);
  struct Row {
    std::string_view name;  // lower case: names are compared so
    Method method;
  };
  static const Row kMethods[];

  awaitable<Result<http::Response>> answer(const http::RequestHead& head, std::string_view path, http::BodyStream& body,
                                           Links links);
  awaitable<Result<http::Response>> download(const http::RequestHead& head, std::string_view path);

  Answer get_me(Form& form);
  Answer log_out(Form& form);
  Answer close(Form& form);
  Answer get_chat(Form& form);
  Answer get_updates(Form& form);
  Answer set_webhook(Form& form);
  Answer delete_webhook(Form& form);
  Answer get_webhook_info(Form& form);
  Answer send_message(Form& form);
  Answer send_video(Form& form);
  Answer send_document(Form& form);
  Answer send_photo(Form& form);
  Answer send_animation(Form& form);
  Answer send_audio(Form& form);
  Answer send_voice(Form& form);
  Answer send_chat_action(Form& form);
  Answer edit_message_text(Form& form);
  Answer edit_message_caption(Form& form);
  Answer edit_message_reply_markup(Form& form);
  Answer delete_message(Form& form);
  Answer delete_messages(Form& form);
  Answer answer_callback_query(Form& form);
  Answer get_file(Form& form);
  Answer set_my_commands(Form& form);
  Answer get_my_commands(Form& form);
  Answer delete_my_commands(Form& form);

  Answer send_file(Form& form, FileKind kind);
  // Stores `message` in its chat and shows it. `form` brings chat_id, reply_parameters and reply_markup.
  Answer post(Form& form, Message message);
  Answer edit(Form& form, std::function<Result<void>(Message&)> change);
  Result<std::int64_t> chat_id(const Form& form) const;
  Result<void> admit(std::int64_t chat);  // by the rate limit

  Core& core_;
  BotApiOptions options_;
  RateLimit rate_limit_;
  std::uint64_t poll_ = 0;  // number of the getUpdates that may go on
};

}  // namespace cumulet::chat
