#pragma once
#include <string>

#include "base/result.hpp"

namespace cumulet::vision {

// Walks over the outermost boxes of an MP4 or MOV file (ISO/IEC 14496-12, 4.2) and its segment index (8.16.3):
// kDamagedMedia when one reaches beyond the end of the file, as in a file that was cut short. FFmpeg alone takes a
// fragmented file that ends early for a shorter one. Bytes after the last box that are no box are ignored, as players
// do.
Result<void> check_mp4_boxes(const std::string& path);

}  // namespace cumulet::vision
