#include "apps/polybot/worker/answers.hpp"

#include <algorithm>
#include <thread>

#include "apps/polybot/common/buttons.hpp"
#include "apps/polybot/common/texts.hpp"
#include "sdk/errors.hpp"
#include "sdk/runtime/log.hpp"

namespace cumulet::polybot {
namespace {

constexpr std::size_t kLongestCaption = 200;  // characters
constexpr std::size_t kLongestName = 100;     // characters
constexpr Seconds kQuickly{5};                // for its others
constexpr Milliseconds kPatience{15'000};     // for the status line's last words
constexpr Milliseconds kMargin{3000};         // before the invocation's end

std::string in_words(Seconds time) {
  const auto hours = time.count() / 3600;
  if (hours >= 48) return std::to_string(hours / 24) + " days";
  if (hours >= 2) return std::to_string(hours) + " hours";
  return std::to_string(std::max<std::int64_t>(time.count() / 60, 1)) + " minutes";
}

// Only our own bot listens to its buttons.
void add_button(json::object& parameters, Button button, const Job& job) {
  if (job.place) parameters["reply_markup"] = keyboard(button, job);
}

void reply_to(json::object& parameters, const Job& job) {
  if (!job.place) return;
  parameters["reply_to_message_id"] = job.place->message_id;
  parameters["allow_sending_without_reply"] = true;
}

}  // namespace

std::string result_name(const Job& job, Container container) {
  std::string name = job.file_id.empty() ? std::string() : job.text;
  // A name and no path, without what a header or a file system could take for something else.
  for (char& c : name)
    if (static_cast<unsigned char>(c) < 0x20 || std::string_view("/\\\"<>:|?*\x7f").find(c) != std::string_view::npos)
      c = '_';
  if (const auto dot = name.rfind('.'); dot != std::string::npos && name.size() - dot <= 5) name.resize(dot);
  name.erase(0, std::min(name.find_first_not_of('.'), name.size()));  // no hidden file
  name = trimmed(shortened(name, kLongestName));
  if (name.empty() || name.find_first_not_of(". _") == std::string::npos) name = "video";
  return name + std::string(suffix(container));
}

void StatusLine::set(std::string_view text) {
  if (text == shown_) return;
  shown_ = text;
  if (!exists()) return begin(text);
  json::object parameters{{"chat_id", job_.chat_id}, {"message_id", *message_}, {"text", text}};
  add_button(parameters, Button::cancel, job_);
  (void)api_.call("editMessageText", parameters, Seconds{0}, kQuickly);
}

void StatusLine::begin(std::string_view text) {
  json::object parameters{{"chat_id", job_.chat_id}, {"text", text}, {"disable_notification", true}};
  reply_to(parameters, job_);
  add_button(parameters, Button::cancel, job_);
  if (begun_) return;
  const auto sent = api_.call("sendMessage", parameters, Seconds{0}, kQuickly);
  begun_ = sent.ok() || !surely_not_done(sent.error());
  const auto* id = sent.ok() ? json::find(*sent, "message_id") : nullptr;
  if (!id || !id->is_int64()) return;
  message_ = id->get_int64();
  (void)store_.put_status_message(job_, *message_);
}

void StatusLine::finish(std::string_view text) {
  if (!exists()) return;
  (void)api_.call_patiently("editMessageText", {{"chat_id", job_.chat_id}, {"message_id", *message_}, {"text", text}},
                            kPatience);
}

void StatusLine::remove(std::string_view else_text) {
  if (!exists()) return;
  const auto removed =
      api_.call_patiently("deleteMessage", {{"chat_id", job_.chat_id}, {"message_id", *message_}}, kPatience);
  if (!removed.ok()) finish(else_text);
}

void StatusLine::finish_surely(std::string_view text) {
  if (exists()) return finish(text);
  json::object parameters{{"chat_id", job_.chat_id}, {"text", text}};
  reply_to(parameters, job_);
  (void)api_.call_patiently("sendMessage", parameters, kPatience, Twice::wrong);
}

bool StatusLine::exists() {
  if (!message_) message_ = store_.status_message(job_);
  return message_.has_value();
}

Result<std::string> Answers::link(const Job& job, const Video& video) {
  return s3_.presigned_get(store_.bucket(), video.key, settings_.link_expires, result_name(job, video.container));
}

Result<json::value> Answers::send_text(const Job& job, std::string_view text, std::optional<Button> button,
                                       const Deadline& deadline) {
  json::object parameters{{"chat_id", job.chat_id}, {"text", text}};
  reply_to(parameters, job);
  if (button) add_button(parameters, *button, job);
  return api_.call_patiently("sendMessage", parameters,
                             std::clamp(deadline.left() - kMargin, Milliseconds{0}, Milliseconds{60'000}),
                             Twice::wrong);
}

Result<json::value> Answers::send_video(const Job& job, const Video& video, const Deadline& deadline) {
  (void)api_.call("sendChatAction", {{"chat_id", job.chat_id}, {"action", "upload_video"}});
  const bool plays = can_be_blurred(video.container);  // MP4: a chat shows it; others are documents
  Fields fields{{"chat_id", job.chat_id}, {"caption", shortened(job.text, kLongestCaption)}};
  if (plays) fields.emplace_back("supports_streaming", "true");
  if (job.place) {
    fields.emplace_back("reply_to_message_id", std::to_string(job.place->message_id));
    fields.emplace_back("allow_sending_without_reply", "true");
  }
  for (;;) {
    auto sent =
        api_.upload(plays ? "sendVideo" : "sendDocument", fields, plays ? "video" : "document", video.file,
                    result_name(job, video.container), media_type(video.container), settings_.scratch);
    if (sent.ok() || !sent.error().is(kTooManyRequests)) return sent;
    const Milliseconds pause = retry_after(sent.error());
    if (pause + kMargin > deadline.left()) return sent;
    std::this_thread::sleep_for(pause);
  }
}

template <class Send>
Result<Outcome> Answers::once(const Job& job, const Deadline& deadline, std::string_view status,
                              const std::string& when_uncertain, Send send) {
  StatusLine line(job, store_, api_);
  const TimePoint now = deadline.clock->now();
  CUMULET_TRY(const Claim claim, store_.claim_answer(job, now, std::min(deadline.end, now + kClaimed)));
  switch (claim) {
    case Claim::answered: return Outcome::done;
    case Claim::others: return Outcome::held;
    case Claim::stale:
      sdk::log::warn("an answer was begun and never finished; the status line tells instead",
                     {{"job", json::value(job.id())}});
      line.finish_surely(when_uncertain);
      CUMULET_CHECK(store_.finish(job));
      return Outcome::done;
    case Claim::ours: break;
  }
  const Result<json::value> sent = send();
  if (!sent.ok()) {
    const Error& error = sent.error();
    sdk::log::warn("an answer was not sent", {{"job", json::value(job.id())},
                                              {"chat", json::value(job.chat_id)},
                                              {"code", json::value(error.code())},
                                              {"why", json::value(error.message())}});
    const bool hopeless = error.is(kRefused) || error.is(kTooLarge);  // the chat is gone, or has blocked the bot
    if (!hopeless && surely_not_done(error)) {
      CUMULET_CHECK(store_.release_answer(job));
      return Outcome::again;
    }
    hopeless ? line.finish(texts::kFailed) : line.finish_surely(when_uncertain);
  } else {
    line.remove(status);
  }
  CUMULET_CHECK(store_.finish(job));
  return Outcome::done;
}

Result<Outcome> Answers::failure(const Job& job, std::string_view sentence, Hope hope, const Deadline& deadline) {
  std::optional<Button> button;
  if (hope == Hope::some && job.place) {
    CUMULET_CHECK(store_.put_retry(job));  // before anybody can press it
    button = Button::retry;
  }
  return once(job, deadline, texts::kFailed, std::string(sentence),
              [&] { return send_text(job, sentence, button, deadline); });
}

Result<Outcome> Answers::video(const Job& job, const Video& video, const Deadline& deadline) {
  CUMULET_TRY(const std::string url, link(job, video));
  const std::string with_link = "Here is your video, for " + in_words(settings_.link_expires) + ": " + url;
  const bool too_large = video.size > settings_.most_sent || video.file.empty();
  return once(job, deadline, texts::kDone, with_link, [&]() -> Result<json::value> {
    if (too_large) return send_text(job, with_link, std::nullopt, deadline);
    auto sent = send_video(job, video, deadline);
    if (sent.ok() || !(sent.error().is(kTooLarge) || sent.error().is(kRefused))) return sent;
    return send_text(job, with_link, std::nullopt, deadline);  // what the chat's server does not take as a video
  });
}

Result<Outcome> Answers::quietly(const Job& job, std::string_view status) {
  StatusLine(job, store_, api_).finish(status);
  CUMULET_CHECK(store_.finish(job));
  return Outcome::done;
}

}  // namespace cumulet::polybot
