#pragma once
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "aws/wire/operation.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"
#include "services/rekognition/job_lanes.hpp"
#include "services/rekognition/model.hpp"
#include "services/rekognition/pictures.hpp"
#include "services/rekognition/ports.hpp"
#include "services/rekognition/store.hpp"
#include "services/rekognition/vision.hpp"

namespace cumulet::rekognition {

struct Settings {
  std::filesystem::path program;  // cumulet-vision
  std::filesystem::path model;    // the face model's file; empty: whatever is looked at fails
  std::string detector = "none, as there is no face model";  // what will look, for people
  std::filesystem::path
      folder;  // of its own, private: emptied at load(); videos at work lie there. On the blobs' file system
  std::vector<std::filesystem::path> hidden;  // what the child must not see (the data folder)
  int concurrency = 0;                        // face jobs at a time, 2 at least; 0: one for each core
  Seconds job_time = std::chrono::hours(3);   // that a face job may take; over it, it fails
  // The time that does not jump, for what runs; another one in tests.
  std::function<std::chrono::steady_clock::time_point()> uptime = std::chrono::steady_clock::now;
};

struct Dependencies {
  storage::Database& database;
  ObjectReader& objects;
  Clock& clock;
  Random& random;
  Settings settings = {};
};

// Amazon Rekognition: face detection in stored videos (asynchronous jobs, durable, run again after a crash) and in
// pictures. Operations run on workers; those on pictures wait. Jobs and pictures run on threads of its own, which end
// with it; what jobs had not finished is run at the next start().
// https://docs.aws.amazon.com/rekognition/latest/dg/faces-sqs-video.html
class Rekognition {
 public:
  explicit Rekognition(Dependencies with);
  // With other eyes than the sandboxed program's: for tests.
  Rekognition(Dependencies with, std::unique_ptr<Vision> vision);
  ~Rekognition();

  // Tables, leftovers, unfinished jobs. Blocking; once, before any operation.
  Result<void> load();
  // The job threads begin; they end with the service.
  void start();

  // Settings::detector: "YuNet 2023mar", "MediaPipe full range (recall: reduced)".
  const std::string& detector() const { return with_.settings.detector; }

  // The videos that are looked at now. Any thread.
  struct Running {
    std::string id, video;  // "bucket/key"
    TimePoint started;
    int percent = 0;
  };
  std::vector<Running> running() const;

  Result<StartFaceDetectionResponse> start_face_detection(const wire::CallContext&, const StartFaceDetectionRequest&);
  Result<GetFaceDetectionResponse> get_face_detection(const wire::CallContext&, const GetFaceDetectionRequest&);
  awaitable<Result<DetectFacesResponse>> detect_faces(const wire::CallContext&, DetectFacesRequest);

 private:
  void work(JobLanes::Lane lane);
  void run(const std::string& id, JobLanes::Lane lane);
  Result<Analysis> analyse(const Job& job, const Patience& patience);
  Patience patience(const std::string& id, JobLanes::Lane lane);
  Pictures::Read reader_of(S3Object object);
  void sweep();

  Dependencies with_;
  Store store_;
  std::unique_ptr<Vision> vision_;
  std::unique_ptr<Pictures> pictures_;
  JobLanes lanes_;
  mutable std::mutex running_mutex_;
  std::map<std::string, Running> running_;
  std::mutex mutex_;
  TimePoint swept_{};
  std::vector<std::thread> threads_;
};

// `rekognition` must outlive the descriptor.
wire::ServiceDescriptor describe(Rekognition& rekognition);

}  // namespace cumulet::rekognition
