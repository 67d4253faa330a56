#pragma once
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "base/result.hpp"

// What FaceBlur's functions say to each other. The names are the exercise's, so that its state machine, which hands
// `body` from one to the next, drives these programs as they are.
namespace cumulet::faceblur {

inline constexpr ErrorKind kInvalidInput{"InvalidInput", 400};
// The input is another film by now, or gone: this execution ends without a result, its successor's is the one to stand.
inline constexpr ErrorKind kSuperseded{"Superseded", 409};

// The video a machine's execution is about, and the job that looks for faces in it.
struct Job {
  std::string job_id;
  std::string bucket;  // s3_object_bucket
  std::string key;     // s3_object_key
  // s3_object_etag, without quotes; empty: not said (the exercise's own functions do not). S3's event says it first,
  // then the job, where it says what it looked at. A video that was replaced since is refused, rather than blurred
  // where the old one had its faces.
  std::string etag = {};
  std::string version = {};  // s3_object_version; empty: the bucket keeps no versions. What the job and blurring read
};

// Of a function's event; error kInvalidInput names the field that is missing or of another type.
Result<Job> read_job(const json::value& event);
void write_job(json::object& body, const Job& job);

// Which detector looked at the video, and whether it finds as much as it can: "recall": "full" or "reduced". Amazon
// Rekognition says neither, Cumulet's does (in members that AWS's SDKs ignore).
struct DetectorInfo {
  std::string detector = "Amazon Rekognition";
  std::string recall = "full";
};
DetectorInfo detector_of_answer(const json::value& get_face_detection_answer);
DetectorInfo read_detector(const json::value& event);
void write_detector(json::object& body, const DetectorInfo& info);

// {"statusCode": 200, "body": {...}}
std::string success(json::object body);

}  // namespace cumulet::faceblur
