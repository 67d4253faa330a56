#pragma once
#include "vision/media/image.hpp"

namespace cumulet::vision {

// `from` in another size, both of at least one pixel. What becomes smaller is averaged over the area that each new
// pixel covers, what becomes larger is interpolated between the nearest; each direction for itself.
Image resized(const Image& from, int width, int height);

}  // namespace cumulet::vision
