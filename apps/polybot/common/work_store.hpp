#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/polybot/common/job.hpp"
#include "sdk/s3.hpp"

// What the bot and the workers know together, as small objects in the videos bucket. Nobody waits for a lock: every
// object is written by one of them, or is a marker that only the first may put (If-None-Match: *).
//
//   videos/CHAT/JOB.mp4         what was fetched or blurred
//   work/CHAT/JOB/asked         the bot: what was asked for; there until the answer
//   work/CHAT/JOB/status        the worker: the message id of the line that says how far it is
//   work/CHAT/JOB/state         the worker: how far it is, a text for people
//   answers/JOB                 the worker: the answer is being sent, or was; stays
//   work/CHAT/JOB/cancelled     the bot: this one is to be dropped (its button was pressed)
//   retries/CHAT/JOB            the worker: a job that failed, for who wishes it tried again
//   cancelled/CHAT              the bot: /cancel, the place up to which all is cancelled
//   blur/JOB                    the worker: the job whose video FaceBlur has
namespace cumulet::polybot {

struct Work {
  std::string job_id;
  std::string text;   // what was asked for, shortened
  std::string state;  // "", while it waits
  std::optional<Place> place;
  bool is_retry = false;
};

enum class Claim { ours, others, stale, answered };  // stale: who claimed it must have died since

class WorkStore {
 public:
  WorkStore(sdk::Client client, std::string bucket) : s3_(std::move(client)), bucket_(std::move(bucket)) {}
  const std::string& bucket() const { return bucket_; }

  // -- of the bot
  Result<void> put_asked(const Job& job);
  Result<void> remove_asked(const Job& job);
  Result<void> cancel(std::string_view chat_id, Place up_to);
  // Drops one job; false: it is answered, or the id is none.
  Result<bool> cancel_one(const std::string& chat_id, const std::string& job_id);
  // The failed job of that chat and id; nullopt: it is not known (any more).
  Result<std::optional<Job>> retry_job(const std::string& chat_id, const std::string& job_id);
  Result<void> remove_retry(const std::string& chat_id, const std::string& job_id);
  // At most `most`, not cancelled, in no certain order.
  Result<std::vector<Work>> open_work(std::string_view chat_id, std::size_t most);
  // Deletes all of the chat's videos, and what was kept to be tried again; how many videos there were.
  Result<std::size_t> delete_videos(std::string_view chat_id);

  // -- of the worker
  std::optional<std::int64_t> status_message(const Job& job);
  Result<void> put_status_message(const Job& job, std::int64_t message_id);
  Result<void> put_state(const Job& job, std::string_view state);
  Result<void> put_retry(const Job& job);
  Result<bool> is_cancelled(const Job& job);
  Result<bool> is_answered(const Job& job) { return is_answered(job.id()); }
  Result<bool> is_answered(const std::string& job_id);  // false: no such job
  // Whoever gets `ours` sends the answer, before `until`.
  Result<Claim> claim_answer(const Job& job, TimePoint now, TimePoint until);
  Result<void> release_answer(const Job& job);
  // The answer went out: nothing but the answered marker and the video is left of the job.
  Result<void> finish(const Job& job);

  Result<void> put_blur(const Job& job);
  Result<std::optional<Job>> blur_job(std::string_view job_id);
  Result<void> remove_blur(const Job& job);

  std::string video_key(const Job& job, std::string_view suffix) const;
  // The video that was stored before for this job, if any.
  Result<std::optional<std::string>> stored_video(const Job& job);

 private:
  Result<void> remove_work(const Job& job);
  Result<std::optional<std::string>> get(const std::string& key);

  sdk::S3 s3_;
  std::string bucket_;
};

}  // namespace cumulet::polybot
