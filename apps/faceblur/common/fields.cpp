#include "apps/faceblur/common/fields.hpp"

namespace cumulet::faceblur {

Result<Job> read_job(const json::value& event) {
  Job out{json::text_at(event, "job_id"), json::text_at(event, "s3_object_bucket"),
          json::text_at(event, "s3_object_key"), json::text_at(event, "s3_object_etag"),
          json::text_at(event, "s3_object_version")};
  for (const auto& [name, value] :
       {std::pair{"job_id", &out.job_id}, {"s3_object_bucket", &out.bucket}, {"s3_object_key", &out.key}})
    if (value->empty()) return Error{kInvalidInput, "the event has no field \"" + std::string(name) + "\""};
  return out;
}

void write_job(json::object& body, const Job& job) {
  body["job_id"] = job.job_id;
  body["s3_object_bucket"] = job.bucket;
  body["s3_object_key"] = job.key;
  if (!job.etag.empty()) body["s3_object_etag"] = job.etag;
  if (!job.version.empty()) body["s3_object_version"] = job.version;
}

DetectorInfo detector_of_answer(const json::value& answer) {
  DetectorInfo out;
  if (auto detector = json::text_at(answer, "Detector"); !detector.empty()) out.detector = std::move(detector);
  if (auto recall = json::text_at(answer, "Recall"); !recall.empty()) out.recall = std::move(recall);
  return out;
}

DetectorInfo read_detector(const json::value& event) {
  DetectorInfo out;
  if (auto detector = json::text_at(event, "detector"); !detector.empty()) out.detector = std::move(detector);
  if (auto recall = json::text_at(event, "recall"); !recall.empty()) out.recall = std::move(recall);
  return out;
}

void write_detector(json::object& body, const DetectorInfo& info) {
  body["detector"] = info.detector;
  body["recall"] = info.recall;
}

std::string success(json::object body) {
  json::object out;
  out["statusCode"] = 200;
  out["body"] = std::move(body);
  return json::text(out);
}

}  // namespace cumulet::faceblur
