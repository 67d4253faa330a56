#pragma once
#include <array>
#include <cstdint>
#include <map>

#include "vision/media/av.hpp"
#include "vision/media/video_info.hpp"
#include "vision/track/tracker.hpp"

namespace cumulet::vision {

enum class CoverStyle { blur, mosaic, solid };
enum class CoverShape { ellipse, box };

// At most so many cells a side in one cover: the contract is 4.
inline constexpr int kMostCells = 4;

struct CoverLook {
  CoverStyle style = CoverStyle::blur;
  CoverShape shape = CoverShape::ellipse;
  double scale = 1.35;  // of the face's width and height
  int cells = 2;        // a side, 1 to kMostCells; solid has one
};

// Draws covers into frames. No identity is inside: a cover shows at most 4 x 4 values of each plane, each the mean of a
// part of the face, averaged over about half a second and coarsely quantised. A mosaic of each frame's own means would
// give the face away over many frames, since it moves over it (Cavedon et al., "Getting the face behind the squares",
// 2011). Not thread-safe: frames come in order.
class CoverPainter {
 public:
  CoverPainter(const CoverLook& look, const VideoInfo& info) : look_(look), info_(info) {}

  // Into a writable yuv420p frame of the film. False when the cover lies outside of it.
  bool paint(AVFrame& frame, const Placement& placement);
  // Colours of tracks that had no cover since `frames` frames are forgotten.
  void next_frame();

 private:
  struct Colours {
    std::array<std::array<float, kMostCells * kMostCells>, 3> mean{}, level{}, shown{};
    std::int64_t last_frame = -1;
  };
  struct Plane;
  void learn(Colours& colours, const Plane& plane, int index, bool first) const;
  void fill(const Colours& colours, const Plane& plane, int index) const;
  int cells() const { return look_.style == CoverStyle::solid ? 1 : look_.cells; }

  const CoverLook look_;
  const VideoInfo info_;
  std::map<std::int64_t, Colours> colours_;  // by track
  std::int64_t frame_ = 0;
};

}  // namespace cumulet::vision
