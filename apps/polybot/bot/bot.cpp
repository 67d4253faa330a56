#include "apps/polybot/bot/bot.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "apps/polybot/common/texts.hpp"
#include "base/http.hpp"
#include "sdk/errors.hpp"
#include "sdk/runtime/log.hpp"

namespace cumulet::polybot {
namespace {

constexpr std::string_view kHelp =
    "Send me the name of a video or a link, and I fetch it for you.\n"
    "Send me a video (MP4 or MOV), and it comes back with every face blurred.\n\n"
    "/blur LINK – fetch a video and blur its faces; or /blur as an answer to a video\n"
    "/status – what I am working on for this chat\n"
    "/cancel – drop it all\n"
    "/delete – delete the videos I keep for this chat\n"
    "/help – this text";
constexpr std::string_view kWhatIUnderstand =
    "I understand the name of a video, a link, or a video itself. /help says more.";
constexpr std::string_view kNoStore = "That is switched off here: this bot has no videos bucket in its configuration.";

constexpr std::size_t kLongestText = 4096;  // characters, as Telegram has it
constexpr std::size_t kShownWork = 10;
constexpr std::size_t kCountedWork = 200;
constexpr std::size_t kMostStrangers = 10'000;
constexpr std::size_t kMostAlbums = 10'000;
constexpr Seconds kLongPoll{30};
constexpr Milliseconds kFirstPause{1000}, kLongestPause{60'000};
constexpr Milliseconds kQuickAnswer{200},
    kBetweenPolls{500};  // a server that does not wait for updates is asked less often

std::string counted(std::size_t count, std::string_view one, std::string_view many) {
  return std::to_string(count) + ' ' + std::string(count == 1 ? one : many);
}

// The text without the bot's name, by which it was called.
std::string without_name(const std::string& text, std::string_view name) {
  const std::string called = '@' + std::string(name);
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = at + called.size();
    const bool is_name = !name.empty() && end <= text.size() && iequals(std::string_view(text).substr(at, called.size()), called) &&
                         (end == text.size() || (text[end] != '_' && !std::isalnum(static_cast<unsigned char>(text[end]))));
    is_name ? void(at = end) : out.push_back(text[at++]);
  }
  return out;
}

Job job_for(const IncomingMessage& message, Wish wish, std::string text) {
  Job job;
  job.chat_id = std::to_string(message.chat_id);
  job.wish = wish;
  job.text = std::move(text);
  job.place = Place{message.date, message.message_id};
  return job;
}

}  // namespace

void Bot::say(const IncomingMessage& message, std::string_view text) {
  if (!message.album.empty()) {
    if (said_.size() >= kMostAlbums) said_.clear();
    const bool is_first =
        said_.insert(std::to_string(message.chat_id) + '/' + message.album + '/' + std::string(text)).second;
    if (!is_first) return;
  }
  replies_.say({message.chat_id, message.message_id, std::string(text)});
}

Result<std::string> Bot::queue_url() {
  if (!queue_url_) {
    CUMULET_TRY(queue_url_, queue_.queue_url(config_.bot_to_worker_queue_name));
  }
  return *queue_url_;
}

Result<void> Bot::try_enqueue(const Job& job) {
  CUMULET_TRY(const std::string url, queue_url());
  if (store_) {  // before the worker can have it: it deletes this when it is done
    const auto noted = store_->put_asked(job);
    if (!noted.ok())
      sdk::log::warn("/status will not know of a message", {{"why", json::value(noted.error().message())}});
  }
  sdk::OutgoingMessage message;
  message.body = job.text;
  message.attributes = attributes_of(job);
  if (url.ends_with(".fifo")) {  // a chat's messages one after another
    message.group_id = job.chat_id;
    message.deduplication_id = job.id();
  }
  const auto sent = queue_.send(url, message);
  if (!sent.ok()) {
    if (sent.error().code() == "QueueDoesNotExist") queue_url_.reset();
    return sent.error();
  }
  sdk::log::info("queued", {{"chat", json::value(job.chat_id)}, {"messageId", json::value(*sent)}});
  return {};
}

void Bot::enqueue(const IncomingMessage& message, Job job) {
  const auto queued = try_enqueue(job);
  if (!queued.ok()) {
    sdk::log::error("a message could not be queued", {{"queue", json::value(config_.bot_to_worker_queue_name)},
                                                      {"code", json::value(queued.error().code())},
                                                      {"why", json::value(queued.error().message())}});
    // Nothing is known to wait for an answer. Not "answered": when only the queue's word was lost, a worker answers.
    if (store_) (void)store_->remove_asked(job);
    return say(message, texts::kWentWrong);
  }
  say(message, texts::kProcessing);
}

bool Bot::is_allowed(std::int64_t chat_id) const {
  return config_.allowed_chats.empty() || config_.allowed_chats.contains(chat_id) || moved_chats_.contains(chat_id);
}

bool Bot::is_meant_for_us(const IncomingMessage& message) const {
  if (!message.in_group) return true;
  if (const auto command = command_of(message.text)) {
    // A command that names no bot may be another's: what we do not know is not ours.
    constexpr std::array<std::string_view, 6> kOurs{"start", "help", "status", "cancel", "delete", "blur"};
    return !command->bot.empty() || std::find(kOurs.begin(), kOurs.end(), command->name) != kOurs.end();
  }
  if (!message.replied_bot.empty() && iequals(message.replied_bot, name_)) return true;
  return without_name(message.text, name_) != message.text;
}

bool Bot::is_allowed(const IncomingMessage& message) {
  if (is_allowed(message.chat_id)) return true;
  if (strangers_.size() < kMostStrangers && strangers_.insert(message.chat_id).second) {
    sdk::log::warn("a chat that is not allowed wrote", {{"chat", message.chat_id}});
    say(message, "This bot is not for this chat (its id is " + std::to_string(message.chat_id) + ").");
  }
  return false;
}

void Bot::handle(const Update& update) {
  if (update.press) return press(*update.press);
  if (!update.message) return;
  const IncomingMessage& message = *update.message;
  if (message.moved_to != 0) return follow(message);
  if (!message.is_content) return;
  const auto found = command_of(message.text);
  if (found && !found->bot.empty() && !name_.empty() && !iequals(found->bot, name_)) return;
  if (!is_meant_for_us(message) || !is_allowed(message)) return;
  const bool says_what = !message.link.empty() || found;  // a caption that is a name asks for nothing
  if (message.file && (message.file->is_video || !says_what)) return take_file(message, *message.file);
  if (message.is_caption && !says_what) return say(message, kWhatIUnderstand);
  if (shortened(message.text, kLongestText) != message.text)
    return say(message, "That text is too long for me: 4,096 characters are the most.");
  if (found) return command(message, *found);
  // What the worker would not find in the text itself: a link behind words, or one without a scheme.
  const bool is_hidden = !message.link.empty() && link_of(message.text) != message.link;
  const std::string written = message.in_group ? without_name(message.text, name_) : message.text;
  std::string text = allowed_characters(is_hidden || message.is_caption ? message.link : written);
  if (trimmed(text).empty()) return say(message, kWhatIUnderstand);
  enqueue(message, job_for(message, Wish::fetch, std::move(text)));
}

void Bot::follow(const IncomingMessage& message) {
  sdk::log::warn("a group became a supergroup, which has an id of its own",
                 {{"chat", message.chat_id}, {"supergroup", message.moved_to}});
  if (config_.allowed_chats.contains(message.chat_id)) moved_chats_.insert(message.moved_to);
}

void Bot::take_file(const IncomingMessage& message, const IncomingFile& file) {
  if (!file.is_video) return say(message, texts::kOnlyMp4AndMov);
  std::string name = trimmed(allowed_characters(file.name));
  Job job = job_for(message, Wish::blur, name.empty() ? "video" : std::move(name));
  job.file_id = allowed_characters(file.file_id);
  enqueue(message, std::move(job));
}

void Bot::command(const IncomingMessage& message, const Command& command) {
  if (command.name == "start" || command.name == "help") return say(message, kHelp);
  if (command.name == "status") return tell_status(message);
  if (command.name == "cancel") return cancel(message);
  if (command.name == "delete") return delete_videos(message);
  if (command.name != "blur") return say(message, "I do not know that command. /help says what I can do.");
  blur(message);
}

// The link beside the command, else the film or the link that the command answers to.
void Bot::blur(const IncomingMessage& message) {
  if (message.link.empty() && message.replied_file) return take_file(message, *message.replied_file);
  const std::string& link = message.link.empty() ? message.replied_link : message.link;
  if (link.empty())
    return say(message,
               "Tell me which video: /blur LINK, with a link that begins with http:// or https://, or /blur as an "
               "answer to a video. Or just send me the video.");
  enqueue(message, job_for(message, Wish::blur, allowed_characters(link)));
}

void Bot::tell_status(const IncomingMessage& message) {
  if (!store_) return say(message, kNoStore);
  auto work = store_->open_work(std::to_string(message.chat_id), kCountedWork);
  if (!work.ok()) {
    sdk::log::error("/status failed", {{"why", json::value(work.error().message())}});
    return say(message, texts::kWentWrong);
  }
  if (work->empty()) return say(message, "Nothing is waiting or being worked on for this chat.");
  std::stable_sort(work->begin(), work->end(), [](const Work& a, const Work& b) { return a.place < b.place; });
  std::string text =
      counted(work->size(), "message is being worked on or waits:", "messages are being worked on or wait:");
  for (std::size_t i = 0; i < std::min(work->size(), kShownWork); ++i) {
    const Work& one = (*work)[i];
    text += "\n• " + one.text + " – " + (one.state.empty() ? "waits" : one.state);
  }
  if (work->size() > kShownWork) text += "\n… and " + std::to_string(work->size() - kShownWork) + " more";
  say(message, text);
}

void Bot::cancel(const IncomingMessage& message) {
  if (!store_) return say(message, kNoStore);
  const std::string chat = std::to_string(message.chat_id);
  const auto work = store_->open_work(chat, kCountedWork);
  const auto cancelled = store_->cancel(chat, {message.date, message.message_id});
  if (!work.ok() || !cancelled.ok()) {
    sdk::log::error("/cancel failed",
                    {{"why", json::value(work.ok() ? cancelled.error().message() : work.error().message())}});
    return say(message, texts::kWentWrong);
  }
  for (const Work& one : *work)  // what the place does not reach: work that was tried again later
    if (one.is_retry) (void)store_->cancel_one(chat, one.job_id);
  if (work->empty()) return say(message, "There was nothing to cancel.");
  say(message, "Cancelled: " + counted(work->size(), "message.", "messages."));
}

void Bot::delete_videos(const IncomingMessage& message) {
  if (!store_) return say(message, kNoStore);
  const auto deleted = store_->delete_videos(std::to_string(message.chat_id));
  if (!deleted.ok()) {
    sdk::log::error("/delete failed", {{"why", json::value(deleted.error().message())}});
    return say(message, texts::kWentWrong);
  }
  say(message, "Deleted " + counted(*deleted, "video.", "videos."));
}

void Bot::announce_commands() {
  json::array commands;
  for (const auto& [name, words] : {std::pair{"start", "What this bot does"},
                                    {"help", "What this bot does"},
                                    {"blur", "Fetch a video and blur its faces: /blur LINK"},
                                    {"status", "What is being worked on for this chat"},
                                    {"cancel", "Drop all work of this chat"},
                                    {"delete", "Delete the videos kept for this chat"}})
    commands.push_back(json::object{{"command", name}, {"description", words}});
  const auto told = api_.call("setMyCommands", {{"commands", std::move(commands)}});
  if (!told.ok()) sdk::log::warn("setMyCommands failed", {{"why", json::value(told.error().message())}});
}

Result<void> Bot::run(const OffsetStore& offsets, const std::atomic<bool>& stopping,
                      const std::function<void(Milliseconds)>& sleep) {
  std::optional<std::int64_t> offset = offsets.load();
  Milliseconds pause = kFirstPause;
  const auto wait = [&] {
    sleep(pause);
    pause = std::min(pause * 2, kLongestPause);
  };
  while (!stopping) {
    json::object parameters{{"timeout", kLongPoll.count()}, {"allowed_updates", json::array{"message", "callback_query"}}};
    if (offset) parameters["offset"] = *offset;
    const auto asked = std::chrono::steady_clock::now();
    const auto got = api_.call("getUpdates", parameters, kLongPoll);
    if (!got.ok()) {
      const Error& error = got.error();
      if (stopping || error.is(sdk::kCancelled)) break;
      if (error.is(kBadToken)) return error;
      if (error.is(kTooManyRequests)) {
        sleep(retry_after(error));
        continue;
      }
      if (error.is(kOtherPoller)) {
        sdk::log::error("another copy of this bot, or a webhook, takes its updates: stop the other one",
                        {{"said", json::value(error.message())}});
        if (error.message().find("webhook") != std::string::npos) (void)api_.call("deleteWebhook", {});
      } else {
        sdk::log::warn("no updates could be fetched",
                       {{"code", json::value(error.code())}, {"why", json::value(error.message())}});
      }
      wait();
      continue;
    }
    const auto updates = read_updates(*got);
    if (updates.empty() && !(got->is_array() && got->get_array().empty())) {
      sdk::log::warn("what getUpdates brought is no list of updates with ids");
      wait();
      continue;
    }
    pause = kFirstPause;
    if (updates.empty() && std::chrono::steady_clock::now() - asked < kQuickAnswer) sleep(kBetweenPolls);
    for (const Update& update : updates) {
      if (stopping) break;
      if (offset && update.id < *offset) continue;  // confirmed; a server that brings it again is answered once
      handle(update);
      offset = update.id + 1;
      if (const auto saved = offsets.save(*offset); !saved.ok())
        sdk::log::warn("the offset is not kept", {{"why", json::value(saved.error().message())}});
    }
  }
  return {};
}

}  // namespace cumulet::polybot
