#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "apps/faceblur/common/fields.hpp"
#include "sdk/s3.hpp"

namespace cumulet::faceblur {

// A face's bounding box as Rekognition gives it: fractions of the frame's width and height; may reach over the border.
struct Box {
  double left = 0, top = 0, width = 0, height = 0;
  // Ours: "Index", whose face it is (1, 2, ...; 0: not known), and "Roll", how it is turned (degrees clockwise).
  std::int64_t index = 0;
  double roll = 0;
};

// The field `timestamps`: milliseconds from the start of the video -> the faces of that frame.
using Timestamps = std::map<std::int64_t, std::vector<Box>>;

json::value to_json(const Timestamps& timestamps);
// Error kInvalidInput: another form, numbers that are not finite, negative sizes.
Result<Timestamps> parse_timestamps(const json::value& field);

// Step Functions passes 262,144 bytes of input on. A longer `timestamps` travels as an object in the source bucket,
// under a key that no trigger for .mp4 and .mov matches, and `timestamps_s3_object` = {"bucket", "key", "etag"} stands
// in its place. Who may upload videos may write there too: the ETag says which object is meant.
inline constexpr std::size_t kLongestBody = 200 * 1024;
struct ObjectReference {
  std::string bucket, key;
  std::string etag = {};
};
ObjectReference faces_object(const Job& job);  // ".faceblur/<job id>.json", not written yet
std::optional<ObjectReference> read_faces_reference(const json::value& event);

// What blur-faces is told. `faces_object`: where the faces came from, to be removed when the result is stored.
struct BlurInput {
  Job job;
  Timestamps faces;
  DetectorInfo detector;
  std::optional<double> frame_rate;  // response.VideoMetadata
  std::optional<std::int64_t> duration_ms;
  std::optional<ObjectReference> faces_object;
};
// Reads the event, and the faces from S3 where they are there. Never without faces: an event that has neither
// `timestamps` nor a whole reference is an error, not a video without faces, and so is an object that was replaced.
Result<BlurInput> read_blur_input(const json::value& event, sdk::S3& s3);

}  // namespace cumulet::faceblur
