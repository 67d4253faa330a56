#include "vision/pipeline/detect_video.hpp"

#include <algorithm>

#include "vision/pipeline/face_finder.hpp"

namespace cumulet::vision {
namespace {

void add_tracks(std::vector<FaceTrack> tracks, std::vector<TimedFace>& faces) {
  for (FaceTrack& track : tracks) {
    for (Sighting& sighting : track.sightings) {
      // A sighting is as sure as itself and its track's best together.
      sighting.seen.face.confidence = (sighting.seen.face.confidence + track.peak) / 2;
      faces.push_back({sighting.time_ms, std::move(sighting.seen.face), track.id});
    }
  }
}

void add_raw(const FaceFinder::Item& item, double certain, std::vector<TimedFace>& faces) {
  for (const Seen& seen : item.seen) {
    if (seen.face.confidence >= certain) faces.push_back({item.time_ms, seen.face, 0});
  }
}

}  // namespace

Result<VideoFaces> detect_faces_in_video(const std::string& path, const DetectOptions& options,
                                         const Progress& progress, const OnInfo& on_info) {
  FinderOptions find;
  find.detector = options.detector;
  find.longest_side = options.longest_side;
  find.looks = options.looks;
  find.threads = options.threads;
  find.raw = options.report == Report::raw;
  CUMULET_TRY(const auto finder, FaceFinder::open(path, find));
  VideoFaces result;
  result.info = finder->reader().info();
  if (on_info) on_info(result.info);

  std::int64_t last_ms = 0, frames = 0;
  int percent = -1;
  for (;;) {
    CUMULET_TRY(const FaceFinder::Item item, finder->next());
    if (!item.frame) break;
    ++frames;
    last_ms = std::max(last_ms, item.time_ms);
    if (find.raw) {
      add_raw(item, options.detector.certain_confidence(), result.faces);
    } else {
      add_tracks(finder->take_tracks(), result.faces);
    }
    const int reached = result.info.duration_ms > 0
                            ? static_cast<int>(std::min<std::int64_t>(99, 100 * item.time_ms / result.info.duration_ms))
                            : 0;
    if (progress && reached > percent) progress((percent = reached) / 100.0);
  }
  if (!find.raw) add_tracks(finder->take_tracks(), result.faces);
  std::stable_sort(result.faces.begin(), result.faces.end(), [](const TimedFace& a, const TimedFace& b) {
    return a.timestamp_ms != b.timestamp_ms ? a.timestamp_ms < b.timestamp_ms : a.face.box.left < b.face.box.left;
  });
  result.info.frames = frames;
  const double rate = result.info.frame_rate > 0 ? result.info.frame_rate : 25;
  if (result.info.duration_ms <= 0) result.info.duration_ms = last_ms + static_cast<std::int64_t>(1000 / rate);
  if (progress) progress(1);
  return result;
}

}  // namespace cumulet::vision
