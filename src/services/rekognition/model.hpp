#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/wire/shape.hpp"

// Shapes of Rekognition.
// https://docs.aws.amazon.com/rekognition/latest/APIReference/API_Types.html
namespace cumulet::rekognition {

using wire::member;
using wire::structure;

inline constexpr std::array<std::string_view, 2> kFaceAttributes{"DEFAULT", "ALL"};

struct S3Object {
  std::optional<std::string> bucket;
  std::optional<std::string> name;
  std::optional<std::string> version;

  static wire::Shape shape() {
    return structure("S3Object", {member<&S3Object::bucket>("Bucket").range(3, 255).pattern("[0-9A-Za-z\\.\\-_]*"),
                                  member<&S3Object::name>("Name").range(1, 1024),
                                  member<&S3Object::version>("Version").range(1, 1024)});
  }
};

struct Video {
  std::optional<S3Object> s3_object;

  static wire::Shape shape() { return structure("Video", {member<&Video::s3_object>("S3Object")}); }
};

struct Image {
  std::optional<wire::Blob> bytes;
  std::optional<S3Object> s3_object;

  static wire::Shape shape() {
    return structure("Image",
                     {member<&Image::bytes>("Bytes").range(1, 5'242'880), member<&Image::s3_object>("S3Object")});
  }
};

struct NotificationChannel {
  std::string sns_topic_arn;
  std::string role_arn;

  static wire::Shape shape() {
    return structure("NotificationChannel", {member<&NotificationChannel::sns_topic_arn>("SNSTopicArn").required(),
                                             member<&NotificationChannel::role_arn>("RoleArn").required()});
  }
};

struct BoundingBox {
  float width = 0;
  float height = 0;
  float left = 0;
  float top = 0;

  static wire::Shape shape() {
    return structure("BoundingBox", {member<&BoundingBox::width>("Width"), member<&BoundingBox::height>("Height"),
                                     member<&BoundingBox::left>("Left"), member<&BoundingBox::top>("Top")});
  }
};

struct Landmark {
  std::string type;
  float x = 0;
  float y = 0;

  static wire::Shape shape() {
    return structure("Landmark",
                     {member<&Landmark::type>("Type"), member<&Landmark::x>("X"), member<&Landmark::y>("Y")});
  }
};

struct Pose {
  float roll = 0;
  float yaw = 0;
  float pitch = 0;

  static wire::Shape shape() {
    return structure("Pose", {member<&Pose::roll>("Roll"), member<&Pose::yaw>("Yaw"), member<&Pose::pitch>("Pitch")});
  }
};

struct ImageQuality {
  float brightness = 0;
  float sharpness = 0;

  static wire::Shape shape() {
    return structure("ImageQuality",
                     {member<&ImageQuality::brightness>("Brightness"), member<&ImageQuality::sharpness>("Sharpness")});
  }
};

struct FaceDetail {
  BoundingBox bounding_box;
  std::optional<std::vector<Landmark>> landmarks;
  std::optional<Pose> pose;
  std::optional<ImageQuality> quality;
  float confidence = 0;

  static wire::Shape shape() {
    return structure("FaceDetail",
                     {member<&FaceDetail::bounding_box>("BoundingBox"), member<&FaceDetail::landmarks>("Landmarks"),
                      member<&FaceDetail::pose>("Pose"), member<&FaceDetail::quality>("Quality"),
                      member<&FaceDetail::confidence>("Confidence")});
  }
};

struct FaceDetection {
  std::int64_t timestamp = 0;
  FaceDetail face;
  // Ours, and ignored by AWS's SDKs: faces of one number are one person's, as in PersonDetection.
  std::optional<std::int64_t> index;

  static wire::Shape shape() {
    return structure("FaceDetection", {member<&FaceDetection::timestamp>("Timestamp"),
                                       member<&FaceDetection::face>("Face"), member<&FaceDetection::index>("Index")});
  }
};

struct VideoMetadata {
  std::string codec;
  std::int64_t duration_millis = 0;
  std::string format;
  float frame_rate = 0;
  std::int64_t frame_height = 0;
  std::int64_t frame_width = 0;
  std::optional<std::string> color_range;

  static wire::Shape shape() {
    return structure(
        "VideoMetadata",
        {member<&VideoMetadata::codec>("Codec"), member<&VideoMetadata::duration_millis>("DurationMillis"),
         member<&VideoMetadata::format>("Format"), member<&VideoMetadata::frame_rate>("FrameRate"),
         member<&VideoMetadata::frame_height>("FrameHeight"), member<&VideoMetadata::frame_width>("FrameWidth"),
         member<&VideoMetadata::color_range>("ColorRange")});
  }
};

struct StartFaceDetectionRequest {
  Video video;
  std::optional<std::string> client_request_token;
  std::optional<NotificationChannel> notification_channel;
  std::optional<std::string> face_attributes;
  std::optional<std::string> job_tag;

  static wire::Shape shape() {
    return structure(
        "StartFaceDetectionRequest",
        {member<&StartFaceDetectionRequest::video>("Video").required(),
         member<&StartFaceDetectionRequest::client_request_token>("ClientRequestToken")
             .range(1, 64)
             .pattern("^[a-zA-Z0-9-_]+$"),
         member<&StartFaceDetectionRequest::notification_channel>("NotificationChannel"),
         member<&StartFaceDetectionRequest::face_attributes>("FaceAttributes").one_of(kFaceAttributes),
         member<&StartFaceDetectionRequest::job_tag>("JobTag").range(1, 1024).pattern("[a-zA-Z0-9_.\\-:+=\\/]+")});
  }
};

struct StartFaceDetectionResponse {
  std::string job_id;

  static wire::Shape shape() {
    return structure("StartFaceDetectionResponse", {member<&StartFaceDetectionResponse::job_id>("JobId")});
  }
};

struct GetFaceDetectionRequest {
  std::string job_id;
  std::optional<int> max_results;
  std::optional<std::string> next_token;

  static wire::Shape shape() {
    return structure(
        "GetFaceDetectionRequest",
        {member<&GetFaceDetectionRequest::job_id>("JobId").required().range(1, 64).pattern("^[a-zA-Z0-9-_]+$"),
         member<&GetFaceDetectionRequest::max_results>("MaxResults").at_least(1),
         member<&GetFaceDetectionRequest::next_token>("NextToken").range(0, 255)});
  }
};

struct GetFaceDetectionResponse {
  std::string job_status;
  std::optional<std::string> status_message;
  std::optional<VideoMetadata> video_metadata;
  std::optional<std::string> next_token;
  std::vector<FaceDetection> faces;
  std::string job_id;
  Video video;
  std::optional<std::string> job_tag;
  // Ours alone, once the job succeeded: what looked ("YuNet 2023mar") and how well it sees ("full", "reduced").
  std::optional<std::string> detector;
  std::optional<std::string> recall;
  // Ours alone, always: the ETag, without quotes, of the very object that the job looks at or looked at. Who reads the
  // video for its faces' sake reads it with If-Match.
  std::optional<std::string> video_etag;
  // Ours alone: "Superseded" when the job failed because the object was written again or deleted before it was read.
  std::optional<std::string> failure_code;

  static wire::Shape shape() {
    return structure(
        "GetFaceDetectionResponse",
        {member<&GetFaceDetectionResponse::job_status>("JobStatus"),
         member<&GetFaceDetectionResponse::status_message>("StatusMessage"),
         member<&GetFaceDetectionResponse::video_metadata>("VideoMetadata"),
         member<&GetFaceDetectionResponse::next_token>("NextToken"), member<&GetFaceDetectionResponse::faces>("Faces"),
         member<&GetFaceDetectionResponse::job_id>("JobId"), member<&GetFaceDetectionResponse::video>("Video"),
         member<&GetFaceDetectionResponse::job_tag>("JobTag"), member<&GetFaceDetectionResponse::detector>("Detector"),
         member<&GetFaceDetectionResponse::recall>("Recall"),
         member<&GetFaceDetectionResponse::video_etag>("VideoETag"),
         member<&GetFaceDetectionResponse::failure_code>("FailureCode")});
  }
};

struct DetectFacesRequest {
  Image image;
  std::vector<std::string> attributes;

  static wire::Shape shape() {
    return structure("DetectFacesRequest", {member<&DetectFacesRequest::image>("Image").required(),
                                            member<&DetectFacesRequest::attributes>("Attributes")});
  }
};

struct DetectFacesResponse {
  std::vector<FaceDetail> face_details;
  std::optional<std::string> detector;  // ours alone, as above
  std::optional<std::string> recall;

  static wire::Shape shape() {
    return structure("DetectFacesResponse", {member<&DetectFacesResponse::face_details>("FaceDetails"),
                                             member<&DetectFacesResponse::detector>("Detector"),
                                             member<&DetectFacesResponse::recall>("Recall")});
  }
};

}  // namespace cumulet::rekognition
