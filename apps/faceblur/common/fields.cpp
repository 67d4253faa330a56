#include "apps/faceblur/common/fields.hpp"

namespace cumulet::faceblur {

std::string text_member(const json::value& v, std::string_view name) {
  const auto* found = json::find(v, name);
  return found && found->is_string() ? std::string(found->get_string()) : std::string{};
}

Result<Job> read_job(const json::value& event) {
  Job out{text_member(event, "job_id"), text_member(event, "s3_object_bucket"), text_member(event, "s3_object_key"),
          text_member(event, "s3_object_etag"), text_member(event, "s3_object_version")};
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
  if (auto detector = text_member(answer, "Detector"); !detector.empty()) out.detector = std::move(detector);
  if (auto recall = text_member(answer, "Recall"); !recall.empty()) out.recall = std::move(recall);
  return out;
}

DetectorInfo read_detector(const json::value& event) {
  DetectorInfo out;
  if (auto detector = text_member(event, "detector"); !detector.empty()) out.detector = std::move(detector);
  if (auto recall = text_member(event, "recall"); !recall.empty()) out.recall = std::move(recall);
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
