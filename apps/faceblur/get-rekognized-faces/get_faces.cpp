#include "apps/faceblur/get-rekognized-faces/get_faces.hpp"

#include "sdk/errors.hpp"
#include "sdk/runtime/log.hpp"

namespace cumulet::faceblur {
namespace {

constexpr int kPageSize = 1000;  // Rekognition's most
constexpr int kMostPages = 100'000;

Result<void> add_faces(Timestamps& out, const json::value& page) {
  const auto* faces = json::find(page, "Faces");
  if (!faces || !faces->is_array()) return {};
  for (const auto& item : faces->get_array()) {
    const auto* time = json::find(item, "Timestamp");
    const auto* face = json::find(item, "Face");
    const auto* box = face ? json::find(*face, "BoundingBox") : nullptr;
    if (!time || !time->is_number() || !box)
      return Error{sdk::kBadResponse, "Rekognition gave a face without time or bounding box"};
    // One form check for what comes from Rekognition and for what comes from the machine.
    json::value known = *box;
    if (auto* members = known.if_object()) {
      if (const auto* index = json::find(item, "Index")) (*members)["Index"] = *index;
      const auto* pose = json::find(*face, "Pose");
      if (const auto* roll = pose ? json::find(*pose, "Roll") : nullptr) (*members)["Roll"] = *roll;
    }
    json::object one;
    one[std::to_string(time->to_number<std::int64_t>())] = json::array{std::move(known)};
    CUMULET_TRY(auto parsed, parse_timestamps(one));
    for (auto& [at, boxes] : parsed) {
      auto& all = out[at];
      all.insert(all.end(), boxes.begin(), boxes.end());
    }
  }
  return {};
}

Result<json::object> output_body(sdk::Client& client, const Job& job, DetectedFaces faces) {
  json::object body;
  write_job(body, job);
  body["response"] = std::move(faces.response);
  write_detector(body, faces.detector);
  const json::value timestamps = to_json(faces.timestamps);
  std::string text = json::text(timestamps);
  if (text.size() + json::text(body).size() <= kLongestBody) {
    body["timestamps"] = timestamps;
    return body;
  }
  const auto reference = faces_object(job);
  sdk::log::info(
      "the faces are too many for Step Functions, they travel by S3",
      {{"bytes", text.size()}, {"bucket", json::value(reference.bucket)}, {"key", json::value(reference.key)}});
  sdk::PutOptions options;
  options.content_type = "application/json";
  sdk::S3 s3(client);
  CUMULET_TRY(const auto etag, s3.put(reference.bucket, reference.key, std::move(text), options));
  body["timestamps_s3_object"] = json::object{{"bucket", reference.bucket}, {"key", reference.key}, {"etag", etag}};
  return body;
}

// From here on it is this very object, or none.
Result<void> pin(Job& job, const DetectedFaces& faces) {
  if (faces.video_etag.empty()) return {};
  if (!job.etag.empty() && sdk::unquoted_etag(job.etag) != faces.video_etag) {
    return Error{kSuperseded,
                 "s3://" + job.bucket + '/' + job.key + " was replaced before its face detection job was started"};
  }
  job.etag = faces.video_etag;
  return {};
}

}  // namespace

Result<DetectedFaces> fetch_faces(sdk::Client& client, const std::string& job_id) {
  DetectedFaces out;
  std::string token;
  for (int page_number = 0; page_number < kMostPages; ++page_number) {
    json::object input{{"JobId", job_id}, {"MaxResults", kPageSize}};
    if (!token.empty()) input["NextToken"] = token;
    CUMULET_TRY(auto page, client.call("rekognition", "GetFaceDetection", input));
    if (const auto status = json::text_at(page, "JobStatus"); status != "SUCCEEDED") {
      const auto why = json::text_at(page, "StatusMessage");
      return Error{kFaceDetectionFailed,
                   "face detection job " + job_id + " is " + status + (why.empty() ? "" : ": " + why)};
    }
    CUMULET_CHECK(add_faces(out.timestamps, page));
    std::string next = json::text_at(page, "NextToken");
    if (next.empty()) {
      out.detector = detector_of_answer(page);
      out.video_etag = json::text_at(page, "VideoETag");
      out.response = std::move(page).as_object();
      out.response.erase("Faces");
      out.response.erase("NextToken");
      return out;
    }
    if (next == token) return Error{sdk::kBadResponse, "Rekognition gives the same page again and again"};
    token = std::move(next);
  }
  return Error{sdk::kBadResponse, "Rekognition's pages do not end"};
}

sdk::InvocationResponse get_faces(sdk::Client& client, const sdk::InvocationRequest& request) {
  const auto work = [&]() -> Result<std::string> {
    CUMULET_TRY(const auto event, json::parse(request.payload));
    CUMULET_TRY(auto job, read_job(event));
    CUMULET_TRY(auto faces, fetch_faces(client, job.job_id));
    CUMULET_CHECK(pin(job, faces));
    sdk::log::info("faces fetched", {{"jobId", json::value(job.job_id)}, {"frames", faces.timestamps.size()}});
    CUMULET_TRY(auto body, output_body(client, job, std::move(faces)));
    return success(std::move(body));
  };
  auto out = work();
  if (out.ok()) return sdk::InvocationResponse::success(std::move(out).value());
  sdk::log::error(out.error().message());
  return sdk::InvocationResponse::failure(out.error().message(), std::string(out.error().code()));
}

}  // namespace cumulet::faceblur
