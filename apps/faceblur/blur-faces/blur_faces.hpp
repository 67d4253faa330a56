#pragma once
#include <filesystem>
#include <string>

#include "sdk/client.hpp"
#include "sdk/runtime/lambda.hpp"
#include "vision/media/media_writer_options.hpp"

namespace cumulet::faceblur {

inline constexpr ErrorKind kConfiguration{"InvalidConfiguration", 400};

struct BlurSettings {
  std::string output_bucket;               // OUTPUT_BUCKET
  std::filesystem::path scratch = "/tmp";  // room for the video and its result
  vision::Carry carry = {};                // CARRY_OVER, words of vision::parse_carry; nothing when not set
  // FACE_MODEL, or `face-model` in the package: looks at covered frames again. Empty: they are not.
  std::string face_model = {};
};
// From the environment; error kConfiguration when OUTPUT_BUCKET is not set or CARRY_OVER is not understood.
Result<BlurSettings> blur_settings_from_environment();

// What get-rekognized-faces gives in its body, or a film and what a person corrected ("tracks_s3_object",
// reviewed_tracks.hpp) -> {"statusCode": 200, "body": {"message", "job_id", "s3_object_bucket",
// "s3_object_key", "output_bucket", "output_key", "frames", "covered_frames", "detector", "recall"}}. Takes the video
// from its bucket, covers the faces and puts the result into the output bucket under the same key. Nothing is put there
// unless every frame was decoded, covered and encoded, and unless the video still is the one that was looked at: error
// kSuperseded when it was replaced or deleted, at any time before the result stands. Refused when the output bucket is
// the source's: the result would start the next round. Logs {"percent": N} lines as it goes on.
sdk::InvocationResponse blur_faces(sdk::Client& client, const BlurSettings& settings,
                                   const sdk::InvocationRequest& request);

}  // namespace cumulet::faceblur
