#include "vision/pipeline/detect_video.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <iterator>
#include <map>
#include <mutex>
#include <opencv2/core/utility.hpp>
#include <thread>

#include "vision/detect/quality.hpp"
#include "vision/media/errors.hpp"
#include "vision/media/frame_scaler.hpp"
#include "vision/media/media_reader.hpp"
#include "vision/pipeline/scene.hpp"
#include "vision/track/tracks.hpp"

namespace cumulet::vision {
namespace {

// near: the whole picture at the usual size. far: a larger video once more at a larger size.
enum class Look { near, far };

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
  void submit(std::int64_t timestamp_ms, Image image, Look look) {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [this] { return waiting_.size() < limit_; });
    waiting_.push_back({timestamp_ms, std::move(image), look});
    work_.notify_one();
  }

  // All detections by time, once everything submitted is done, each face of a frame once. Error when a detector threw.
  Result<std::vector<TimedFace>> collect(double certain_confidence) {
    finish();
    if (!failure_.empty()) return detector_failed(failure_);
    std::vector<TimedFace> all;
    for (auto& [time, faces] : found_) {
      std::vector<Face> once = std::move(faces.near);
      if (!faces.far.empty()) {
        // A large face's box is truer at the usual size, so that comes first.
        once.insert(once.end(), faces.far.begin(), faces.far.end());
        once = without_doubles(std::move(once), certain_confidence);
      }
      for (Face& face : once) all.push_back({time, std::move(face)});
    }
    return all;
  }

 private:
  struct Job {
    std::int64_t timestamp_ms;
    Image image;
    Look look;
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
        failure =
            std::string("thrown: ") + error.what();  // never empty: a picture that was not looked at fails the job
      }
      lock.lock();
      if (!failure.empty()) failure_ = failure;
      if (!faces.empty()) {
        auto& found = found_[job.timestamp_ms];
        auto& kept = job.look == Look::near ? found.near : found.far;
        kept.insert(kept.end(), std::make_move_iterator(faces.begin()), std::make_move_iterator(faces.end()));
      }
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
  struct Found {
    std::vector<Face> near, far;
  };
  std::map<std::int64_t, Found> found_;  // by timestamp
  std::string failure_;
  bool ended_ = false;
  std::vector<std::thread> workers_;
};

// Which frames are looked at. A frame is left out only when nothing moved since the last one looked at.
class LookPlan {
 public:
  // Frames last `frame_ms`; on_movement: besides the regular looks.
  enum class Also { nothing, on_movement };
  LookPlan(std::int64_t interval_ms, double frame_ms, Also also)
      : interval_ms_(static_cast<double>(interval_ms) - frame_ms), also_(also) {}

  // Whether to look at the next frame, of which this is the coarse picture.
  bool look_at(std::int64_t now, CoarsePicture picture) {
    const bool first = samples_.times_ms.empty();
    const bool cut = !first && is_cut(before_, picture);
    if (cut) samples_.cuts_ms.push_back(now);
    const bool look = first || cut || static_cast<double>(now - samples_.times_ms.back()) > interval_ms_ ||
                      (also_ == Also::on_movement && has_moved(looked_at_, picture));
    if (look) {
      samples_.times_ms.push_back(now);
      looked_at_ = picture;
    }
    before_ = std::move(picture);
    return look;
  }
  const Samples& samples() const { return samples_; }

 private:
  const double interval_ms_;
  const Also also_;
  Samples samples_;
  CoarsePicture before_, looked_at_;
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

int far_side_for(int longest, int longest_side) {
  if (longest <= longest_side * 3 / 2) return 0;
  return longest <= 3 * longest_side ? longest_side * 3 / 2 : longest_side * 2;
}

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

  // The cascades take a quarter of a second for each picture; their findings are carried on anyway.
  const bool quick = options.detector.kind == DetectorKind::yunet;
  const std::int64_t interval_ms = quick ? options.interval_ms : 2 * options.interval_ms;
  const double frame_ms = result.info.frame_rate > 0 ? 1000 / result.info.frame_rate : 40;
  LookPlan plan(interval_ms, frame_ms, quick ? LookPlan::Also::on_movement : LookPlan::Also::nothing);
  FrameScaler scaler(result.info, options.longest_side);
  const int far_side = options.far_side.value_or(
      quick ? far_side_for(std::max(result.info.width, result.info.height), options.longest_side) : 0);
  FrameScaler far_scaler(result.info, far_side);
  std::optional<std::int64_t> far_looked;
  Image image;
  std::int64_t last_ms = 0;
  int percent = -1;
  for (;;) {
    CUMULET_TRY(const MediaReader::Item item, reader->next());
    if (item.frame == nullptr) break;
    const std::int64_t now = reader->milliseconds(*item.frame);
    last_ms = std::max(last_ms, now);
    CUMULET_CHECK(scaler.scale(*item.frame, image));
    if (plan.look_at(now, coarse(image))) {
      pool.submit(now, std::move(image), Look::near);
      image = pool.take_blank();
      if (far_side > 0 && (!far_looked || now - *far_looked >= 2 * interval_ms)) {
        CUMULET_CHECK(far_scaler.scale(*item.frame, image));
        pool.submit(now, std::move(image), Look::far);
        image = pool.take_blank();
        far_looked = now;
      }
    }
    const int reached = result.info.duration_ms > 0
                            ? static_cast<int>(std::min<std::int64_t>(99, 100 * now / result.info.duration_ms))
                            : 0;
    if (progress && reached > percent) progress((percent = reached) / 100.0);
  }
  CUMULET_TRY(std::vector<TimedFace> raw, pool.collect(options.detector.certain_confidence()));
  result.info.frames = reader->frames_decoded();
  if (result.info.duration_ms <= 0) result.info.duration_ms = last_ms + static_cast<std::int64_t>(frame_ms);
  if (options.report == Report::raw) {
    std::erase_if(
        raw, [&](const TimedFace& timed) { return timed.face.confidence < options.detector.certain_confidence(); });
    result.faces = std::move(raw);
  } else {
    result.faces = believed_faces(std::move(raw), plan.samples(), belief_for(options.detector));
  }
  if (progress) progress(1);
  return result;
}

}  // namespace cumulet::vision
