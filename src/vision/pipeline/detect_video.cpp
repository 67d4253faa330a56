#include "vision/pipeline/detect_video.hpp"

#include <algorithm>

#include "vision/pipeline/face_finder.hpp"

namespace cumulet::vision {
namespace {

// What was not followed is a track of its own in each frame; their numbers are far from the others.
constexpr std::int64_t kFirstLoneTrack = 1'000'000'000;

// Every place that is to be covered in the frame, also where the face was not seen in the frame itself: just before and
// after its sightings, and in gaps. Who covers them needs to know nothing of cuts.
void add_covers(const FaceFinder::Item& item, double aspect, std::int64_t& lone_track, std::vector<TimedFace>& faces) {
  for (const Placement& cover : item.covers) {
    Face face = cover.seen.value_or(Face{});
    face.box = box_around(cover.oval, aspect);
    face.roll = cover.oval.roll;
    // A sighting is as sure as itself and its track's best together; what was not seen is half as sure.
    face.confidence =
        cover.seen ? (cover.confidence + std::max(cover.confidence, cover.peak)) / 2 : cover.confidence / 2;
    faces.push_back({item.time_ms, std::move(face), cover.track > 0 ? cover.track : lone_track++});
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
  std::int64_t lone_track = kFirstLoneTrack;
  int percent = -1;
  for (;;) {
    CUMULET_TRY(const FaceFinder::Item item, finder->next());
    if (!item.frame) break;
    ++frames;
    last_ms = std::max(last_ms, item.time_ms);
    if (find.raw) {
      add_raw(item, options.detector.certain_confidence(), result.faces);
    } else {
      add_covers(item, result.info.aspect, lone_track, result.faces);
    }
    const int reached = result.info.duration_ms > 0
                            ? static_cast<int>(std::min<std::int64_t>(99, 100 * item.time_ms / result.info.duration_ms))
                            : 0;
    if (progress && reached > percent) progress((percent = reached) / 100.0);
  }
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
