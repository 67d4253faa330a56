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

struct Belief {
  double certain_confidence = 60;   // one sighting as sure as this makes its whole track a face
  double repeated_confidence = 45;  // or this much, in at least `repeated_length` sightings of it
  std::size_t repeated_length = 4;
  std::int64_t bridge_ms = 1000;  // gaps up to this are filled at the sampled times
  std::int64_t carry_ms = 0;      // and each track is carried on this far before and after, where it had been unsure
};

// The moments at which a video was looked at, and those of them at which another scene begins; both ascending.
struct Samples {
  std::vector<std::int64_t> times_ms;
  std::vector<std::int64_t> cuts_ms = {};
};

// What to report of raw detections at `samples`: the tracks that are faces, whole - weak sightings too, forwards and
// backwards in time -, their gaps filled by interpolation. No track goes on into another scene: between a face before a
// cut and one after it there is nothing to fill. A sighting is as sure as itself and its track's best together: the
// mean of the two. By time, then left to right.
std::vector<TimedFace> believed_faces(std::vector<TimedFace> raw, const Samples& samples, const Belief& belief);

// Of the faces found in one frame by looks at several sizes: those that are the same face become one. The more certain
// is kept, of two certain ones the earlier in the list.
std::vector<Face> without_doubles(std::vector<Face> faces, double certain_confidence);

// Between `a` (weight 0) and `b` (weight 1); the landmarks only where both have them.
Face interpolate(const Face& a, const Face& b, double weight);

}  // namespace cumulet::vision
