#include "vision/media/media_writer_options.hpp"

#include <algorithm>

namespace cumulet::vision {

Result<Carry> parse_carry(std::string_view words) {
  Carry carry;
  while (!words.empty()) {
    const std::string_view word = words.substr(0, words.find(','));
    words.remove_prefix(std::min(words.size(), word.size() + 1));
    if (word == "location")
      carry.location = true;
    else if (word == "data")
      carry.data_streams = true;
    else if (word == "cover")
      carry.cover_art = true;
    else if (word == "video")
      carry.other_video = true;
    else
      return Error{kUnknownCarry, "\"" + std::string(word) +
                                      "\" cannot be carried over; location, data, cover and video can (with commas)."};
  }
  return carry;
}

}  // namespace cumulet::vision
