#include "vision/track/tracks.hpp"

#include <algorithm>
#include <cmath>

namespace cumulet::vision {
namespace {

double mix(double a, double b, double weight) { return a + (b - a) * weight; }

struct Pair {
  double likeness;
  double confidence;
  std::size_t track;
  std::size_t sighting;
};

// Where the track's face is expected at `time`: its last box moved on by its recent speed, for a short while only,
// since nobody walks straight for long.
Box expected(const Track& track, std::int64_t time) {
  const TimedFace& last = track.back();
  Box box = last.face.box;
  constexpr std::int64_t kMemory = 400, kTrust = 300;  // milliseconds
  auto before = std::find_if(track.rbegin() + 1, track.rend(),
                             [&](const TimedFace& face) { return last.timestamp_ms - face.timestamp_ms >= 100; });
  if (before == track.rend() || last.timestamp_ms - before->timestamp_ms > kMemory) return box;
  const double steps = static_cast<double>(std::min(time - last.timestamp_ms, kTrust)) /
                       static_cast<double>(last.timestamp_ms - before->timestamp_ms);
  const Point from = before->face.box.centre(), to = box.centre();
  box.left += (to.x - from.x) * steps;
  box.top += (to.y - from.y) * steps;
  return box;
}

constexpr std::int64_t kNextFrame = 50;  // milliseconds

// How well a sighting continues a track: 0 not at all, 1 perfectly.
double likeness(const Track& track, const TimedFace& sighting, const Association& rules) {
  const Box guess = expected(track, sighting.timestamp_ms);
  const Box& box = sighting.face.box;
  const double common = std::max(overlap(guess, box), overlap(track.back().face.box, box));
  if (common >= 0.25) return common;
  if (sighting.face.confidence < rules.weak_confidence) return 0;
  // A quick face may leave its box from one sighting to the next.
  const double sizes = box.area() / guess.area();
  if (!(sizes > 0.4 && sizes < 2.5)) return 0;
  const std::int64_t gap = sighting.timestamp_ms - track.back().timestamp_ms;
  // From one frame to the next there is nothing between them to be covered wrongly: far leaps may be one face.
  const double reach = (gap <= kNextFrame ? 2.0 : 1.0) + static_cast<double>(gap) / 1000.0;
  const Point a = guess.centre(), b = box.centre();
  const double away =
      std::hypot((a.x - b.x) / ((guess.width + box.width) / 2), (a.y - b.y) / ((guess.height + box.height) / 2)) /
      reach;
  return away < 1 ? 0.2 * (1 - away) : 0;
}

}  // namespace

Face interpolate(const Face& a, const Face& b, double weight) {
  Face face;
  face.box = {mix(a.box.left, b.box.left, weight), mix(a.box.top, b.box.top, weight),
              mix(a.box.width, b.box.width, weight), mix(a.box.height, b.box.height, weight)};
  face.confidence = mix(a.confidence, b.confidence, weight);
  if (a.quality && b.quality) {
    face.quality = Quality{mix(a.quality->brightness, b.quality->brightness, weight),
                           mix(a.quality->sharpness, b.quality->sharpness, weight)};
  }
  if (a.landmarks && b.landmarks) {
    face.landmarks.emplace();
    for (int i = 0; i < kLandmarkCount; ++i) {
      (*face.landmarks)[i] = {mix((*a.landmarks)[i].x, (*b.landmarks)[i].x, weight),
                              mix((*a.landmarks)[i].y, (*b.landmarks)[i].y, weight)};
    }
  }
  return face;
}

std::vector<Track> associate(std::vector<TimedFace> sightings, const Association& rules) {
  std::stable_sort(sightings.begin(), sightings.end(), [](const TimedFace& a, const TimedFace& b) {
    return a.timestamp_ms != b.timestamp_ms ? a.timestamp_ms < b.timestamp_ms : a.face.confidence > b.face.confidence;
  });
  std::vector<Track> tracks;
  std::vector<std::size_t> open;  // tracks that may still go on
  for (std::size_t begin = 0; begin < sightings.size();) {
    const std::int64_t now = sightings[begin].timestamp_ms;
    std::size_t end = begin;
    while (end < sightings.size() && sightings[end].timestamp_ms == now) ++end;
    std::erase_if(open, [&](std::size_t t) { return now - tracks[t].back().timestamp_ms > rules.bridge_ms; });

    std::vector<Pair> pairs;
    for (std::size_t track : open) {
      for (std::size_t i = begin; i < end; ++i) {
        const double like = likeness(tracks[track], sightings[i], rules);
        if (like > 0) pairs.push_back({like, sightings[i].face.confidence, track, i});
      }
    }
    // Sure sightings first, then the likest; weak ones take what is left.
    std::sort(pairs.begin(), pairs.end(), [&](const Pair& a, const Pair& b) {
      const bool a_weak = a.confidence < rules.weak_confidence, b_weak = b.confidence < rules.weak_confidence;
      return a_weak != b_weak ? b_weak : a.likeness > b.likeness;
    });
    std::vector<bool> used(end - begin);
    for (const Pair& pair : pairs) {
      if (used[pair.sighting - begin] || tracks[pair.track].back().timestamp_ms == now) continue;
      used[pair.sighting - begin] = true;
      tracks[pair.track].push_back(sightings[pair.sighting]);
    }
    for (std::size_t i = begin; i < end; ++i) {
      if (used[i - begin]) continue;
      open.push_back(tracks.size());
      tracks.push_back({sightings[i]});
    }
    begin = end;
  }
  return tracks;
}

std::vector<Face> without_doubles(std::vector<Face> faces, double certain_confidence) {
  constexpr double kSameFace = 0.4;
  std::stable_sort(faces.begin(), faces.end(), [&](const Face& a, const Face& b) {
    return std::min(a.confidence, certain_confidence) > std::min(b.confidence, certain_confidence);
  });
  std::vector<Face> kept;
  for (const Face& face : faces) {
    const bool doubled =
        std::any_of(kept.begin(), kept.end(), [&](const Face& k) { return overlap(k.box, face.box) > kSameFace; });
    if (!doubled) kept.push_back(face);
  }
  return kept;
}

}  // namespace cumulet::vision
