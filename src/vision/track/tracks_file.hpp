#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "vision/face/face.hpp"

namespace cumulet::vision {

// The faces of a film over time, as JSON (docs/tracks.md): written by detection; read by covering, by people who
// correct it, by reports.
struct TracksFile {
  int width = 0;  // pixels of the displayed picture
  int height = 0;
  double frame_rate = 0;
  std::int64_t duration_ms = 0;
  std::string detector;          // in words
  std::vector<TimedFace> faces;  // each knows its track; the roll is known, landmarks are not
};

json::value to_json(const TracksFile& file);
// Error kBadTracks says in words what is wrong and where.
inline constexpr ErrorKind kBadTracks{"InvalidTracks", 400};
Result<TracksFile> parse_tracks(const json::value& value);
Result<TracksFile> parse_tracks_text(std::string_view text);

}  // namespace cumulet::vision
