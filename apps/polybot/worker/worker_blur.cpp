#include <algorithm>

#include "apps/polybot/common/texts.hpp"
#include "apps/polybot/worker/worker.hpp"
#include "base/folder_removal.hpp"
#include "sdk/errors.hpp"
#include "sdk/runtime/log.hpp"

// Blurring: a video goes into FaceBlur's input bucket under polybot/JOB.mp4, and FaceBlur's output bucket tells the
// results queue when it is there under the same key. Beside that a note to look after the job comes by the same queue,
// delayed, again and again: it finds out when blurring has failed, and when S3's message was lost.
namespace cumulet::polybot {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "polybot/";
constexpr Seconds kFirstCheck{5}, kLongestPause{60};
constexpr int kMostPages = 5;  // of executions, 1,000 each, newest first
constexpr std::string_view kTooLong = "Blurring that video took too long, so I gave it up.";

std::string blur_key(const Job& job, std::string_view suffix) {
  return std::string(kPrefix) + job.id() + std::string(suffix);
}

Seconds pause_before(int attempt) { return std::min(kFirstCheck * (1 << std::min(attempt, 8)), kLongestPause); }

// How long a job has been looked after when its note comes for the attempt-th time.
Seconds waited(int attempt) {
  Seconds out{0};
  for (int i = 0; i <= std::min(attempt, 10'000); ++i) out += pause_before(i);
  return out;
}

// The first sentence of an execution's cause, which may be a function's error document.
std::string sentence_of(std::string cause) {
  if (const auto document = json::parse(cause, {.depth = 32}); document.ok())
    if (auto message = json::text_at(*document, "errorMessage"); !message.empty()) cause = std::move(message);
  // "Face detection of s3://... failed: why": where things lie is not for the chat.
  if (cause.find("s3://") != std::string::npos) {
    const auto why = cause.find(" failed: ");
    cause = why == std::string::npos ? "" : cause.substr(why + 9);
  }
  cause = allowed_characters(cause);
  cause = cause.substr(0, cause.find_first_of("\r\n"));
  if (const auto end = cause.find(". "); end != std::string::npos) cause.resize(end);
  cause = trimmed(cause);
  while (cause.ends_with('.')) cause.pop_back();
  if (cause.empty()) return "I could not blur that video.";
  return "I could not blur that video: " + shortened(cause, 200) + '.';
}

}  // namespace

Result<Outcome> Worker::fetch_and_blur(const Job& job, const fs::path& folder, const Deadline& deadline) {
  if (settings_.faceblur_input.empty())
    return answers_.failure(job, "Blurring is not set up here: FaceBlur's buckets are not in my configuration.",
                            Hope::none, deadline);
  StatusLine line(job, store_, api_);
  CUMULET_TRY(auto given, blur_object(settings_.faceblur_input, job));
  if (!given) {
    (void)store_.put_state(job, "fetching");
    line.set(texts::kFetching);
    auto fetched = obtain(job, WantedForm::mp4_or_mov, folder, deadline, line);
    if (!fetched.ok()) return give_up(job, fetched.error(), deadline);
    CUMULET_TRY(const bool cancelled, store_.is_cancelled(job));
    if (cancelled) return answers_.quietly(job, texts::kCancelled);
    CUMULET_CHECK(store_.put_blur(job));  // before FaceBlur can be done
    (void)store_.put_state(job, "blurring");
    line.set(texts::kBlurring);
    sdk::PutOptions put;
    put.content_type = media_type(fetched->container);
    put.if_none_match = "*";
    const auto key = blur_key(job, suffix(fetched->container));
    const auto uploaded = s3_.upload_file(settings_.faceblur_input, key, fetched->file, put);
    if (!uploaded.ok() && uploaded.error().status() != 412) return uploaded.error();
    sdk::log::info("given to FaceBlur", {{"key", json::value(key)}, {"bytes", fetched->size}});
  }
  CUMULET_CHECK(schedule_check(job.id(), 0));
  return Outcome::done;
}

Result<void> Worker::schedule_check(const std::string& job_id, int attempt) {
  CUMULET_TRY(const auto url, sqs_.queue_url(settings_.results_queue));
  sdk::OutgoingMessage message;
  message.body = check_message({job_id, attempt});
  message.delay = pause_before(attempt);
  CUMULET_CHECK(sqs_.send(url, message));
  return {};
}

Result<Outcome> Worker::keep_looking(const QueueRecord& record, Result<Outcome> outcome) {
  if ((outcome.ok() && *outcome == Outcome::done) || record.receive_count() < settings_.max_receive_count)
    return outcome;
  const auto message = read_result_message(record.body);
  const auto* note = std::get_if<Check>(&message);
  if (!note || !schedule_check(note->job_id, note->attempt + 1).ok()) return outcome;
  sdk::log::warn("a note to look after a video failed on its last delivery; the next one goes on",
                 {{"job", json::value(note->job_id)},
                  {"why", json::value(outcome.ok() ? "not now" : api_.scrubbed(outcome.error().message()))}});
  return Outcome::done;
}

Result<Outcome> Worker::handle_result(const QueueRecord& record, const Deadline& deadline) {
  const auto message = read_result_message(record.body);
  if (const auto* note = std::get_if<Check>(&message)) return check(*note, deadline);
  const auto* objects = std::get_if<std::vector<ObjectCreated>>(&message);
  if (!objects) return Outcome::done;
  for (const ObjectCreated& object : *objects) {
    if (object.bucket != settings_.faceblur_output || !object.key.starts_with(kPrefix)) continue;
    CUMULET_TRY(const Outcome outcome, blurred(object.key, deadline));
    if (outcome != Outcome::done) return outcome;
  }
  return Outcome::done;
}

Result<Outcome> Worker::blurred(const std::string& key, const Deadline& deadline) {
  const auto dot = std::min(key.rfind('.'), key.size());
  const std::string id = key.substr(kPrefix.size(), dot - kPrefix.size());
  CUMULET_TRY(const auto found, store_.blur_job(id));
  if (!found) {
    // Told of twice; or cancelled or given up, and FaceBlur went on: nobody else will remove it then.
    CUMULET_TRY(const bool ours, store_.is_answered(id));
    if (ours) CUMULET_CHECK(s3_.remove(settings_.faceblur_output, key));
    return Outcome::done;
  }
  const Job& job = *found;
  CUMULET_TRY(const bool answered, store_.is_answered(job));
  CUMULET_TRY(const bool cancelled, store_.is_cancelled(job));
  Outcome outcome = Outcome::done;
  if (!answered && cancelled) {
    CUMULET_TRY(outcome, answers_.quietly(job, texts::kCancelled));
  } else if (!answered) {
    StatusLine line(job, store_, api_);
    (void)store_.put_state(job, "sending");
    line.set(texts::kSending);
    Video video;
    video.key = store_.video_key(job, key.substr(dot));
    CUMULET_TRY(const auto info, s3_.head(settings_.faceblur_output, key));
    CUMULET_CHECK(s3_.copy(settings_.faceblur_output, key, store_.bucket(), video.key));
    video.size = info.size;
    video.container = key.ends_with(".mov") ? Container::mov : Container::mp4;
    std::string folder = (settings_.scratch / "polybot-XXXXXX").string();
    const bool sent_whole = info.size <= answers_.most_sent();
    if (sent_whole) {
      if (mkdtemp(folder.data()) == nullptr) return Error{sdk::kFileFailed, "No folder can be made for the result"};
      video.file = fs::path(folder) / "video";
    }
    const auto answer = [&]() -> Result<Outcome> {
      if (sent_whole) CUMULET_CHECK(s3_.download_file(store_.bucket(), video.key, video.file));
      return answers_.video(job, video, deadline);
    };
    const auto told = answer();
    if (sent_whole) remove_folder(folder);
    if (!told.ok()) return told;
    outcome = *told;
  }
  if (outcome == Outcome::done) CUMULET_CHECK(clean_up_blur(job));
  return outcome;
}

// The unblurred video goes last from FaceBlur's buckets only after the answer; the job's record goes at the very end,
// so that a crash in between is cleaned up by the next note.
Result<void> Worker::clean_up_blur(const Job& job) {
  for (const std::string_view suffix : {".mp4", ".mov"}) {
    CUMULET_CHECK(s3_.remove(settings_.faceblur_input, blur_key(job, suffix)));
    CUMULET_CHECK(s3_.remove(settings_.faceblur_output, blur_key(job, suffix)));
  }
  return store_.remove_blur(job);
}

Result<std::optional<std::string>> Worker::blur_object(const std::string& bucket, const Job& job) {
  for (const std::string_view suffix : {".mp4", ".mov"}) {
    const std::string key = blur_key(job, suffix);
    CUMULET_TRY(const bool there, s3_.exists(bucket, key));
    if (there) return std::optional<std::string>(key);
  }
  return std::optional<std::string>();
}

Result<Outcome> Worker::check(const Check& check, const Deadline& deadline) {
  CUMULET_TRY(const auto found, store_.blur_job(check.job_id));
  if (!found) return Outcome::done;  // all is done
  const Job& job = *found;
  CUMULET_TRY(const auto result, blur_object(settings_.faceblur_output, job));
  if (result) return blurred(*result, deadline);  // S3's own message was lost, or is on its way: one of the two answers
  CUMULET_TRY(const bool answered, store_.is_answered(job));
  CUMULET_TRY(const bool cancelled, store_.is_cancelled(job));
  std::optional<std::string> failure;
  if (!answered && !cancelled) {
    CUMULET_TRY(failure, why_blurring_failed(job));
    if (!failure && waited(check.attempt) > settings_.longest_blur) failure = kTooLong;
  }
  Outcome outcome = Outcome::done;
  if (failure) {
    CUMULET_TRY(outcome, answers_.failure(job, *failure, Hope::some, deadline));
  } else if (cancelled && !answered) {
    CUMULET_TRY(outcome, answers_.quietly(job, texts::kCancelled));
  } else if (!answered) {
    CUMULET_CHECK(schedule_check(check.job_id, check.attempt + 1));
    return Outcome::done;
  }
  if (outcome == Outcome::done) CUMULET_CHECK(clean_up_blur(job));
  return outcome;
}

Result<std::optional<std::string>> Worker::why_blurring_failed(const Job& job) {
  if (settings_.faceblur_machine.empty()) return std::optional<std::string>();
  // FaceBlur names an execution after its video: "JOB-...".
  const std::string name = job.id() + '-';
  json::object input{{"stateMachineArn", settings_.faceblur_machine}, {"maxResults", 1000}};
  for (int page = 0; page < kMostPages; ++page) {
    CUMULET_TRY(const auto list, client_.call("states", "ListExecutions", input));
    const auto* executions = json::find(list, "executions");
    if (executions && executions->is_array())
      for (const auto& one : executions->get_array()) {
        if (!json::text_at(one, "name").starts_with(name)) continue;
        const std::string status = json::text_at(one, "status");
        if (status == "RUNNING" || status == "SUCCEEDED") return std::optional<std::string>();
        if (status == "TIMED_OUT") return std::optional<std::string>(kTooLong);
        CUMULET_TRY(const auto described,
                    client_.call("states", "DescribeExecution",
                                 json::object{{"executionArn", json::text_at(one, "executionArn")}}));
        sdk::log::warn("blurring failed", {{"execution", json::value(json::text_at(one, "executionArn"))},
                                           {"error", json::value(json::text_at(described, "error"))}});
        return std::optional<std::string>(sentence_of(json::text_at(described, "cause")));
      }
    const std::string next = json::text_at(list, "nextToken");
    if (next.empty()) break;
    input["nextToken"] = next;
  }
  return std::optional<std::string>();
}

}  // namespace cumulet::polybot
