#include "vision/pipeline/verifier.hpp"

#include <algorithm>

namespace cumulet::vision {
namespace {

constexpr int kSide = 544;                // pixels, longest side of the looks: not the size in which faces were found
constexpr std::size_t kHeld = 3;          // frames
constexpr std::int64_t kWholeEvery = 12;  // frames
constexpr double kAround = 4;             // face widths
constexpr double kOpinion = 50;           // of a second look at what seems to be a face
constexpr double kSamePlace = 0.2;        // nearness

Image mirrored(const Image& from) {
  Image out = from;
  for (int row = 0; row < out.height; ++row) {
    for (int x = 0; x < out.width; ++x) {
      std::copy_n(&from.bgr[3 * (static_cast<std::size_t>(row) * from.width + from.width - 1 - x)], 3,
                  &out.bgr[3 * (static_cast<std::size_t>(row) * out.width + x)]);
    }
  }
  return out;
}

Seen unmirrored(Seen seen, double aspect) {
  seen.oval.centre.x = aspect - seen.oval.centre.x;
  seen.oval.roll = -seen.oval.roll;
  return seen;
}

}  // namespace

Verifier::Verifier(Verification mode, std::unique_ptr<FaceDetector> detector, double certain_confidence,
                   const VideoInfo& info, CoverPainter& painter)
    : mode_(detector ? mode : Verification::off),
      detector_(std::move(detector)),
      certain_(certain_confidence),
      info_(info),
      painter_(painter),
      scaler_(info, kSide) {
  if (detector_) crops_.emplace(*detector_);
}

Result<void> Verifier::add(Frame frame) {
  held_.push_back(std::move(frame));
  if (mode_ == Verification::off) return {};
  Frame& latest = held_.back();
  CUMULET_TRY(const auto shown, shown_in(latest));
  suspects_.clear();
  for (const Oval& oval : shown) {
    CUMULET_TRY(const bool still, cover_and_look_again(latest, oval));
    if (still) {
      return Error{kFaceShows, "A face shows in frame " + std::to_string(latest.index) + " (at " +
                                   std::to_string(latest.time_ms) + " ms) in spite of its cover."};
    }
    CUMULET_CHECK(mend_neighbours(oval));
    suspects_.push_back(oval);
  }
  if (!shown.empty()) ++report_.mended;
  return {};
}

std::optional<Verifier::Frame> Verifier::take(Take which) {
  const std::size_t keep = which == Take::all || mode_ == Verification::off ? 0 : kHeld;
  if (held_.size() <= keep) return std::nullopt;
  Frame frame = std::move(held_.front());
  held_.pop_front();
  return frame;
}

Result<FramePicture> Verifier::picture_of(Frame& frame) {
  Image small;
  CUMULET_CHECK(scaler_.scale(*frame.frame, small));
  av::Frame shared = av::new_frame();
  if (!shared || av_frame_ref(shared.get(), frame.frame.get()) < 0) {
    return Error{kFaceShows, "There is not enough memory to look at a covered frame."};
  }
  return FramePicture(std::move(shared), std::move(small), info_);
}

Result<std::vector<Oval>> Verifier::shown_in(Frame& frame) {
  const bool all = mode_ == Verification::all || frame.index % kWholeEvery == 0;
  const bool doubt = std::any_of(frame.covers.begin(), frame.covers.end(), [](const Placement& p) { return p.doubt; });
  std::vector<Oval> shown;
  if (!all && !doubt && suspects_.empty()) return shown;
  ++report_.looked_at;
  CUMULET_TRY(auto picture, picture_of(frame));
  try {
    if (all) whole(picture, frame, shown);
    around_covers(picture, frame, shown);
  } catch (const std::exception& error) {
    return detector_failed(error.what());
  }
  return shown;
}

// A face is no news where a cover lies on it already and hides it: what is found must be seen again by a second look.
bool Verifier::is_shown(FramePicture& picture, const Seen& seen) {
  return seen.face.confidence >= certain_ && crops_->opinion(picture, seen.oval) >= kOpinion;
}

void Verifier::whole(FramePicture& picture, const Frame&, std::vector<Oval>& shown) {
  for (const Seen& found : look(*detector_, mirrored(picture.small()), picture.aspect(), 0)) {
    const Seen seen = unmirrored(found, picture.aspect());
    if (is_shown(picture, seen)) shown.push_back(seen.oval);
  }
}

void Verifier::around_covers(FramePicture& picture, const Frame& frame, std::vector<Oval>& shown) {
  std::vector<Oval> places = suspects_;
  for (const Placement& cover : frame.covers) {
    if (cover.doubt) places.push_back(cover.oval);
  }
  for (const Oval& place : places) {
    for (const Seen& seen : crops_->look(picture, place, kAround)) {
      const bool known = std::any_of(shown.begin(), shown.end(),
                                     [&](const Oval& other) { return nearness(other, seen.oval) > kSamePlace; });
      if (!known && is_shown(picture, seen)) shown.push_back(seen.oval);
    }
  }
}

Result<bool> Verifier::cover_and_look_again(Frame& frame, const Oval& oval) {
  Placement placement;
  placement.track = next_id_--;
  placement.oval = oval;
  placement.doubt = true;
  for (const double size : {1.0, 1.4}) {
    placement.oval.width = oval.width * size, placement.oval.height = oval.height * size;
    if (av_frame_make_writable(frame.frame.get()) < 0) {
      return Error{kFaceShows, "There is not enough memory to cover a frame."};
    }
    painter_.paint(*frame.frame, placement);
    frame.covers.push_back(placement);
    CUMULET_TRY(auto picture, picture_of(frame));
    bool still = false;
    for (const Seen& seen : crops_->look(picture, oval, kAround)) {
      still = still || (nearness(seen.oval, oval) > kSamePlace && is_shown(picture, seen));
    }
    if (!still) return false;
  }
  return true;
}

// Backwards through the frames that are held, as long as the face is seen there too.
Result<void> Verifier::mend_neighbours(const Oval& oval) {
  Oval place = oval;
  for (std::size_t back = 2; back <= held_.size(); ++back) {
    Frame& frame = held_[held_.size() - back];
    CUMULET_TRY(auto picture, picture_of(frame));
    std::optional<Oval> there;
    for (const Seen& seen : crops_->look(picture, place, kAround)) {
      if (seen.face.confidence >= certain_ / 2 && nearness(seen.oval, place) > kSamePlace) there = seen.oval;
    }
    if (!there) return {};
    place = *there;
    CUMULET_TRY(const bool still, cover_and_look_again(frame, place));
    if (still) {
      return Error{kFaceShows, "A face shows in frame " + std::to_string(frame.index) + " (at " +
                                   std::to_string(frame.time_ms) + " ms) in spite of its cover."};
    }
    ++report_.mended;
  }
  return {};
}

}  // namespace cumulet::vision
