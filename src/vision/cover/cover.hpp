#pragma once
#include "vision/media/video_info.hpp"

struct AVFrame;

namespace cumulet::vision {

// At most so many cells a side in one cover; the contract is 8.
inline constexpr int kMostCells = 8;

// Covers the rectangle `box` (ratios of the coded picture, clipped to it here) of a writable yuv420p frame: it is cut
// into at most `cells` x `cells` parts, and of each part only its mean colour is kept, blended smoothly into the next.
// Nothing else of the original remains, at the rectangle's edge neither. The rectangle is grown to whole chroma
// samples. False when the box lies outside the picture.
bool cover(AVFrame& frame, const Box& box, int cells);

}  // namespace cumulet::vision
