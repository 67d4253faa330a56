#pragma once
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "aws/wire/operation.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"
#include "services/rekognition/model.hpp"
#include "services/rekognition/ports.hpp"
#include "services/rekognition/store.hpp"
#include "services/rekognition/vision.hpp"

namespace cumulet::rekognition {

struct Settings {
  std::filesystem::path program;  // cumulet-vision
  std::filesystem::path model;    // YuNet's ONNX file; empty: OpenCV's cascades, with reduced recall
  std::filesystem::path
      folder;  // of its own, private: emptied at load(); videos at work lie there. On the blobs' file system
  std::vector<std::filesystem::path> hidden;  // what the child must not see (the data folder)
  int concurrency = 0;                        // face jobs at a time; 0: one for each core
};

struct Deps {
  storage::Database& database;
  ObjectReader& objects;
  Clock& clock;
  Random& random;
};

// Amazon Rekognition: face detection in stored videos (asynchronous jobs, durable, run again after a crash) and in
// pictures. Operations run on workers. Jobs run on threads of its own, which end with it; what they had not finished
// is run at the next load().
// https://docs.aws.amazon.com/rekognition/latest/dg/faces-sqs-video.html
class Rekognition {
 public:
  Rekognition(Settings settings, Deps deps);
  // With other eyes than the sandboxed program's: for tests.
  Rekognition(Settings settings, Deps deps, std::unique_ptr<Vision> vision);
  ~Rekognition();

  // Tables, leftovers, unfinished jobs; then the job threads start. Once, before any operation.
  Result<void> load();

  // "YuNet 2023mar" or "OpenCV cascades (recall: reduced)": for people, at start.
  std::string detector() const;

  Result<StartFaceDetectionResponse> start_face_detection(const wire::CallContext&, const StartFaceDetectionRequest&);
  Result<GetFaceDetectionResponse> get_face_detection(const wire::CallContext&, const GetFaceDetectionRequest&);
  Result<DetectFacesResponse> detect_faces(const wire::CallContext&, const DetectFacesRequest&);

 private:
  void work();
  void run(const std::string& id);
  Result<Analysis> analyse(const Job& job);
  void enqueue(const std::string& id);
  void sweep();

  Settings settings_;
  Deps deps_;
  Store store_;
  std::unique_ptr<Vision> vision_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::string> queue_;
  bool stopping_ = false;
  TimePoint swept_{};
  std::vector<std::thread> threads_;
};

// `rekognition` must outlive the descriptor.
wire::ServiceDescriptor describe(Rekognition& rekognition);

}  // namespace cumulet::rekognition
