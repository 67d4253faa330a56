#pragma once
#include <string_view>

#include "vision/media/orientation.hpp"

namespace cumulet::vision {

// How the picture that a camera wrote is turned into the one it saw: the orientation that the first directory of EXIF's
// data tells ("II*\0" or "MM\0*" first, as in a JPEG's APP1 segment after "Exif\0\0" and in a PNG's eXIf chunk). As it
// was written, where there is none, or what is there is damaged. (CIPA DC-008, EXIF 2.32, 4.5 and 4.6.4.)
Orientation exif_orientation(std::string_view tiff);

}  // namespace cumulet::vision
