#pragma once
#include <string_view>

#include "base/result.hpp"
#include "vision/media/image.hpp"
#include "vision/media/orientation.hpp"

namespace cumulet::vision {

// A decoded picture, turned upright by its EXIF orientation. Transparency is left out: every pixel has the colour that
// is written for it.
struct Picture {
  Image image;    // perhaps smaller than the file's picture, see decode_picture
  int width = 0;  // of the file's picture, turned upright, in pixels
  int height = 0;
};

// The picture that the bytes of a JPEG (ITU T.81; any colours that JFIF and Adobe have) or PNG (any kind) hold. A JPEG
// of which less is needed is decoded at a half, a quarter or an eighth of its size, as long as its longest side stays
// at least `needed_side`, which saves most of the time and memory.
//
// The bytes may be anybody's: sizes are looked at before anything is allocated for them, and a JPEG of very many scans
// is given up. Errors kInvalidImage (neither format, damaged, or cut short in the middle of the picture) and
// kImageTooLarge (over `largest_side` pixels wide or high).
Result<Picture> decode_picture(std::string_view bytes, int largest_side, int needed_side);

// `coded`, turned (orientation.hpp).
Image upright(Image coded, const Orientation& orientation);

}  // namespace cumulet::vision
