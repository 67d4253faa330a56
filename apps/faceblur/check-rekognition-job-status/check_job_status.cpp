#include "apps/faceblur/check-rekognition-job-status/check_job_status.hpp"

#include "apps/faceblur/common/fields.hpp"
#include "sdk/runtime/log.hpp"

namespace cumulet::faceblur {

sdk::InvocationResponse check_job_status(sdk::Client& client, const sdk::InvocationRequest& request) {
  const auto failure = [](const Error& error) {
    return sdk::InvocationResponse::failure(error.message(), std::string(error.code()));
  };
  const auto event = json::parse(request.payload);
  if (!event.ok()) return failure(event.error());
  const auto job = read_job(*event);
  if (!job.ok()) return failure(job.error());
  const auto answer =
      client.call("rekognition", "GetFaceDetection", json::object{{"JobId", job->job_id}, {"MaxResults", 1}});
  if (!answer.ok()) return failure(answer.error());
  const std::string status = json::text_at(*answer, "JobStatus");
  sdk::log::info("job status", {{"jobId", json::value(job->job_id)}, {"status", json::value(status)}});

  json::object body;
  write_job(body, *job);
  body["job_status"] = status;
  json::object out;
  out["statusCode"] = 200;
  if (status != "IN_PROGRESS" && status != "SUCCEEDED") {
    std::string message = json::text_at(*answer, "StatusMessage");
    if (message.empty()) message = "the job's status is " + (status.empty() ? "unknown" : status);
    body["status_message"] = message;
    out["Error"] = json::text_at(*answer, "FailureCode") == kSuperseded.code ? kSuperseded.code : "FaceDetectionFailed";
    out["Cause"] = "Face detection of s3://" + job->bucket + '/' + job->key + " failed: " + message;
  }
  out["body"] = std::move(body);
  return sdk::InvocationResponse::success(json::text(out));
}

}  // namespace cumulet::faceblur
