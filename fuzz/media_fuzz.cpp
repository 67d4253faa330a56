#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "fuzz/fuzz.hpp"
#include "vision/detect/looks.hpp"
#include "vision/media/frame_scaler.hpp"
#include "vision/media/media_reader.hpp"
#include "vision/media/yuv420.hpp"
#include "vision/pipeline/look_plan.hpp"

using namespace cumulet::vision;

namespace {

constexpr int kMostFrames = 12;           // so that runs are quick
constexpr int kMostPixels = 1024 * 1024;  // likewise

// Sees a face where the picture is lightest, so that every frame's crops are looked at.
class LightSpots final : public FaceDetector {
 public:
  std::vector<Face> detect(const Image& image) override {
    CUMULET_HOLDS(image.bgr.size() == 3 * static_cast<std::size_t>(image.width) * image.height);
    if (image.bgr.empty()) return {};
    const auto at = std::max_element(image.bgr.begin(), image.bgr.end()) - image.bgr.begin();
    const double x = static_cast<double>(at / 3 % image.width) / image.width;
    const double y = static_cast<double>(at / 3 / image.width) / image.height;
    Face face;
    face.box = {x - 0.1, y - 0.1, 0.2, 0.2};
    face.confidence = 90;
    return {face};
  }
};

const std::string& path() {
  static const std::string kPath =
      (std::filesystem::temp_directory_path() / ("cumulet-media-fuzz-" + std::to_string(::getpid()) + ".mp4")).string();
  return kPath;
}

}  // namespace

// What calls itself a film is decoded to pictures of the size it said, or refused in a sentence; its frames can be made
// small, compared, turned and looked at.
CUMULET_FUZZ(bytes) {
  std::ofstream(path(), std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  const auto reader = MediaReader::open(path(), MediaReader::Streams::with_sound_and_subtitles, 1);
  if (!reader.ok()) {
    CUMULET_HOLDS(!reader.error().message().empty());
    return;
  }
  const VideoInfo& info = (*reader)->info();
  CUMULET_HOLDS(info.width > 0 && info.height > 0 && info.aspect > 0);
  if (info.width > kMostPixels / info.height) return;
  ToYuv420 to_yuv420((*reader)->decoder()->width, (*reader)->decoder()->height);
  FrameScaler scaler(info, 96);
  LookPlan plan{LookRules{}};
  LightSpots detector;
  CropLook crops(detector);
  for (int frames = 0; frames < kMostFrames;) {
    const auto item = (*reader)->next();
    if (!item.ok()) {
      CUMULET_HOLDS(!item.error().message().empty());
      return;
    }
    if (item->packet != nullptr) continue;
    if (item->frame == nullptr) return;
    ++frames;
    Image small;
    if (!scaler.scale(*item->frame, small).ok()) return;
    CUMULET_HOLDS(std::max(small.width, small.height) <= 96 && std::min(small.width, small.height) > 0);
    const auto decision = plan.next((*reader)->milliseconds(*item->frame), coarse(small), small.width, small.height);
    auto frame = to_yuv420.take(*item->frame);
    if (!frame.ok()) return;
    FramePicture picture(std::move(frame).value(), std::move(small), info);
    for (const Seen& seen : look(detector, picture.small(), picture.aspect(), decision.looks.turned ? 1 : 0)) {
      (void)crops.look(picture, seen.oval);
      (void)crops.opinion(picture, seen.oval);
    }
  }
}
