#pragma once
#include <optional>

#include "apps/faceblur/common/fields.hpp"
#include "sdk/s3.hpp"
#include "vision/track/tracks_file.hpp"

// What a person corrected: a tracks file (docs/tracks.md) as an object.
namespace cumulet::faceblur {

inline constexpr std::size_t kLongestTracksFile = 64u << 20;

struct Reviewed {
  Job job;  // job_id may be missing: nobody looked for these faces
  vision::TracksFile tracks;
};

// Of an event with the field `tracks_s3_object` = {"bucket", "key", "etag"}; "etag" may be missing. nullopt: it has none.
// Errors: kInvalidInput, what S3 says, vision::kBadTracks.
Result<std::optional<Reviewed>> read_reviewed(const json::value& event, sdk::S3& s3);

}  // namespace cumulet::faceblur
