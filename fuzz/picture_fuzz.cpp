#include "fuzz/fuzz.hpp"
#include "vision/media/picture.hpp"
#include "vision/media/resize.hpp"

// What a picture's bytes are decoded to has all the pixels that it says it has, and they can be scaled.
CUMULET_FUZZ(bytes) {
  using namespace cumulet::vision;
  constexpr int kLargestSide = 512;  // so that runs are quick
  const auto picture = decode_picture(bytes, kLargestSide, 64);
  if (!picture.ok()) return;
  const Image& image = picture->image;
  CUMULET_HOLDS(image.width > 0 && image.width <= picture->width && picture->width <= kLargestSide);
  CUMULET_HOLDS(image.height > 0 && image.height <= picture->height && picture->height <= kLargestSide);
  CUMULET_HOLDS(image.bgr.size() == 3 * static_cast<std::size_t>(image.width) * image.height);
  const Image small = resized(image, 7, 5);
  CUMULET_HOLDS(small.bgr.size() == 3U * 7 * 5);
}
