#pragma once
#include "apps/faceblur/common/faces.hpp"
#include "sdk/runtime/lambda.hpp"

namespace cumulet::faceblur {

// All pages of a finished job.
struct DetectedFaces {
  Timestamps timestamps;
  json::object response;  // the last page's answer without Faces and NextToken: JobStatus, VideoMetadata, ...
  DetectorInfo detector;
  std::string video_etag;  // of what was looked at, without quotes; empty: not said (Amazon Rekognition does not)
};
inline constexpr ErrorKind kFaceDetectionFailed{"FaceDetectionFailed", 400};
// Errors: the service's; kFaceDetectionFailed when the job has not succeeded.
Result<DetectedFaces> fetch_faces(sdk::Client& client, const std::string& job_id);

// {"job_id", "s3_object_bucket", "s3_object_key"} -> {"statusCode": 200, "body": {the same, "response", "timestamps" or
// "timestamps_s3_object", "detector", "recall"}}. What the job says it looked at goes on as "s3_object_etag"; error
// kSuperseded when that is not the upload this execution is about.
sdk::InvocationResponse get_faces(sdk::Client& client, const sdk::InvocationRequest& request);

}  // namespace cumulet::faceblur
