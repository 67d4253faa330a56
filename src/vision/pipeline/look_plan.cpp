#include "vision/pipeline/look_plan.hpp"

#include <algorithm>

namespace cumulet::vision {

namespace {
constexpr int kLargestSide = 3840;
constexpr int kLongestFlash = 4;        // frames
constexpr std::int64_t kWideApart = 3;  // frames
constexpr int kUpsideEvery = 3;         // turned looks: few stand on their heads
}  // namespace

bool LookPlan::resumes(const CoarsePicture& picture) const {
  return frame_ - cut_frame_ <= kLongestFlash && !last_of_scene_.means.empty() && !is_cut(last_of_scene_, picture);
}

int far_side_for(int longest, int longest_side) {
  return std::clamp(longest <= 2 * longest_side ? longest * 3 / 2 : longest, longest_side, kLargestSide);
}

LookPlan::Decision LookPlan::next(std::int64_t time, CoarsePicture picture, int width, int height) {
  Decision out;
  out.new_scene = first_ || is_cut(before_, picture);
  ++frame_;
  if (out.new_scene && !first_) {
    if (resumes(picture)) {
      out.resumed_from = cut_frame_;
      last_of_scene_ = {};
    } else if (last_of_scene_.means.empty() || frame_ - cut_frame_ > kLongestFlash) {
      last_of_scene_ = before_;
      cut_frame_ = frame_;
    }
  }
  const Area whole{0, 0, width, height};
  std::vector<Area> areas = out.new_scene ? std::vector{whole} : moved_areas(looked_at_, picture, width, height);
  out.looks.near = !areas.empty();
  out.still = areas.empty();
  // At least some frames apart: a file may give all of them nearly the same time.
  const auto due = [&](const std::optional<Wide>& last) {
    if (!last || out.new_scene) return true;
    return time - last->time_ms >= rules_.wide_interval_ms && frame_ - last->frame >= kWideApart &&
           has_moved(last->picture, picture);
  };
  if (rules_.far && due(far_)) {
    out.looks.far = out.looks.near = true;
    far_ = Wide{time, frame_, picture};
  }
  // The two wide looks of one interval fall on different frames, but where a scene begins.
  if (rules_.turned && (out.new_scene || !out.looks.far) && due(turned_)) {
    out.looks.turned = out.looks.near = true;
    out.looks.upside = out.new_scene || ++turns_ % kUpsideEvery == 0;
    turned_ = Wide{time, frame_, picture};
  }
  const bool wide = out.looks.far || out.looks.turned;  // goes with a near look at the whole
  if (wide || (areas.size() == 1 && areas.front() == whole)) {
    looked_at_ = picture;
  } else {
    for (const Area& area : areas) take_over(looked_at_, picture, area);
    out.looks.near_areas = std::move(areas);
  }
  before_ = std::move(picture);
  first_ = false;
  return out;
}

}  // namespace cumulet::vision
