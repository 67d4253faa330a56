#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace cumulet::rekognition {

struct PictureSize {
  std::uint32_t width = 0;
  std::uint32_t height = 0;

  std::uint64_t pixels() const { return static_cast<std::uint64_t>(width) * height; }
};

// The size that a JPEG's or PNG's head declares, before anything is allocated for it. nullopt: neither, or damaged, or
// a side of 0. (PNG 1.2, 11.2.2; ITU T.81, B.2.2.)
std::optional<PictureSize> picture_size(std::string_view bytes);

}  // namespace cumulet::rekognition
