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

struct S3Object {
  std::optional<std::string> bucket;
  std::optional<std::string> name;
  std::optional<std::string> version;
};

struct Video {
  std::optional<S3Object> s3_object;
};

struct Image {
  std::optional<wire::Blob> bytes;
  std::optional<S3Object> s3_object;
};

struct NotificationChannel {
  std::string sns_topic_arn;
  std::string role_arn;
};

struct BoundingBox {
  float width = 0;
  float height = 0;
  float left = 0;
  float top = 0;
};

struct Landmark {
  std::string type;
  float x = 0;
  float y = 0;
};

struct Pose {
  float roll = 0;
  float yaw = 0;
  float pitch = 0;
};

struct ImageQuality {
  float brightness = 0;
  float sharpness = 0;
};

struct FaceDetail {
  BoundingBox bounding_box;
  std::optional<std::vector<Landmark>> landmarks;
  std::optional<Pose> pose;
  std::optional<ImageQuality> quality;
  float confidence = 0;
};

struct FaceDetection {
  std::int64_t timestamp = 0;
  FaceDetail face;
  // Ours, and ignored by AWS's SDKs: faces of one number are one person's, as in PersonDetection.
  std::optional<std::int64_t> index;
};

struct VideoMetadata {
  std::string codec;
  std::int64_t duration_millis = 0;
  std::string format;
  float frame_rate = 0;
  std::int64_t frame_height = 0;
  std::int64_t frame_width = 0;
  std::optional<std::string> color_range;
};

struct StartFaceDetectionRequest {
  Video video;
  std::optional<std::string> client_request_token;
  std::optional<NotificationChannel> notification_channel;
  std::optional<std::string> face_attributes;
  std::optional<std::string> job_tag;
};

struct StartFaceDetectionResponse {
  std::string job_id;
};

struct GetFaceDetectionRequest {
  std::string job_id;
  std::optional<int> max_results;
  std::optional<std::string> next_token;
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
};

struct DetectFacesRequest {
  Image image;
  std::vector<std::string> attributes;
};

struct DetectFacesResponse {
  std::vector<FaceDetail> face_details;
  std::optional<std::string> detector;  // ours alone, as above
  std::optional<std::string> recall;
};

inline constexpr std::array<std::string_view, 2> kFaceAttributes{"DEFAULT", "ALL"};

}  // namespace cumulet::rekognition

namespace cumulet::wire {

template <>
struct Describe<rekognition::S3Object> {
  static Shape shape() {
    using T = rekognition::S3Object;
    return structure("S3Object",
                     {member<&T::bucket>("Bucket").range(3, 255).pattern("[0-9A-Za-z\\.\\-_]*"),
                      member<&T::name>("Name").range(1, 1024), member<&T::version>("Version").range(1, 1024)});
  }
};

template <>
struct Describe<rekognition::Video> {
  static Shape shape() { return structure("Video", {member<&rekognition::Video::s3_object>("S3Object")}); }
};

template <>
struct Describe<rekognition::Image> {
  static Shape shape() {
    using T = rekognition::Image;
    return structure("Image", {member<&T::bytes>("Bytes").range(1, 5'242'880), member<&T::s3_object>("S3Object")});
  }
};

template <>
struct Describe<rekognition::NotificationChannel> {
  static Shape shape() {
    using T = rekognition::NotificationChannel;
    return structure("NotificationChannel",
                     {member<&T::sns_topic_arn>("SNSTopicArn").required(), member<&T::role_arn>("RoleArn").required()});
  }
};

template <>
struct Describe<rekognition::BoundingBox> {
  static Shape shape() {
    using T = rekognition::BoundingBox;
    return structure("BoundingBox", {member<&T::width>("Width"), member<&T::height>("Height"), member<&T::left>("Left"),
                                     member<&T::top>("Top")});
  }
};

template <>
struct Describe<rekognition::Landmark> {
  static Shape shape() {
    using T = rekognition::Landmark;
    return structure("Landmark", {member<&T::type>("Type"), member<&T::x>("X"), member<&T::y>("Y")});
  }
};

template <>
struct Describe<rekognition::Pose> {
  static Shape shape() {
    using T = rekognition::Pose;
    return structure("Pose", {member<&T::roll>("Roll"), member<&T::yaw>("Yaw"), member<&T::pitch>("Pitch")});
  }
};

template <>
struct Describe<rekognition::ImageQuality> {
  static Shape shape() {
    using T = rekognition::ImageQuality;
    return structure("ImageQuality", {member<&T::brightness>("Brightness"), member<&T::sharpness>("Sharpness")});
  }
};

template <>
struct Describe<rekognition::FaceDetail> {
  static Shape shape() {
    using T = rekognition::FaceDetail;
    return structure("FaceDetail",
                     {member<&T::bounding_box>("BoundingBox"), member<&T::landmarks>("Landmarks"),
                      member<&T::pose>("Pose"), member<&T::quality>("Quality"), member<&T::confidence>("Confidence")});
  }
};

template <>
struct Describe<rekognition::FaceDetection> {
  static Shape shape() {
    using T = rekognition::FaceDetection;
    return structure("FaceDetection", {member<&T::timestamp>("Timestamp"), member<&T::face>("Face"), member<&T::index>("Index")});
  }
};

template <>
struct Describe<rekognition::VideoMetadata> {
  static Shape shape() {
    using T = rekognition::VideoMetadata;
    return structure("VideoMetadata", {member<&T::codec>("Codec"), member<&T::duration_millis>("DurationMillis"),
                                       member<&T::format>("Format"), member<&T::frame_rate>("FrameRate"),
                                       member<&T::frame_height>("FrameHeight"), member<&T::frame_width>("FrameWidth"),
                                       member<&T::color_range>("ColorRange")});
  }
};

template <>
struct Describe<rekognition::StartFaceDetectionRequest> {
  static Shape shape() {
    using T = rekognition::StartFaceDetectionRequest;
    return structure("StartFaceDetectionRequest",
                     {member<&T::video>("Video").required(),
                      member<&T::client_request_token>("ClientRequestToken").range(1, 64).pattern("^[a-zA-Z0-9-_]+$"),
                      member<&T::notification_channel>("NotificationChannel"),
                      member<&T::face_attributes>("FaceAttributes").one_of(rekognition::kFaceAttributes),
                      member<&T::job_tag>("JobTag").range(1, 1024).pattern("[a-zA-Z0-9_.\\-:+=\\/]+")});
  }
};

template <>
struct Describe<rekognition::StartFaceDetectionResponse> {
  static Shape shape() {
    return structure("StartFaceDetectionResponse", {member<&rekognition::StartFaceDetectionResponse::job_id>("JobId")});
  }
};

template <>
struct Describe<rekognition::GetFaceDetectionRequest> {
  static Shape shape() {
    using T = rekognition::GetFaceDetectionRequest;
    return structure(
        "GetFaceDetectionRequest",
        {member<&T::job_id>("JobId").required().range(1, 64).pattern("^[a-zA-Z0-9-_]+$"),
         member<&T::max_results>("MaxResults").at_least(1), member<&T::next_token>("NextToken").range(0, 255)});
  }
};

template <>
struct Describe<rekognition::GetFaceDetectionResponse> {
  static Shape shape() {
    using T = rekognition::GetFaceDetectionResponse;
    return structure("GetFaceDetectionResponse",
                     {member<&T::job_status>("JobStatus"), member<&T::status_message>("StatusMessage"),
                      member<&T::video_metadata>("VideoMetadata"), member<&T::next_token>("NextToken"),
                      member<&T::faces>("Faces"), member<&T::job_id>("JobId"), member<&T::video>("Video"),
                      member<&T::job_tag>("JobTag"), member<&T::detector>("Detector"), member<&T::recall>("Recall"),
                      member<&T::video_etag>("VideoETag"), member<&T::failure_code>("FailureCode")});
  }
};

template <>
struct Describe<rekognition::DetectFacesRequest> {
  static Shape shape() {
    using T = rekognition::DetectFacesRequest;
    return structure("DetectFacesRequest",
                     {member<&T::image>("Image").required(), member<&T::attributes>("Attributes")});
  }
};

template <>
struct Describe<rekognition::DetectFacesResponse> {
  static Shape shape() {
    using T = rekognition::DetectFacesResponse;
    return structure("DetectFacesResponse", {member<&T::face_details>("FaceDetails"), member<&T::detector>("Detector"),
                                             member<&T::recall>("Recall")});
  }
};

}  // namespace cumulet::wire
