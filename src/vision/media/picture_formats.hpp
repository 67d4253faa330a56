#pragma once
// The two formats of decode_picture, for it alone.
#include <string_view>

#include "base/result.hpp"
#include "vision/media/image.hpp"
#include "vision/media/orientation.hpp"

namespace cumulet::vision {

// As decode_picture, of a picture as it is coded.
struct CodedPicture {
  Image image;
  int width = 0;
  int height = 0;
  Orientation orientation;
};
Result<CodedPicture> decode_jpeg(std::string_view bytes, int largest_side, int needed_side);
Result<CodedPicture> decode_png(std::string_view bytes, int largest_side);

Error damaged_picture();
Error too_large_picture(int largest_side);

}  // namespace cumulet::vision
