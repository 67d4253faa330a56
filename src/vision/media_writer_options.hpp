#pragma once
#include <string>

namespace cumulet::vision {

// What is carried over besides the picture, the sound and the subtitles, which always are.
struct Carry {
  bool location = false;      // where it was filmed
  bool data_streams = false;  // GPS tracks, time codes, ...
  bool cover_art = false;     // it may show the faces
  bool other_video = false;   // further video streams: their faces are not covered
};

struct EncodeOptions {
  std::string preset = "veryfast";
  int crf = 20;
  Carry carry;
};

}  // namespace cumulet::vision
