#pragma once
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace cumulet::vision {

// What is carried over besides the picture, the sound and the subtitles, which always are.
struct Carry {
  bool location = false;      // where it was filmed
  bool data_streams = false;  // GPS tracks, time codes, ...
  bool cover_art = false;     // it may show the faces
  bool other_video = false;   // further video streams: their faces are not covered
};

// From words with commas between: "location,data,cover,video", in any order; "": none of them. Error kUnknownCarry
// names the word that is none of these.
inline constexpr ErrorKind kUnknownCarry{"InvalidConfiguration", 400};
Result<Carry> parse_carry(std::string_view words);

struct EncodeOptions {
  std::string preset = "veryfast";
  int crf = 20;
  Carry carry;
};

}  // namespace cumulet::vision
