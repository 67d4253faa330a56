#include "apps/polybot/worker/worker.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "apps/polybot/common/texts.hpp"
#include "base/folder_removal.hpp"
#include "sdk/errors.hpp"
#include "sdk/runtime/log.hpp"

namespace cumulet::polybot {
namespace {

namespace fs = std::filesystem;

constexpr Milliseconds kForStoring{20'000};           // of the invocation, after the video was fetched
constexpr Milliseconds kLeastTime{5'000};             // to begin anything
constexpr Seconds kSoon{5};                           // a message that failed for a passing reason comes back
constexpr auto kLookEvery = std::chrono::seconds(2);  // whether /cancel was sent
constexpr auto kTellEvery = std::chrono::seconds(4);  // how far it is

// A folder of one message alone, gone with all it holds.
class ScratchFolder {
 public:
  static Result<ScratchFolder> make(const fs::path& in) {
    std::string pattern = (in / "polybot-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr)
      return Error{sdk::kFileFailed, "No folder can be made in " + in.string() + ": " + std::strerror(errno)};
    return ScratchFolder(pattern);
  }
  ScratchFolder(ScratchFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  ScratchFolder& operator=(ScratchFolder&&) = delete;
  ~ScratchFolder() {
    if (!path_.empty()) remove_folder(path_);
  }
  const fs::path& path() const { return path_; }

 private:
  explicit ScratchFolder(fs::path path) : path_(std::move(path)) {}
  fs::path path_;
};

std::string last_of_arn(std::string_view arn) { return std::string(arn.substr(arn.rfind(':') + 1)); }

}  // namespace

Worker::Worker(WorkerSettings settings, sdk::Client client, BotApi& api, const Clock& clock)
    : settings_(std::move(settings)),
      client_(client),
      s3_(client),
      sqs_(client),
      api_(api),
      clock_(clock),
      store_(client, settings_.videos_bucket),
      answers_(client, store_, api, settings_.answers) {}

sdk::InvocationResponse Worker::handle(const sdk::InvocationRequest& request) {
  const auto records = read_sqs_event(request.payload);
  if (!records.ok())
    return sdk::InvocationResponse::failure(records.error().message(), std::string(records.error().code()));
  const Deadline deadline(clock_, request.deadline);
  json::array failures;
  for (const QueueRecord& record : *records) {
    const auto outcome = handle_record(record, deadline);
    if (!outcome.ok())
      sdk::log::error("a message failed", {{"messageId", json::value(record.message_id)},
                                           {"code", json::value(outcome.error().code())},
                                           {"why", json::value(api_.scrubbed(outcome.error().message()))}});
    if (outcome.ok() && *outcome == Outcome::done) continue;
    failures.push_back(json::object{{"itemIdentifier", record.message_id}});
    const bool held = outcome.ok() && *outcome == Outcome::held;
    try_again_after(record, held ? kClaimed + kSoon : kSoon * record.receive_count());
  }
  return sdk::InvocationResponse::success(json::text(json::object{{"batchItemFailures", std::move(failures)}}));
}

// The queue's visibility timeout is six times the function's, which is long for somebody who waits.
void Worker::try_again_after(const QueueRecord& record, Seconds pause) {
  const auto url = sqs_.queue_url(last_of_arn(record.queue_arn));
  if (url.ok()) (void)sqs_.change_visibility(*url, record.receipt_handle, pause);
}

Result<Outcome> Worker::handle_record(const QueueRecord& record, const Deadline& deadline) {
  const bool in_time = deadline.left() >= kLeastTime;
  if (!settings_.results_queue.empty() && last_of_arn(record.queue_arn) == settings_.results_queue)
    return keep_looking(record, in_time ? handle_result(record, deadline) : Outcome::again);
  if (!in_time) return Outcome::again;
  const auto job = job_of(record.body, record.message_attributes, record.message_id);
  if (!job.ok()) {  // nobody can be told
    sdk::log::error(job.error().message());
    return Outcome::done;
  }
  auto outcome = handle_request(*job, deadline);
  if (outcome.ok() || record.receive_count() < settings_.max_receive_count) return outcome;
  // The last delivery: the message goes to the dead-letter queue, the person is told.
  (void)answers_.failure(*job, texts::kWentWrong, Hope::some, deadline);
  return outcome;
}

Result<Outcome> Worker::handle_request(const Job& job, const Deadline& deadline) {
  CUMULET_TRY(const bool answered, store_.is_answered(job));
  if (answered) return Outcome::done;
  CUMULET_TRY(const bool cancelled, store_.is_cancelled(job));
  if (cancelled) return answers_.quietly(job, texts::kCancelled);
  CUMULET_TRY(const auto folder, ScratchFolder::make(settings_.scratch));
  if (job.wish == Wish::blur) return fetch_and_blur(job, folder.path(), deadline);
  return fetch_and_answer(job, folder.path(), deadline);
}

Result<Fetched> Worker::obtain(const Job& job, WantedForm form, const fs::path& folder, const Deadline& deadline,
                               StatusLine& line) {
  if (!job.file_id.empty()) return download_sent_file(job, folder);
  auto looked = std::chrono::steady_clock::now(), told = looked - kTellEvery;
  bool cancelled = false;
  const auto progress = [&](double percent) {
    const auto now = std::chrono::steady_clock::now();
    if (now - looked >= kLookEvery) {
      looked = now;
      const auto marked = store_.is_cancelled(job);
      cancelled = marked.ok() && *marked;
    }
    if (percent > 0 && percent < 100 && now - told >= kTellEvery) {
      told = now;
      line.set(std::string(texts::kFetching) + ' ' + std::to_string(static_cast<int>(percent)) + " %");
    }
    return !cancelled;
  };
  const Milliseconds limit = std::max(kLeastTime, deadline.left() - kForStoring);
  return fetch(settings_.fetch, job.text, form, folder, limit, progress);
}

Result<Fetched> Worker::download_sent_file(const Job& job, const fs::path& folder) {
  const auto found = api_.call_patiently("getFile", {{"file_id", job.file_id}}, Milliseconds{30'000});
  if (!found.ok()) {
    if (!found.error().is(kRefused) && !found.error().is(kBadToken)) return found.error();
    if (found.error().message().find("too big") != std::string::npos)
      return Error{kNotFetched, "That file is too large for me to take from the chat: give me a link with /blur LINK."};
    return Error{kNotFetched, "The chat does not give me that file (any more): please send it again."};
  }
  const auto* path = json::find(*found, "file_path");
  if (!path || !path->is_string()) return Error{kServerFault, "getFile gave no file_path"};
  Fetched out;
  out.file = folder / "video";
  const auto downloaded = api_.download(std::string(path->get_string()), out.file, settings_.fetch.most_bytes);
  if (!downloaded.ok()) {
    if (downloaded.error().is(kFileTooLarge))
      return Error{kNotFetched, reason_of("larger than max-filesize", settings_.fetch)};
    return downloaded.error();
  }
  out.size = fs::file_size(out.file);
  out.container = container_of_file(out.file);
  if (!can_be_blurred(out.container)) return Error{kNotFetched, std::string(texts::kOnlyMp4AndMov)};
  return out;
}

// What ended obtain(): a sentence for the person, silence after /cancel, or a fault of ours that is tried again.
Result<Outcome> Worker::give_up(const Job& job, const Error& error, const Deadline& deadline) {
  if (error.is(kStopped)) return answers_.quietly(job, texts::kCancelled);
  const Hope hope = error.message() == texts::kOnlyMp4AndMov ? Hope::none : Hope::some;
  if (error.is(kNotFetched)) return answers_.failure(job, error.message(), hope, deadline);
  return error;
}

Result<Outcome> Worker::fetch_and_answer(const Job& job, const fs::path& folder, const Deadline& deadline) {
  StatusLine line(job, store_, api_);
  CUMULET_TRY(const auto stored, store_.stored_video(job));
  Video video;
  if (stored) {  // an earlier delivery came so far
    video.key = *stored;
    const auto file = folder / "video";
    CUMULET_TRY(const auto info, s3_.head(store_.bucket(), video.key));
    video.size = info.size;
    if (info.size <= answers_.most_sent()) {
      CUMULET_CHECK(s3_.download_file(store_.bucket(), video.key, file));
      video.file = file;
      video.container = container_of_file(file);
    }
  } else {
    (void)store_.put_state(job, "fetching");
    line.set(texts::kFetching);
    auto fetched = obtain(job, WantedForm::any, folder, deadline, line);
    if (!fetched.ok()) return give_up(job, fetched.error(), deadline);
    CUMULET_TRY(const bool cancelled, store_.is_cancelled(job));
    if (cancelled) return answers_.quietly(job, texts::kCancelled);
    video = {store_.video_key(job, suffix(fetched->container)), fetched->container, fetched->size, fetched->file};
    sdk::PutOptions put;
    put.content_type = media_type(video.container);
    put.if_none_match = "*";
    const auto uploaded = s3_.upload_file(store_.bucket(), video.key, video.file, put);
    if (!uploaded.ok() && uploaded.error().status() != 412) return uploaded.error();
    sdk::log::info("video stored", {{"key", json::value(video.key)}, {"bytes", video.size}});
  }
  (void)store_.put_state(job, "sending");
  line.set(texts::kSending);
  return answers_.video(job, video, deadline);
}

}  // namespace cumulet::polybot
