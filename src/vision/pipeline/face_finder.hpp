#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "vision/detect/detector.hpp"
#include "vision/media/media_reader.hpp"
#include "vision/pipeline/look_plan.hpp"
#include "vision/track/tracker.hpp"

namespace cumulet::vision {

struct FinderOptions {
  DetectorChoice detector;
  int longest_side = 640;  // pixels of the near look
  LookRules looks;
  MediaReader::Streams streams = MediaReader::Streams::video_only;
  int threads = 0;          // that look at pictures; 0: one for each core
  int decoder_threads = 0;  // 0: as FFmpeg chooses
  // Set: no looks at whole pictures; these faces, sparse in time, are followed from one to the next. As found by Amazon
  // Rekognition, twice a second.
  std::optional<std::vector<TimedFace>> sightings;
  bool raw = false;  // only look, at every frame; nothing is followed
  // What is kept of the film at a time bounds how far a new track is followed backwards.
  int lookahead = 13;  // frames; fewer where they are large
  std::size_t lookahead_bytes = std::size_t{96} << 20;
};

// Reads a film and finds its faces in one pass. Three stages, each on threads of its own, with bounded queues between:
// decoding (with the small pictures and the choice of looks), looks, tracking.
// Not thread-safe.
class FaceFinder {
 public:
  // Errors as MediaReader's, and kNoDetector.
  static Result<std::unique_ptr<FaceFinder>> open(const std::string& path, const FinderOptions& options);
  virtual ~FaceFinder() = default;

  // Exactly one of frame and packet is set; neither at the end.
  struct Item {
    // In yuv420p, to be given away: its time stamps as the file has them.
    av::Frame frame;
    std::int64_t index = 0;
    std::int64_t time_ms = 0;
    std::vector<Placement> covers;
    std::vector<Seen> seen;  // raw: what the looks at the whole picture found
    av::Packet packet;       // of another stream, in the file's order
  };
  virtual Result<Item> next() = 0;

  // Its facts: to be asked for before the first next(), then only info(). Not to be read from.
  virtual const MediaReader& reader() const = 0;
};

}  // namespace cumulet::vision
