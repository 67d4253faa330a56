#pragma once
#include <cstdint>
#include <vector>

#include "vision/face/face.hpp"

namespace cumulet::vision {

// One face over time: its detections in the order of their timestamps, at most one for each.
using Track = std::vector<TimedFace>;

// How far apart two sightings may be and still be one face.
struct Association {
  std::int64_t bridge_ms = 1000;  // the longest gap within a track
  double weak_confidence = 0;     // sightings below this must lie on the track's box to continue it
};

// Groups sightings (in any order) into tracks. Sightings of higher confidence choose first, so that a face that grows
// unsure - turned down, behind a hand - keeps its track, and noise beside it does not steal it (the idea of ByteTrack,
// Zhang et al., 2022).
std::vector<Track> associate(std::vector<TimedFace> sightings, const Association& rules);

// Of the faces found in one frame by looks at several sizes: those that are the same face become one. The more certain
// is kept, of two certain ones the earlier in the list.
std::vector<Face> without_doubles(std::vector<Face> faces, double certain_confidence);

// Between `a` (weight 0) and `b` (weight 1); the landmarks only where both have them.
Face interpolate(const Face& a, const Face& b, double weight);

}  // namespace cumulet::vision
