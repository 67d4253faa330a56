#pragma once
#include <filesystem>
#include <string>

#include "apps/polybot/worker/answers.hpp"
#include "apps/polybot/worker/event.hpp"
#include "apps/polybot/worker/fetch.hpp"
#include "sdk/runtime/lambda.hpp"
#include "sdk/sqs.hpp"

// PolyBot's worker: a Lambda function behind two queues. From the bot's queue it takes what people ask for, fetches the
// video, stores it and answers; or hands it to FaceBlur by putting it into its input bucket. From the results queue it
// hears that FaceBlur's output bucket has it, and answers then.
namespace cumulet::polybot {

struct WorkerSettings {
  std::string videos_bucket;
  std::string faceblur_input, faceblur_output;  // buckets; empty: no blurring here
  std::string faceblur_machine;  // ARN; empty: why blurring failed is not known, only that it takes too long
  std::string results_queue;     // name
  int max_receive_count = 3;     // of the queue's redrive policy: on the last delivery the person is told
  Seconds longest_blur{1200};    // FaceBlur's machine gives up after 900 s
  std::filesystem::path scratch = "/tmp";
  FetchSettings fetch;
  AnswerSettings answers;
};
// From the environment; docs/polybot.md has the table. Error: sdk::kBadConfiguration.
Result<WorkerSettings> worker_settings(const sdk::Environment& environment);

class Worker {
 public:
  // All must outlive the worker.
  Worker(WorkerSettings settings, sdk::Client client, BotApi& api, const Clock& clock);

  // {"batchItemFailures": [{"itemIdentifier": messageId}]}: the messages that are to be delivered once more.
  sdk::InvocationResponse handle(const sdk::InvocationRequest& request);

 private:
  Result<Outcome> handle_record(const QueueRecord& record, const Deadline& deadline);
  Result<Outcome> handle_request(const Job& job, const Deadline& deadline);
  Result<Outcome> handle_result(const QueueRecord& record, const Deadline& deadline);
  Result<Outcome> fetch_and_answer(const Job& job, const std::filesystem::path& folder, const Deadline& deadline);
  Result<Outcome> fetch_and_blur(const Job& job, const std::filesystem::path& folder, const Deadline& deadline);
  // The video that the job is about, in `folder`. Errors: as of fetch().
  Result<Fetched> obtain(const Job& job, WantedForm form, const std::filesystem::path& folder, const Deadline& deadline,
                         StatusLine& line);
  Result<Fetched> download_sent_file(const Job& job, const std::filesystem::path& folder);
  Result<Outcome> give_up(const Job& job, const Error& error, const Deadline& deadline);
  // -- blurring (worker_blur.cpp)
  Result<Outcome> blurred(const std::string& key, const Deadline& deadline);
  Result<Outcome> check(const Check& check, const Deadline& deadline);
  // A note is the only one of its job: on its last delivery the next one takes its place.
  Result<Outcome> keep_looking(const QueueRecord& record, Result<Outcome> outcome);
  Result<void> schedule_check(const std::string& job_id, int attempt);
  // Why FaceBlur's execution for this job ended without a result; nullopt: it runs, or is not known.
  Result<std::optional<std::string>> why_blurring_failed(const Job& job);
  Result<std::optional<std::string>> blur_object(const std::string& bucket, const Job& job);
  Result<void> clean_up_blur(const Job& job);
  void try_again_after(const QueueRecord& record, Seconds pause);

  const WorkerSettings settings_;
  sdk::Client client_;
  sdk::S3 s3_;
  sdk::Sqs sqs_;
  BotApi& api_;
  const Clock& clock_;
  WorkStore store_;
  Answers answers_;
};

}  // namespace cumulet::polybot
