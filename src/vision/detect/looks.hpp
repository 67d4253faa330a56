#pragma once
#include <vector>

#include "vision/detect/detector.hpp"
#include "vision/face/oval.hpp"
#include "vision/media/frame_picture.hpp"

namespace cumulet::vision {

// What `picture` shows, looked at turned clockwise by `quarter_turns` * 90 degrees (a face that lies stands upright
// then). Boxes and landmarks are those of the picture as it is given. `aspect`: its width : height as seen.
std::vector<Seen> look(FaceDetector& detector, const Image& picture, double aspect, int quarter_turns);

// A look at a small square around `where`, turned upright by its roll: 0.15 ms. Made for a face that was there a frame
// ago. `search`: the side in face widths; faces are to be found up to one face width from the middle of the usual 3.
class CropLook {
 public:
  explicit CropLook(FaceDetector& detector) : detector_(detector) {}
  // Whatever is there, in no order; its box is upright in the displayed picture, its oval turned.
  std::vector<Seen> look(FramePicture& picture, const Oval& where, double search = 3);
  // A second opinion of a face at `where`: the mean of the best confidences (0..100) that looks of several scales,
  // turned a little and mirrored, find there.
  double opinion(FramePicture& picture, const Oval& where);

 private:
  FaceDetector& detector_;
  Image crop_;
};

// Of the faces that several looks at one frame found: each once. The more certain is kept, of two certain ones
// (`certain_confidence`) the one earlier in the list.
std::vector<Seen> each_once(std::vector<Seen> seen, double certain_confidence);

}  // namespace cumulet::vision
