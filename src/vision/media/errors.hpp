#pragma once
#include "base/error.hpp"

namespace cumulet::vision {

// Messages are sentences a person understands; they end up as the cause of a failed execution.
inline constexpr ErrorKind kUnsupportedMedia{"UnsupportedMedia", 400};  // no video at all, or none we can decode
inline constexpr ErrorKind kDamagedMedia{"DamagedMedia", 400};          // a video that cannot be decoded in full
inline constexpr ErrorKind kInvalidImage{"InvalidImageFormat", 400};    // neither JPEG nor PNG, or damaged
inline constexpr ErrorKind kImageTooLarge{"ImageTooLarge", 400};
inline constexpr ErrorKind kReadFailed{"ReadFailed", 500};
inline constexpr ErrorKind kWriteFailed{"WriteFailed", 500};

}  // namespace cumulet::vision
