#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "services/rekognition/model.hpp"
#include "storage/database.hpp"
#include "storage/scrub.hpp"

namespace cumulet::rekognition {

enum class JobStatus { in_progress, succeeded, failed };
std::string_view status_name(JobStatus status);  // "IN_PROGRESS", ...

// Which write of the object a job is about, taken when it was started: it looks at this one or at none.
struct Pin {
  std::string etag;  // without quotes
  std::uint64_t size = 0;
  std::string identity;  // Object::identity
};

struct Job {
  std::string id;
  std::string account;
  std::string region;
  S3Object object;
  std::optional<Pin> pin;  // none: a job of an engine that did not pin yet, before it runs
  std::optional<std::string> tag;
  std::optional<std::string> token;  // ClientRequestToken
  std::string fingerprint;           // of the request's other parameters
  JobStatus status = JobStatus::in_progress;
  std::string status_message;
  std::string failure_code;  // GetFaceDetectionResponse::failure_code; empty: none
  TimePoint created;
  std::optional<VideoMetadata> metadata;
  std::string detector;
  std::string recall;
  std::int64_t faces = 0;
};

// Face jobs and their results, durable. Blocking; thread-safe.
class Store {
 public:
  explicit Store(storage::Database& database) : database_(database) {}
  Result<void> migrate();

  // Adds the job. A token known in the same account and region gives the job it made, instead of adding one.
  Result<Job> add(const Job& job);
  Result<std::optional<Job>> find(const std::string& id);
  // Jobs to be run (again), oldest first.
  Result<std::vector<std::string>> unfinished();
  Result<void> succeed(const std::string& id, const VideoMetadata& metadata, const std::string& detector,
                       const std::string& recall, const std::vector<json::value>& face_records);
  Result<void> fail(const std::string& id, const std::string& message, std::string_view failure_code = {});
  // For a job without a pin; one that has a pin keeps it.
  Result<void> pin(const std::string& id, const Pin& pin);
  // Faces number `first` (0-based) and on, at most `count`, of the `total` that the job says it has. Error when the
  // rows are not those that were written, or not all of them.
  Result<std::vector<FaceDetection>> faces(const std::string& id, std::int64_t first, std::int64_t count,
                                           std::int64_t total);
  // Reads every result.
  void scrub(storage::Scrub& scrub);
  // Forgets finished jobs begun before `limit`. Does not wait.
  void forget_before(TimePoint limit);

 private:
  storage::Database& database_;
};

}  // namespace cumulet::rekognition
