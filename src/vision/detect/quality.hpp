#pragma once
#include "vision/face/face.hpp"
#include "vision/media/image.hpp"

namespace cumulet::vision {

// How bright and how sharp the picture is at `box`.
Quality quality_at(const Image& image, const Box& box);

}  // namespace cumulet::vision
