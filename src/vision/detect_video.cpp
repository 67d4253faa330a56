#include "vision/detect_video.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <opencv2/core/utility.hpp>
#include <thread>

#include "vision/errors.hpp"
#include "vision/media_reader.hpp"
#include "vision/tracks.hpp"

namespace cumulet::vision {
namespace {

// Detectors on threads of their own, fed in any order. Pictures are recycled.
class DetectorPool {
 public:
  DetectorPool(std::vector<std::unique_ptr<FaceDetector>> detectors) : limit_(2 * detectors.size()) {
    for (auto& detector : detectors) {
      workers_.emplace_back([this, owned = std::move(detector)] { work(*owned); });
    }
  }
  ~DetectorPool() { finish(); }

  Image take_blank() {
    std::lock_guard lock(mutex_);
    if (blanks_.empty()) return {};
    Image image = std::move(blanks_.back());
    blanks_.pop_back();
    return image;
  }

  // Blocks while enough pictures wait already.
  void submit(std::int64_t timestamp_ms, Image image) {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [this] { return waiting_.size() < limit_; });
    waiting_.push_back({timestamp_ms, std::move(image)});
    work_.notify_one();
  }

  // All detections, once everything submitted is done. Error when a detector threw.
  Result<std::vector<TimedFace>> collect() {
    finish();
    if (!failure_.empty()) return Error{kNoDetector, "The face detector failed: " + failure_};
    return std::move(found_);
  }

 private:
  struct Job {
    std::int64_t timestamp_ms;
    Image image;
  };

  void work(FaceDetector& detector) {
    std::unique_lock lock(mutex_);
    for (;;) {
      work_.wait(lock, [this] { return ended_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      Job job = std::move(waiting_.front());
      waiting_.pop_front();
      room_.notify_one();
      lock.unlock();
      std::vector<Face> faces;
      std::string failure;
      try {
        faces = detector.detect(job.image);
        for (Face& face : faces) face.quality = quality_at(job.image, face.box);
      } catch (const std::exception& error) {
        failure = error.what();
      }
      lock.lock();
      if (!failure.empty()) failure_ = failure;
      for (Face& face : faces) found_.push_back({job.timestamp_ms, face});
      blanks_.push_back(std::move(job.image));
    }
  }

  void finish() {
    {
      std::lock_guard lock(mutex_);
      ended_ = true;
    }
    work_.notify_all();
    for (auto& worker : workers_) worker.join();
    workers_.clear();
  }

  const std::size_t limit_;
  std::mutex mutex_;
  std::condition_variable work_, room_;
  std::deque<Job> waiting_;
  std::vector<Image> blanks_;
  std::vector<TimedFace> found_;
  std::string failure_;
  bool ended_ = false;
  std::vector<std::thread> workers_;
};

Belief belief_for(const DetectorChoice& choice) {
  Belief belief;
  belief.certain_confidence = choice.certain_confidence();
  if (choice.kind == DetectorKind::cascades) {
    belief.repeated_confidence = 30;
    belief.bridge_ms = 2000;
    belief.carry_ms = 500;
  }
  return belief;
}

}  // namespace

Result<VideoFaces> detect_faces_in_video(const std::string& path, const DetectOptions& options,
                                         const Progress& progress, const OnInfo& on_info) {
  CUMULET_TRY(const auto reader, MediaReader::open(path, MediaReader::Streams::video_only, 2));
  VideoFaces result;
  result.info = reader->info();
  if (on_info) on_info(result.info);

  const int threads =
      options.threads > 0 ? options.threads : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  cv::setNumThreads(1);  // pictures in parallel scale better than the layers of one
  std::vector<std::unique_ptr<FaceDetector>> detectors;
  for (int i = 0; i < threads; ++i) {
    CUMULET_TRY(auto detector, make_detector(options.detector));
    detectors.push_back(std::move(detector));
  }
  DetectorPool pool(std::move(detectors));

  FrameScaler scaler(result.info, options.longest_side);
  // The cascades take a quarter of a second for each picture; their findings are carried on anyway.
  const std::int64_t interval_ms =
      options.detector.kind == DetectorKind::cascades ? 2 * options.interval_ms : options.interval_ms;
  std::vector<std::int64_t> sample_times;
  const double frame_ms = result.info.frame_rate > 0 ? 1000 / result.info.frame_rate : 40;
  std::int64_t last_ms = 0;
  int percent = -1;
  for (;;) {
    CUMULET_TRY(const MediaReader::Item item, reader->next());
    if (item.frame == nullptr) break;
    const std::int64_t now = reader->milliseconds(*item.frame);
    last_ms = std::max(last_ms, now);
    if (sample_times.empty() ||
        static_cast<double>(now - sample_times.back()) + frame_ms > static_cast<double>(interval_ms)) {
      Image image = pool.take_blank();
      CUMULET_CHECK(scaler.scale(*item.frame, image));
      pool.submit(now, std::move(image));
      sample_times.push_back(now);
    }
    const int reached = result.info.duration_ms > 0
                            ? static_cast<int>(std::min<std::int64_t>(99, 100 * now / result.info.duration_ms))
                            : 0;
    if (progress && reached > percent) progress((percent = reached) / 100.0);
  }
  CUMULET_TRY(std::vector<TimedFace> raw, pool.collect());
  result.info.frames = reader->frames_decoded();
  if (result.info.duration_ms <= 0) result.info.duration_ms = last_ms + static_cast<std::int64_t>(frame_ms);
  if (options.report == Report::raw) {
    std::erase_if(
        raw, [&](const TimedFace& timed) { return timed.face.confidence < options.detector.certain_confidence(); });
    result.faces = std::move(raw);
    std::stable_sort(result.faces.begin(), result.faces.end(),
                     [](const TimedFace& a, const TimedFace& b) { return a.timestamp_ms < b.timestamp_ms; });
  } else {
    result.faces = believed_faces(std::move(raw), sample_times, belief_for(options.detector));
  }
  if (progress) progress(1);
  return result;
}

}  // namespace cumulet::vision
