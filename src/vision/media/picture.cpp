#include "vision/media/picture.hpp"

#include <algorithm>
#include <string>

#include "vision/media/errors.hpp"
#include "vision/media/picture_formats.hpp"

namespace cumulet::vision {
namespace {

// 10000 -> "10,000".
std::string with_commas(int number) {
  std::string text = std::to_string(number);
  for (auto at = static_cast<int>(text.size()) - 3; at > 0; at -= 3) text.insert(static_cast<std::size_t>(at), ",");
  return text;
}

}  // namespace

Error damaged_picture() { return {kInvalidImage, "The image is damaged and cannot be decoded."}; }

Error too_large_picture(int largest_side) {
  return {kImageTooLarge, "The image is larger than " + with_commas(largest_side) + " pixels on a side."};
}

Image upright(Image coded, const Orientation& orientation) {
  if (orientation.quarter_turns == 0 && !orientation.mirrored) return coded;
  const int width = coded.width, height = coded.height;
  Image out;
  out.width = orientation.swaps_sides() ? height : width;
  out.height = orientation.swaps_sides() ? width : height;
  out.bgr.resize(coded.bgr.size());
  // Where the first pixel comes from, and how far apart the sources of two neighbours lie.
  const auto source = [&](int x, int y) {
    switch (orientation.quarter_turns) {
      case 1: std::swap(x, y), y = height - 1 - y; break;
      case 2: x = width - 1 - x, y = height - 1 - y; break;
      case 3: std::swap(x, y), x = width - 1 - x; break;
      default: break;
    }
    if (orientation.mirrored) x = width - 1 - x;
    return 3 * (static_cast<std::ptrdiff_t>(y) * width + x);
  };
  const std::ptrdiff_t right = source(1, 0) - source(0, 0), down = source(0, 1) - source(0, 0);
  std::uint8_t* to = out.bgr.data();
  for (int y = 0; y < out.height; ++y) {
    const std::uint8_t* from = coded.bgr.data() + source(0, 0) + y * down;
    for (int x = 0; x < out.width; ++x, to += 3) std::copy_n(from + x * right, 3, to);
  }
  return out;
}

Result<Picture> decode_picture(std::string_view bytes, int largest_side, int needed_side) {
  const bool jpeg = bytes.starts_with("\xFF\xD8\xFF");
  if (!jpeg && !bytes.starts_with("\x89PNG\r\n\x1A\n")) {
    return Error{kInvalidImage, "The image is neither JPEG nor PNG."};
  }
  CUMULET_TRY(CodedPicture coded,
              jpeg ? decode_jpeg(bytes, largest_side, needed_side) : decode_png(bytes, largest_side));
  Picture picture{{}, coded.width, coded.height};
  if (coded.orientation.swaps_sides()) std::swap(picture.width, picture.height);
  picture.image = upright(std::move(coded.image), coded.orientation);
  return picture;
}

}  // namespace cumulet::vision
