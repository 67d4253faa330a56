#include "vision/media/exif.hpp"

#include <cstdint>
#include <iterator>

namespace cumulet::vision {
namespace {

constexpr std::uint32_t kOrientationTag = 0x0112, kShort = 3;
constexpr std::size_t kEntry = 12;

// The orientations in EXIF's order, from 1: which side of the seen picture the first row and the first column are.
constexpr Orientation kOrientations[] = {{0, false}, {0, true},  {2, false}, {2, true},
                                         {3, true},  {1, false}, {1, true},  {3, false}};

// A number of that many bytes at `at`; 0 beyond the end.
std::uint32_t number(std::string_view tiff, std::size_t at, int bytes, bool little) {
  if (at > tiff.size() || tiff.size() - at < static_cast<std::size_t>(bytes)) return 0;
  std::uint32_t value = 0;
  for (int i = 0; i < bytes; ++i) {
    const int place = little ? bytes - 1 - i : i;
    value = value << 8 | static_cast<std::uint8_t>(tiff[at + static_cast<std::size_t>(place)]);
  }
  return value;
}

}  // namespace

Orientation exif_orientation(std::string_view tiff) {
  const bool little = tiff.starts_with("II");
  if ((!little && !tiff.starts_with("MM")) || number(tiff, 2, 2, little) != 42) return {};
  const std::size_t directory = number(tiff, 4, 4, little);
  const std::uint32_t entries = number(tiff, directory, 2, little);
  for (std::size_t i = 0; i < entries; ++i) {
    const std::size_t entry = directory + 2 + i * kEntry;
    if (entry + kEntry > tiff.size()) break;
    if (number(tiff, entry, 2, little) != kOrientationTag) continue;
    const std::uint32_t value = number(tiff, entry + 8, 2, little);
    if (number(tiff, entry + 2, 2, little) != kShort || value < 1 || value > std::size(kOrientations)) break;
    return kOrientations[value - 1];
  }
  return {};
}

}  // namespace cumulet::vision
