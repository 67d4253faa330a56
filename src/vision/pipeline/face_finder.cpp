#include "vision/pipeline/face_finder.hpp"

#include <algorithm>
#include <cmath>
#include <deque>
#include <mutex>
#include <thread>

#include "vision/media/errors.hpp"
#include "vision/media/frame_scaler.hpp"
#include "vision/media/yuv420.hpp"
#include "vision/pipeline/look_pool.hpp"
#include "vision/pipeline/stage_queue.hpp"

namespace cumulet::vision {
namespace {

constexpr int kFewestAhead = 4, kMostQueued = 16;  // frames

std::size_t frame_bytes(const VideoInfo& info) {
  return static_cast<std::size_t>(info.width) * info.height * 3 / 2 + 1;
}

// Large frames are hardly queued up: what is kept for the lookahead is many already.
int queued(const VideoInfo& info, std::size_t lookahead_bytes) {
  return static_cast<int>(std::clamp<std::size_t>(lookahead_bytes / 12 / frame_bytes(info), 1, kMostQueued));
}
constexpr double kTooSmallForOpinions = 24;  // pixels of the near look

struct Step {  // what the decoding stage hands on; an error is the last of all
  std::shared_ptr<LookedFrame> frame;
  av::Packet packet;
  std::optional<Error> error;
  bool end = false;
};

// Small pictures are used again: fresh memory for each would cost more than the scaling.
class Blanks {
 public:
  Image take() {
    std::lock_guard lock(mutex_);
    if (images_.empty()) return {};
    Image image = std::move(images_.back());
    images_.pop_back();
    return image;
  }
  void give_back(Image image) {
    std::lock_guard lock(mutex_);
    images_.push_back(std::move(image));
  }

 private:
  std::mutex mutex_;
  std::vector<Image> images_;
};

// Sightings that were found elsewhere, given out by time.
class GivenSightings {
 public:
  GivenSightings(std::vector<TimedFace> faces, double aspect) : faces_(std::move(faces)), aspect_(aspect) {
    std::erase_if(faces_, [](const TimedFace& timed) {
      const Box& box = timed.face.box;
      return !(box.width > 0) || !(box.height > 0) || !std::isfinite(box.left + box.top + box.width + box.height);
    });
    std::stable_sort(faces_.begin(), faces_.end(),
                     [](const TimedFace& a, const TimedFace& b) { return a.timestamp_ms < b.timestamp_ms; });
  }
  // Those that belong to the frame of that time, the next after the last one asked for.
  std::vector<Seen> until(std::int64_t time_ms) {
    std::vector<Seen> seen;
    for (; next_ < faces_.size() && faces_[next_].timestamp_ms <= time_ms; ++next_) {
      seen.push_back({oval_of(faces_[next_].face, aspect_), faces_[next_].face});
      seen.back().face.confidence = 100;  // who found it believed it
    }
    return seen;
  }

 private:
  std::vector<TimedFace> faces_;
  double aspect_;
  std::size_t next_ = 0;
};

double mean_difference(const Image& a, const Image& b) {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < a.bgr.size(); ++i) sum += std::abs(a.bgr[i] - b.bgr[i]);
  return a.bgr.empty() ? 0 : static_cast<double>(sum) / static_cast<double>(a.bgr.size());
}

class Finder final : public FaceFinder, private Pictures {
 public:
  Finder(std::unique_ptr<MediaReader> reader, const FinderOptions& options, int ahead)
      : reader_(std::move(reader)),
        options_(options),
        ahead_(ahead),
        tracker_(rules_for(*reader_, options), *this),
        steps_(queued(reader_->info(), options.lookahead_bytes)),
        items_(queued(reader_->info(), options.lookahead_bytes)) {
    if (options.sightings) sightings_.emplace(*options.sightings, reader_->info().aspect);
  }

  ~Finder() override {
    steps_.close();
    items_.close();
    if (decoding_.joinable()) decoding_.join();
    if (tracking_.joinable()) tracking_.join();
  }

  Result<void> start(std::vector<std::unique_ptr<FaceDetector>> detectors, std::unique_ptr<FaceDetector> own,
                     int far_side) {
    crop_detector_ = std::move(own);
    crop_look_.emplace(*crop_detector_);
    pool_ = std::make_unique<LookPool>(std::move(detectors), reader_->info(), far_side);
    return {};
  }

  const MediaReader& reader() const override { return *reader_; }

  Result<Item> next() override {
    if (over_) return Item{};
    if (!decoding_.joinable()) {  // not before: until here the reader's facts may be asked for
      decoding_ = std::thread([this] { decode(); });
      tracking_ = std::thread([this] { track(); });
    }
    std::optional<Result<Item>> item = items_.pop();
    if (!item) return Item{};
    over_ = !item->ok() || (!(*item)->frame && !(*item)->packet);
    return std::move(*item);
  }

 private:
  struct Entry {
    std::shared_ptr<LookedFrame> frame;
    av::Packet packet;
  };

  // The tracking stage.
  void track() {
    for (;;) {
      Result<Item> item = next_item();
      const bool last = !item.ok() || (!item->frame && !item->packet);
      const int frames = item.ok() && item->frame ? 1 : 0;
      if (!items_.push(std::move(item), frames) || last) return;
      tracker_.take_done();
    }
  }

  Result<Item> next_item() {
    while (!ended_ && added_ - emitted_ <= ahead_) CUMULET_CHECK(advance());
    if (window_.empty()) return Item{};
    Entry entry = std::move(window_.front());
    window_.pop_front();
    Item item;
    if (entry.packet) {
      item.packet = std::move(entry.packet);
      return item;
    }
    item.index = entry.frame->index;
    item.time_ms = entry.frame->time_ms;
    item.covers = tracker_.at(item.index);
    if (options_.raw) {
      item.seen = std::move(entry.frame->near);
    } else if (!sightings_) {
      add_unbelieved(entry.frame->near, item.covers);
    }
    ++emitted_;
    item.frame = release(item.index);
    return item;
  }

  static TrackRules rules_for(const MediaReader& reader, const FinderOptions& options) {
    TrackRules rules;
    rules.accept = options.detector.certain_confidence();
    const double rate = std::clamp(reader.info().frame_rate, 5.0, 120.0);
    rules.lost_after = static_cast<int>(std::lround(0.6 * rate));
    rules.unsure_after = static_cast<int>(std::lround(4 * rate));
    // Until the next sighting, where they come from elsewhere.
    if (options.sightings) rules.lost_after = static_cast<int>(std::lround(1.2 * rate));
    rules.searches = 6 + reader.info().width * reader.info().height / 500'000;  // large pictures show more
    rules.hold = std::max(2, static_cast<int>(std::lround(0.2 * rate)));
    return rules;
  }

  // What lies farther from an area's edge than its margin, in picture heights.
  static Extent moved_part(const Area& area, const FramePicture& picture) {
    const Image& small = picture.small();
    const double height = small.height, width = small.width / picture.aspect();  // pixels a unit
    const auto inner = [](int edge, int margin, int end) { return edge == 0 || edge == end ? edge : edge + margin; };
    return {inner(area.left, kAreaMargin, small.width) / width, inner(area.top, kAreaMargin, small.height) / height,
            inner(area.right(), -kAreaMargin, small.width) / width,
            inner(area.bottom(), -kAreaMargin, small.height) / height};
  }

  static LookPlan::Decision everything() {
    LookPlan::Decision decision;
    decision.looks.near = true;
    return decision;
  }

  // The decoding stage.
  void decode() {
    ToYuv420 to_yuv420(reader_->decoder()->width, reader_->decoder()->height);
    FrameScaler scaler(reader_->info(), options_.longest_side);
    LookPlan plan(options_.looks);
    std::int64_t index = 0;
    const auto fail = [&](const Error& error) { steps_.push({nullptr, nullptr, error}, 0); };
    for (;;) {
      auto item = reader_->next();
      if (!item.ok()) return fail(item.error());
      if (item->packet != nullptr) {
        av::Packet packet{av_packet_clone(item->packet)};
        if (!packet) return fail(Error{kReadFailed, "There is not enough memory for a packet."});
        if (!steps_.push({nullptr, std::move(packet), std::nullopt}, 0)) return;
        continue;
      }
      if (item->frame == nullptr) break;
      auto frame = std::make_shared<LookedFrame>();
      frame->index = index++;
      frame->time_ms = reader_->milliseconds(*item->frame);
      Image small = blanks_.take();
      if (const auto scaled = scaler.scale(*item->frame, small); !scaled.ok()) return fail(scaled.error());
      auto converted = to_yuv420.take(*item->frame);
      if (!converted.ok()) return fail(converted.error());
      frame->plan = options_.raw ? everything() : plan.next(frame->time_ms, coarse(small), small.width, small.height);
      if (options_.sightings) frame->plan.looks = {};
      frame->picture = std::make_unique<FramePicture>(std::move(converted).value(), std::move(small), reader_->info());
      if (frame->plan.looks.any()) pool_->submit(frame);
      if (!steps_.push({std::move(frame), nullptr, std::nullopt}, 1)) return;
    }
    Step end;
    end.end = true;
    steps_.push(std::move(end), 0);
  }

  // One step of the tracking stage.
  Result<void> advance() {
    std::optional<Step> next = steps_.pop();
    if (!next) return Error{kReadFailed, "The film is read no further."};
    Step step = std::move(*next);
    if (step.error) return *step.error;
    if (step.end) {
      ended_ = true;
      tracker_.end();
      return {};
    }
    if (step.packet) {
      window_.push_back({nullptr, std::move(step.packet)});
      return {};
    }
    LookedFrame& frame = *step.frame;
    CUMULET_CHECK(pool_->wait(frame));
    Tracker::Frame facts;
    facts.index = frame.index;
    facts.time_ms = frame.time_ms;
    facts.new_scene = frame.plan.new_scene;
    facts.resumed_from = frame.plan.resumed_from;
    facts.still = frame.plan.still;
    facts.looked = frame.looked;
    if (sightings_) frame.near = sightings_->until(frame.time_ms), facts.looked = !frame.near.empty();
    facts.wide = frame.plan.looks.far || frame.plan.looks.turned;
    for (const Area& area : frame.plan.looks.near_areas) facts.moved.push_back(moved_part(area, *frame.picture));
    std::vector<Seen> seen = frame.near;
    for (auto* more : {&frame.far, &frame.turned[0], &frame.turned[1], &frame.turned[2]}) {
      seen.insert(seen.end(), std::make_move_iterator(more->begin()), std::make_move_iterator(more->end()));
    }
    facts.seen = each_once(std::move(seen), options_.detector.certain_confidence());
    kept_.push_back(step.frame);
    window_.push_back({step.frame, nullptr});
    ++added_;
    if (options_.raw) {
      frame.near = std::move(facts.seen);
    } else {
      tracker_.add(facts);
    }
    return {};
  }

  // What a look at the whole picture takes for a face is covered in that very frame, also where second opinions spoke
  // against it: who looks at the result with the same detector finds nothing either.
  void add_unbelieved(const std::vector<Seen>& near, std::vector<Placement>& covers) const {
    constexpr double kMargin = 5, kUnder = 0.4;  // of confidence; nearness
    for (const Seen& seen : near) {
      if (seen.face.confidence < options_.detector.certain_confidence() - kMargin) continue;
      const bool covered = std::any_of(covers.begin(), covers.end(), [&](const Placement& cover) {
        return nearness(cover.oval, seen.oval) > kUnder || is_within(seen.oval, cover.oval);
      });
      if (covered) continue;
      Placement placement;
      // The same place has the same number, so that its colours do not flicker.
      placement.track = -1 - std::lround(seen.oval.centre.x * 20) - 1000 * std::lround(seen.oval.centre.y * 20);
      placement.oval = seen.oval;
      placement.confidence = seen.face.confidence;
      placement.seen = seen.face;
      covers.push_back(placement);
    }
  }
  static bool is_within(const Oval& inner, const Oval& outer) {
    const double away = std::hypot(inner.centre.x - outer.centre.x, inner.centre.y - outer.centre.y);
    return away + inner.size() / 2 < std::min(outer.width, outer.height) / 2;
  }

  // Gives the frame away; its small picture becomes a blank.
  av::Frame release(std::int64_t index) {
    if (!options_.raw) tracker_.release(index + 1);
    av::Frame frame;
    while (!kept_.empty() && kept_.front()->index <= index) {
      frame = kept_.front()->picture->take_frame();
      blanks_.give_back(kept_.front()->picture->take_small());
      kept_.pop_front();
    }
    return frame;
  }

  FramePicture* picture_of(std::int64_t frame) {
    if (kept_.empty() || frame < kept_.front()->index) return nullptr;
    const auto at = static_cast<std::size_t>(frame - kept_.front()->index);
    return at < kept_.size() ? kept_[at]->picture.get() : nullptr;
  }

  std::vector<Seen> look(std::int64_t frame, const Oval& where, double search) override {
    FramePicture* picture = picture_of(frame);
    return picture != nullptr ? crop_look_->look(*picture, where, search) : std::vector<Seen>{};
  }

  double opinion(std::int64_t frame, const Oval& where) override {
    FramePicture* picture = picture_of(frame);
    if (picture == nullptr) return 0;
    // MediaPipe's second opinions of small faces are no better than those of poles: they count as they were found.
    const double near_height = options_.longest_side / std::max(1.0, picture->aspect());
    if (options_.detector.kind == DetectorKind::mediapipe && where.width * near_height < kTooSmallForOpinions)
      return 100;
    return crop_look_->opinion(*picture, where);
  }

  double change(std::int64_t frame, std::int64_t other, const Oval& where) override {
    FramePicture *a = picture_of(frame), *b = picture_of(other);
    if (a == nullptr || b == nullptr) return 0;
    constexpr int kSide = 16;
    a->sample(where, kSide, kSide, sample_a_);
    b->sample(where, kSide, kSide, sample_b_);
    return mean_difference(sample_a_, sample_b_);
  }

  std::unique_ptr<MediaReader> reader_;
  const FinderOptions options_;
  const int ahead_;
  Tracker tracker_;
  std::optional<GivenSightings> sightings_;
  StageQueue<Step> steps_;
  StageQueue<Result<Item>> items_;
  Blanks blanks_;
  std::unique_ptr<FaceDetector> crop_detector_;
  std::optional<CropLook> crop_look_;
  std::unique_ptr<LookPool> pool_;
  std::deque<Entry> window_;                       // frames and packets, in order
  std::deque<std::shared_ptr<LookedFrame>> kept_;  // frames that may be looked at
  Image sample_a_, sample_b_;
  std::int64_t added_ = 0, emitted_ = 0;
  bool ended_ = false;
  bool over_ = false;  // next() gave the last item
  std::thread decoding_, tracking_;
};

}  // namespace

Result<std::unique_ptr<FaceFinder>> FaceFinder::open(const std::string& path, const FinderOptions& options) {
  CUMULET_TRY(auto reader, MediaReader::open(path, options.streams, options.decoder_threads));
  const int threads =
      options.threads > 0 ? options.threads : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  std::vector<std::unique_ptr<FaceDetector>> detectors;
  for (int i = 0; i <= threads; ++i) {  // one more for the tracker
    CUMULET_TRY(auto detector, make_detector(options.detector));
    detectors.push_back(std::move(detector));
  }
  auto own = std::move(detectors.back());
  detectors.pop_back();
  const VideoInfo& info = reader->info();
  const int fit = static_cast<int>(std::min<std::size_t>(1000, options.lookahead_bytes / frame_bytes(info)));
  const int ahead = std::max(kFewestAhead, std::min(options.lookahead, fit));
  FinderOptions adapted = options;
  // In pictures that lie, MediaPipe's detector takes many things for faces.
  if (options.detector.kind == DetectorKind::mediapipe) adapted.looks.turned = false;
  // A face that only the wide looks find is followed backwards to where it came: they must not lie farther apart than
  // frames are kept.
  const double rate = info.frame_rate > 0 ? info.frame_rate : 25;
  adapted.looks.wide_interval_ms =
      std::min<std::int64_t>(adapted.looks.wide_interval_ms, static_cast<std::int64_t>(1000 * (ahead - 2) / rate));
  const int far = options.looks.far ? far_side_for(std::max(info.width, info.height), options.longest_side) : 0;
  auto finder = std::make_unique<Finder>(std::move(reader), adapted, ahead);
  CUMULET_CHECK(finder->start(std::move(detectors), std::move(own), far));
  return std::unique_ptr<FaceFinder>(std::move(finder));
}

}  // namespace cumulet::vision
