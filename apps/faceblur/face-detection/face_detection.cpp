#include "apps/faceblur/face-detection/face_detection.hpp"

#include <charconv>

#include "apps/faceblur/common/fields.hpp"
#include "base/encoding.hpp"
#include "sdk/retry.hpp"
#include "sdk/runtime/log.hpp"

namespace cumulet::faceblur {
namespace {

constexpr std::int64_t kLargestVideo = 10ll << 30;  // what Rekognition takes
constexpr std::string_view kNoReference =
    "Lambda invoked without S3 event data. Event needs to reference a S3 bucket and object key.";
constexpr std::string_view kUnsupported =
    "Unsupported file type. Amazon Rekognition Video support MOV and MP4 lower than 10 GB in size";

bool is_video_name(std::string_view key) {
  if (key.size() < 5) return false;
  const auto suffix = key.substr(key.size() - 4);
  return iequals(suffix, ".mp4") || iequals(suffix, ".mov");
}

std::optional<std::int64_t> whole_number(const json::value* v) {
  if (!v) return std::nullopt;
  if (const auto* i = v->if_int64()) return *i;
  if (const auto* u = v->if_uint64()) return static_cast<std::int64_t>(std::min<std::uint64_t>(*u, INT64_MAX));
  if (const auto* s = v->if_string()) {
    std::int64_t out = 0;
    const auto [end, error] = std::from_chars(s->data(), s->data() + s->size(), out);
    if (error == std::errc{} && end == s->data() + s->size()) return out;
  }
  return std::nullopt;
}

struct Started {
  std::string job_id, execution_arn;
};

Result<Started> start(sdk::Client& client, const std::string& state_machine_arn, const Video& video) {
  json::object object{{"Bucket", video.bucket}, {"Name", video.key}};
  if (!video.version.empty()) object["Version"] = video.version;
  const json::object input{{"Video", json::object{{"S3Object", object}}}, {"ClientRequestToken", video.upload_id}};
  CUMULET_TRY(const auto job, client.call("rekognition", "StartFaceDetection", input));
  Started out;
  out.job_id = json::text_at(job, "JobId");
  json::object body;
  write_job(body, {out.job_id, video.bucket, video.key, video.etag, video.version});
  json::object execution_input;
  execution_input["body"] = std::move(body);
  const json::object execution{
      {"stateMachineArn", state_machine_arn}, {"name", execution_name(video)}, {"input", json::text(execution_input)}};
  auto execution_answer = client.call("states", "StartExecution", execution);
  if (execution_answer.ok()) {
    out.execution_arn = json::text_at(*execution_answer, "executionArn");
  } else if (execution_answer.error().code() != "ExecutionAlreadyExists") {  // this event was handled before
    return std::move(execution_answer).error();
  }
  return out;
}

// AWS's code in front, and what to look at where the bare message leaves a person alone with it.
std::string explain(const Error& error) {
  std::string out(error.code());
  out += ": " + error.message();
  if (error.code() == "AccessDeniedException")
    out += " (the function's role must allow rekognition:StartFaceDetection and states:StartExecution)";
  if (error.code() == "InvalidS3ObjectException")
    out += " (check object key, region and access permissions of the input bucket)";
  if (error.code() == "StateMachineDoesNotExist") out += " (check STATE_MACHINE_ARN)";
  return out;
}

}  // namespace

std::variant<Video, RecordProblem> read_record(const json::value& record, std::string_view fallback_id) {
  const auto* s3 = json::find(record, "s3");
  const auto* bucket = s3 ? json::find(*s3, "bucket") : nullptr;
  const auto* object = s3 ? json::find(*s3, "object") : nullptr;
  Video out;
  if (bucket) out.bucket = json::text_at(*bucket, "name");
  if (object) out.key = percent_decode(json::text_at(*object, "key"), Plus::space).value_or("");
  const auto size = object ? whole_number(json::find(*object, "size")) : std::nullopt;
  const auto problem = [&](std::string_view message) {
    return RecordProblem{out.bucket, out.key, std::string(message)};
  };
  if (out.bucket.empty() || out.key.empty()) return problem(kNoReference);
  if (!is_valid_utf8(out.key)) return problem("the object key is no UTF-8");
  if (!is_video_name(out.key) || (size && *size > kLargestVideo)) return problem(kUnsupported);
  out.etag = json::text_at(*object, "eTag");
  out.version = json::text_at(*object, "versionId");
  std::string upload = json::text_at(*object, "sequencer") + '\n' + out.etag + '\n' + out.version;
  if (upload == "\n\n") upload += fallback_id;
  out.upload_id = hex_encode(sha256(out.bucket + '\n' + out.key + '\n' + upload));
  return out;
}

std::string execution_name(const Video& video) {
  std::string_view stem = video.key;
  stem = stem.substr(stem.rfind('/') + 1);
  stem = stem.substr(0, stem.rfind('.'));
  std::string out;
  for (const char c : stem.substr(0, 40)) {
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    out += plain ? c : '-';
  }
  return (out.empty() ? "video" : out) + '-' + video.upload_id.substr(0, 32);
}

sdk::InvocationResponse handle_event(sdk::Client& client, const std::string& state_machine_arn,
                                     const sdk::InvocationRequest& request) {
  const auto event = json::parse(request.payload);
  if (!event.ok())
    return sdk::InvocationResponse::failure("the event is no JSON: " + event.error().message(), "InvalidInput");
  const auto* records = json::find(*event, "Records");
  json::array good, bad;
  std::string last_job, passing_failures;
  std::size_t index = 0;
  static const json::array kNone;
  for (const auto& record : records && records->is_array() ? records->get_array() : kNone) {
    const auto read = read_record(record, request.request_id + '/' + std::to_string(index++));
    if (const auto* problem = std::get_if<RecordProblem>(&read)) {
      sdk::log::error(problem->message, {{"bucket", json::value(problem->bucket)}, {"key", json::value(problem->key)}});
      bad.push_back(
          json::object{{"bucket", problem->bucket}, {"key", problem->key}, {"error_message", problem->message}});
      continue;
    }
    const Video& video = std::get<Video>(read);
    const auto started = start(client, state_machine_arn, video);
    if (!started.ok()) {
      const std::string message = explain(started.error());
      sdk::log::error(message, {{"bucket", json::value(video.bucket)}, {"key", json::value(video.key)}});
      bad.push_back(json::object{{"bucket", video.bucket}, {"key", video.key}, {"error_message", message}});
      if (sdk::classify(started.error()) != sdk::Retryable::no)
        passing_failures += (passing_failures.empty() ? "" : "; ") + video.bucket + '/' + video.key + ": " + message;
      continue;
    }
    last_job = started->job_id;
    sdk::log::info("face detection started", {{"bucket", json::value(video.bucket)},
                                              {"key", json::value(video.key)},
                                              {"jobId", json::value(started->job_id)},
                                              {"executionArn", json::value(started->execution_arn)}});
    good.push_back(json::object{{"bucket", video.bucket},
                                {"key", video.key},
                                {"job_id", started->job_id},
                                {"execution_arn", started->execution_arn}});
  }
  if (!passing_failures.empty()) return sdk::InvocationResponse::failure(passing_failures, "RecordsNotStarted");
  json::object summary;
  summary["job_id"] = last_job;
  summary["failed_records"] = std::move(bad);
  summary["successful_records"] = std::move(good);
  json::object out;
  out["statusCode"] = 200;
  out["body"] = json::text(summary);  // text, as the exercise's function has it
  return sdk::InvocationResponse::success(json::text(out));
}

}  // namespace cumulet::faceblur
