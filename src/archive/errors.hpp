#pragma once
#include <cstddef>
#include <cstdint>

#include "base/error.hpp"

namespace cumulet::archive {

// What unpacking may make at most.
struct Limits {
  std::uint64_t bytes = 0;  // of all files together
  // Files, folders and links; folders that only the names of others tell of count too: a thousand members with names of
  // two thousand levels each would make two million.
  std::size_t members = 0;
};

// Why an archive was not unpacked; the text names the member where one is at fault. Who unpacks words it for its
// client.
inline constexpr ErrorKind kBroken{"BrokenArchive", 400};  // no archive of the kind, damaged, or it leads outside
inline constexpr ErrorKind kEmpty{"EmptyArchive", 400};
inline constexpr ErrorKind kTooLarge{"ArchiveTooLarge", 400};
inline constexpr ErrorKind kTooMany{"TooManyMembers", 400};
inline constexpr ErrorKind kDiskFull{"ServiceUnavailable", 503};
inline constexpr ErrorKind kCannotWrite{"InternalFailure", 500};

}  // namespace cumulet::archive
