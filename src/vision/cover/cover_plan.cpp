#include "vision/cover/cover_plan.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <optional>

namespace cumulet::vision {
namespace {

// The usual time between two samples: the median distance of neighbouring timestamps.
std::int64_t sampling_interval(const std::vector<TimedFace>& sightings) {
  std::vector<std::int64_t> times;
  for (const TimedFace& sighting : sightings) times.push_back(sighting.timestamp_ms);
  std::sort(times.begin(), times.end());
  times.erase(std::unique(times.begin(), times.end()), times.end());
  if (times.size() < 2) return 0;
  std::vector<std::int64_t> gaps;
  for (std::size_t i = 1; i < times.size(); ++i) gaps.push_back(times[i] - times[i - 1]);
  std::nth_element(gaps.begin(), gaps.begin() + static_cast<std::ptrdiff_t>(gaps.size() / 2), gaps.end());
  return std::min<std::int64_t>(gaps[gaps.size() / 2], 1000);
}

// The sightings that know their track, by it, in order; the others remain in `sightings`.
std::vector<Track> known_tracks(std::vector<TimedFace>& sightings) {
  std::map<std::int64_t, Track> by_number;
  std::erase_if(sightings, [&](TimedFace& sighting) {
    if (sighting.track <= 0) return false;
    by_number[sighting.track].push_back(std::move(sighting));
    return true;
  });
  std::vector<Track> tracks;
  for (auto& [number, track] : by_number) {
    std::stable_sort(track.begin(), track.end(),
                     [](const TimedFace& a, const TimedFace& b) { return a.timestamp_ms < b.timestamp_ms; });
    track.erase(std::unique(track.begin(), track.end(),
                            [](const TimedFace& a, const TimedFace& b) { return a.timestamp_ms == b.timestamp_ms; }),
                track.end());
    tracks.push_back(std::move(track));
  }
  return tracks;
}

bool usable(const TimedFace& sighting) {
  const Box& box = sighting.face.box;
  return std::isfinite(box.left) && std::isfinite(box.top) && std::isfinite(box.width) && std::isfinite(box.height) &&
         box.width > 0 && box.height > 0;
}

Box grown(const Box& box, double by) {
  return {box.left - box.width * by, box.top - box.height * by, box.width * (1 + 2 * by), box.height * (1 + 2 * by)};
}

Box enclosing(const Box& a, const Box& b) {
  Box box{std::min(a.left, b.left), std::min(a.top, b.top), 0, 0};
  box.width = std::max(a.right(), b.right()) - box.left;
  box.height = std::max(a.bottom(), b.bottom()) - box.top;
  return box;
}

// A face does not stand still outside its sightings: cover from where it was seen to where its speed takes it, at most
// one face size away. `edge` is the sighting at the track's end, `inner` one a little inside the track.
Box drifted(const TimedFace& edge, const TimedFace& inner, std::int64_t time) {
  const Box& box = edge.face.box;
  const auto span = static_cast<double>(edge.timestamp_ms - inner.timestamp_ms);
  if (span == 0) return box;
  const double steps = static_cast<double>(time - edge.timestamp_ms) / span;
  const Point from = inner.face.box.centre(), to = box.centre();
  Box moved = box;
  moved.left += std::clamp((to.x - from.x) * steps, -box.width, box.width);
  moved.top += std::clamp((to.y - from.y) * steps, -box.height, box.height);
  return enclosing(box, moved);
}

std::int64_t second(std::int64_t ms) { return ms >= 0 ? ms / 1000 : (ms - 999) / 1000; }

// Within this much of the track's end the speed is measured.
constexpr std::int64_t kSpeedSpan = 200;
// Frames without a look between two looks, and no more.
constexpr std::int64_t kShortBridge = 300;

}  // namespace

CoverPlan::CoverPlan(std::vector<TimedFace> sightings, const CoverOptions& options, double aspect)
    : options_(options), aspect_(aspect) {
  std::erase_if(sightings, [](const TimedFace& sighting) { return !usable(sighting); });
  const std::int64_t interval = options_.interval_ms.value_or(sampling_interval(sightings));
  if (options_.interval_ms) options_.bridge_ms = kShortBridge;
  options_.before_ms = std::max(options_.before_ms, interval * 11 / 10);
  options_.after_ms = std::max(options_.after_ms, interval * 11 / 10);
  options_.bridge_ms = std::max(options_.bridge_ms, interval * 3);
  tracks_ = known_tracks(sightings);
  known_ = tracks_.size();
  auto others = associate(std::move(sightings), {options_.bridge_ms, 0});
  tracks_.insert(tracks_.end(), std::make_move_iterator(others.begin()), std::make_move_iterator(others.end()));
  for (std::size_t i = 0; i < tracks_.size(); ++i) {
    const std::int64_t first = tracks_[i].front().timestamp_ms - held_before(i);
    const std::int64_t last = tracks_[i].back().timestamp_ms + held_after(i);
    for (std::int64_t s = second(first); s <= second(last); ++s) by_second_[s].push_back(i);
  }
}

std::vector<Placement> CoverPlan::at(std::int64_t time) const {
  std::vector<Placement> covers;
  const auto here = by_second_.find(second(time));
  if (here == by_second_.end()) return covers;
  for (std::size_t index : here->second) {
    const Track& track = tracks_[index];
    if (time < track.front().timestamp_ms - held_before(index) ||
        time > track.back().timestamp_ms + held_after(index)) {
      continue;
    }
    covers.push_back(placement_of(track, time));
    covers.back().track = static_cast<std::int64_t>(index);
  }
  return covers;
}

Placement CoverPlan::placement_of(const Track& track, std::int64_t time) const {
  const auto next = std::lower_bound(track.begin(), track.end(), time,
                                     [](const TimedFace& face, std::int64_t t) { return face.timestamp_ms < t; });
  Face face;  // of the sighting that is nearest, or between two; its box is moved
  Box box;
  std::int64_t away = 0;  // to the nearest sighting
  if (next == track.begin()) {
    const auto inner = std::find_if(track.begin(), track.end() - 1, [&](const TimedFace& face) {
      return face.timestamp_ms - track.front().timestamp_ms >= kSpeedSpan;
    });
    face = track.front().face;
    box = drifted(track.front(), *inner, time);
    away = next->timestamp_ms - time;
  } else if (next == track.end()) {
    const auto inner = std::find_if(track.rbegin(), track.rend() - 1, [&](const TimedFace& face) {
      return track.back().timestamp_ms - face.timestamp_ms >= kSpeedSpan;
    });
    face = track.back().face;
    box = drifted(track.back(), *inner, time);
    away = time - track.back().timestamp_ms;
  } else {
    const TimedFace &a = *(next - 1), &b = *next;
    face =
        interpolate(a.face, b.face,
                    static_cast<double>(time - a.timestamp_ms) / static_cast<double>(b.timestamp_ms - a.timestamp_ms));
    box = face.box;
    away = std::min(time - a.timestamp_ms, b.timestamp_ms - time);
  }
  face.box = grown(box, std::min(0.3, static_cast<double>(std::max<std::int64_t>(0, away - kSameMoment)) / 1000.0));
  Placement placement;
  placement.oval = oval_of(face, aspect_);
  placement.confidence = face.confidence;
  placement.doubt = away > 0;
  return placement;
}

}  // namespace cumulet::vision
