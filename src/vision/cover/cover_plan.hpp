#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "vision/track/tracker.hpp"
#include "vision/track/tracks.hpp"

namespace cumulet::vision {

struct CoverOptions {
  std::int64_t before_ms = 200;   // a face is covered this long before its first sighting
  std::int64_t after_ms = 200;    // and after its last; both at least one sampling interval
  std::int64_t bridge_ms = 1500;  // gaps within a track up to this are covered
  // At least how often the video was looked at, where that is known: a gap is then no want of looks but another scene
  // or a face that went, and is bridged up to 300 ms only. Not set: estimated from the sightings' times.
  std::optional<std::int64_t> interval_ms = std::nullopt;
};

// Where covers lie at each moment of a video: sightings are grouped into tracks, boxes interpolated between them, grown
// - the more, the farther the next sighting is away in time -, and held before the first and after the last. Works on
// sparse sightings (Rekognition's own, two a second) as on dense ones.
class CoverPlan {
 public:
  // Sightings that know their track belong to it, and it is covered from its first to its last: who followed it said
  // where it begins and ends. The others are grouped by where they lie. Those with an empty or non-finite box are left
  // out. `aspect`: the displayed picture's width : height.
  CoverPlan(std::vector<TimedFace> sightings, const CoverOptions& options, double aspect);

  // Not yet clipped to the picture.
  std::vector<Placement> at(std::int64_t timestamp_ms) const;

 private:
  Placement placement_of(const Track& track, std::int64_t timestamp_ms) const;
  std::int64_t held_before(std::size_t track) const { return track < known_ ? kSameMoment : options_.before_ms; }
  std::int64_t held_after(std::size_t track) const { return track < known_ ? kSameMoment : options_.after_ms; }
  static constexpr std::int64_t kSameMoment = 5;  // milliseconds: times are rounded by several programs

  CoverOptions options_;
  double aspect_;
  std::vector<Track> tracks_;
  std::size_t known_ = 0;  // so many of them, the first ones, were followed by who found them
  // Tracks (their index) by the second in which they cover something, so that hours of video stay cheap.
  std::map<std::int64_t, std::vector<std::size_t>> by_second_;
};

}  // namespace cumulet::vision
