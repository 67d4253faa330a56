#include "apps/polybot/bot/bot.hpp"
#include "apps/polybot/common/buttons.hpp"
#include "apps/polybot/common/texts.hpp"
#include "sdk/runtime/log.hpp"

// Cancel, under the line that tells how far a job is, and Retry, under the sentence that tells why it failed.
namespace cumulet::polybot {
namespace {

constexpr Seconds kQuickly{5};  // polling waits for these calls
constexpr std::string_view kTooLate = "That is done already.";
constexpr std::string_view kForgotten = "I do not know that one any more: please send it again.";

void warn(std::string_view what, const Error& error) {
  sdk::log::warn(what, {{"code", json::value(error.code())}, {"why", json::value(error.message())}});
}

}  // namespace

void Bot::press(const Press& press) {
  const auto pressed = pressed_of(press.data);
  std::string said;
  if (pressed && store_ && is_allowed(press.chat_id))
    said = pressed->button == Button::cancel ? cancel_one(press, pressed->job_id) : retry(press, pressed->job_id);
  // Until it is answered the button shows that it is busy, whoever pressed it.
  json::object answer{{"callback_query_id", press.id}};
  if (!said.empty()) answer["text"] = said;
  (void)api_.call("answerCallbackQuery", answer, Seconds{0}, kQuickly);
}

std::string Bot::cancel_one(const Press& press, const std::string& job_id) {
  const auto cancelled = store_->cancel_one(std::to_string(press.chat_id), job_id);
  if (!cancelled.ok()) {
    warn("a job could not be cancelled", cancelled.error());
    return std::string(texts::kWentWrong);
  }
  if (!*cancelled) return std::string(kTooLate);
  (void)api_.call("editMessageText",
                  {{"chat_id", press.chat_id}, {"message_id", press.message_id}, {"text", texts::kCancelled}},
                  Seconds{0}, kQuickly);
  return std::string(texts::kCancelled);
}

// Pressed twice, or told of twice, it is the same job: workers answer it once. The message with the button becomes
// the line that tells how far it is.
std::string Bot::retry(const Press& press, const std::string& job_id) {
  const std::string chat = std::to_string(press.chat_id);
  auto failed = store_->retry_job(chat, job_id);
  if (!failed.ok()) {
    warn("a job to be tried again could not be read", failed.error());
    return std::string(texts::kWentWrong);
  }
  if (!*failed) return std::string(kForgotten);
  Job job = **failed;
  job.retry_of = job_id;
  const auto show = [&](std::string_view text, Button button, const Job& of) {
    json::object line{{"chat_id", press.chat_id}, {"message_id", press.message_id}, {"text", text}};
    line["reply_markup"] = keyboard(button, of);
    (void)api_.call("editMessageText", line, Seconds{0}, kQuickly);
  };
  (void)store_->put_status_message(job, press.message_id);  // without it the worker begins a new line
  show(texts::kWaiting, Button::cancel, job);               // before a worker can say more
  if (const auto queued = try_enqueue(job); !queued.ok()) {
    warn("a job to be tried again could not be queued", queued.error());
    (void)store_->remove_asked(job);
    show(texts::kWentWrong, Button::retry, **failed);
    return {};
  }
  (void)store_->remove_retry(chat, job_id);
  return {};
}

}  // namespace cumulet::polybot
