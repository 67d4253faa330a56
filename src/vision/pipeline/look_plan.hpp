#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "vision/pipeline/moved_areas.hpp"
#include "vision/pipeline/scene.hpp"

namespace cumulet::vision {

// Which looks a frame gets. near: at the usual size. far: the whole picture, larger, for small faces. turned: the whole
// picture by 90 and 270 degrees, for faces that lie.
struct Looks {
  bool near = false;
  std::vector<Area> near_areas = {};  // what a near look is confined to; the whole picture where it is empty
  bool far = false;
  bool turned = false;
  bool upside = false;  // by 180 degrees
  bool any() const { return near || far || turned || upside; }
};

struct LookRules {
  std::int64_t wide_interval_ms = 400;  // far and turned looks come at least so often while anything moves
  bool far = true;
  bool turned = true;
};

// Longest side of the far looks at pictures whose longest side is `longest` pixels, beside near ones of `longest_side`.
int far_side_for(int longest, int longest_side);

// Decides by the coarse pictures of the frames, in order.
class LookPlan {
 public:
  explicit LookPlan(const LookRules& rules) : rules_(rules) {}

  struct Decision {
    Looks looks;
    bool new_scene = false;  // a cut lies before the frame
    // The frame whose cut was none: after a flash of a few frames the scene before it goes on.
    std::optional<std::int64_t> resumed_from;
    bool still = false;  // nothing moved since the last look at the whole picture
  };
  // `width`, `height`: of the small picture, in pixels.
  Decision next(std::int64_t time_ms, CoarsePicture picture, int width, int height);

 private:
  const LookRules rules_;
  bool resumes(const CoarsePicture& picture) const;

  CoarsePicture before_;
  CoarsePicture looked_at_;      // each cell as it was when it was last looked at
  CoarsePicture last_of_scene_;  // before the latest cut that may be a flash's
  std::int64_t frame_ = -1, cut_frame_ = 0;
  bool first_ = true;
  int turns_ = 0;
  struct Wide {
    std::int64_t time_ms, frame;
    CoarsePicture picture;
  };
  std::optional<Wide> far_, turned_;  // the latest of each
};

}  // namespace cumulet::vision
