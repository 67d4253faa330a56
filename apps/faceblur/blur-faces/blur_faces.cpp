#include "apps/faceblur/blur-faces/blur_faces.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "apps/faceblur/blur-faces/reviewed_tracks.hpp"
#include "apps/faceblur/common/faces.hpp"
#include "base/folder_removal.hpp"
#include "sdk/errors.hpp"
#include "sdk/runtime/log.hpp"
#include "vision/detect/detector.hpp"
#include "vision/pipeline/blur_video.hpp"

namespace cumulet::faceblur {
namespace {

constexpr int kPercentStep = 10;
constexpr int kMostAttempts = 5;  // to store a result beside others that write under the same key
constexpr std::int64_t kOwnIntervalMs = 170;

// A folder of this invocation alone, gone with all it holds when the invocation ends, however it ends.
class ScratchFolder {
 public:
  static Result<ScratchFolder> make(const std::filesystem::path& in) {
    std::string pattern = (in / "blur-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) {
      return Error{sdk::kFileFailed, "No folder can be made in " + in.string() + ": " + std::strerror(errno) + "."};
    }
    return ScratchFolder(pattern);
  }
  ScratchFolder(ScratchFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  ScratchFolder& operator=(ScratchFolder&&) = delete;
  ~ScratchFolder() {
    if (!path_.empty()) remove_folder(path_);
  }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  explicit ScratchFolder(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

bool is_mov(const std::string& key) { return key.size() >= 4 && strcasecmp(key.c_str() + key.size() - 4, ".mov") == 0; }

std::vector<vision::TimedFace> timed_faces(const Timestamps& timestamps) {
  std::vector<vision::TimedFace> faces;
  for (const auto& [time, boxes] : timestamps) {
    for (const Box& box : boxes) {
      vision::Face face;
      face.box = {box.left, box.top, box.width, box.height};
      face.roll = box.roll;
      faces.push_back({time, face, box.index});
    }
  }
  return faces;
}

// What looks at covered frames again, and follows faces between Amazon Rekognition's two looks a second.
Result<std::optional<vision::DetectorChoice>> verifying_detector(const BlurSettings& settings) {
  if (settings.face_model.empty()) {
    sdk::log::warn("there is no face model in the package: covers are not looked at again");
    return std::optional<vision::DetectorChoice>();
  }
  CUMULET_TRY(auto choice, vision::choose_detector(settings.face_model));
  return std::optional(std::move(choice));
}

// What is covered in which film, and how.
struct Blurring {
  Job job;
  std::vector<vision::TimedFace> faces;
  vision::BlurOptions options;
};

Result<Blurring> found_faces(const BlurInput& input, const BlurSettings& settings) {
  Blurring work{input.job, timed_faces(input.faces), {}};
  work.options.encode.carry = settings.carry;
  CUMULET_TRY(work.options.detector, verifying_detector(settings));
  work.options.expected_duration_ms = input.duration_ms;
  // Amazon Rekognition looks twice a second; Cumulet's says that it is another, and looks this often at least.
  if (input.detector.detector != DetectorInfo{}.detector) work.options.cover.interval_ms = kOwnIntervalMs;
  return work;
}

// A person looked: nothing is covered beside it, for a cover may have been taken away on purpose.
Blurring reviewed_faces(Reviewed reviewed, const BlurSettings& settings) {
  Blurring work{std::move(reviewed.job), std::move(reviewed.tracks.faces), {}};
  work.options.encode.carry = settings.carry;
  if (reviewed.tracks.duration_ms > 0) work.options.expected_duration_ms = reviewed.tracks.duration_ms;
  work.options.verification = vision::Verification::off;
  return work;
}

Result<vision::BlurReport> blur(const std::filesystem::path& in, const std::filesystem::path& out, Blurring work) {
  int logged = -kPercentStep;
  return vision::blur_video(in, out, std::move(work.faces), work.options, [&](double done) {
    const int percent = static_cast<int>(done * 100 + 0.5);
    if (percent < logged + kPercentStep) return;
    logged = percent / kPercentStep * kPercentStep;
    sdk::log::info("blurring", {{"percent", logged}});
  });
}

Error superseded(const Job& job, std::string_view how) {
  return Error{kSuperseded, "s3://" + job.bucket + '/' + job.key + " was " + std::string(how) +
                                " since its faces were looked for: nothing was stored"};
}

// Whether the film that was blurred is still the one that stands in the input bucket.
Result<void> check_input(sdk::S3& s3, const Job& job, const sdk::ObjectInfo& blurred) {
  const auto now = s3.head(job.bucket, job.key);
  if (!now.ok() && now.error().status() == 404) return superseded(job, "deleted");
  if (!now.ok()) return now.error();
  if (now->etag != blurred.etag || now->version_id != blurred.version_id) return superseded(job, "replaced");
  return {};
}

// Two films under the same key may be at work at the same time, and the older one may be the last to end. Its result
// must not stand over the newer one's: it is written only over what stood there when the input was last looked at. Who
// wrote in between is either newer, then the input says so, or an earlier attempt at the same film.
Result<std::string> store(sdk::S3& s3, const BlurSettings& settings, const Job& job, const sdk::ObjectInfo& blurred,
                          const std::filesystem::path& result) {
  sdk::PutOptions put;
  put.content_type = is_mov(job.key) ? "video/quicktime" : "video/mp4";
  put.before_write = [&]() -> Result<sdk::WriteCondition> {
    sdk::WriteCondition condition;
    const auto there = s3.head(settings.output_bucket, job.key);
    if (there.ok()) {
      condition.if_match = there->etag;
    } else if (there.error().status() == 404) {
      condition.if_none_match = "*";
    } else {
      return there.error();
    }
    CUMULET_CHECK(check_input(s3, job, blurred));
    return condition;
  };
  for (int attempt = 1;; ++attempt) {
    auto stored = s3.upload_file(settings.output_bucket, job.key, result, put);
    if (stored.ok() || attempt == kMostAttempts) return stored;
    const Error& error = stored.error();
    const bool written_meanwhile = error.code() == "PreconditionFailed" ||
                                   error.code() == "ConditionalRequestConflict" || error.code() == "NoSuchKey";
    if (!written_meanwhile) return stored;
  }
}

Result<sdk::ObjectInfo> fetch(sdk::S3& s3, const Job& job, const std::filesystem::path& file) {
  const sdk::ReadCondition pinned{.if_match = job.etag, .version_id = job.version};
  auto object = s3.download_file(job.bucket, job.key, file, pinned);
  if (object.ok()) return object;
  if (object.error().is(sdk::kReplaced)) return superseded(job, "replaced");
  if (object.error().status() == 404) return superseded(job, "deleted");
  return object;
}

// What is left behind by it disturbs nobody: no reason to fail.
void remove_faces(sdk::S3& s3, const BlurInput& input) {
  if (!input.faces_object) return;
  const auto removed = s3.remove(input.faces_object->bucket, input.faces_object->key);
  if (!removed.ok())
    sdk::log::warn("the faces' object is left behind", {{"why", json::value(removed.error().message())}});
}

Result<vision::BlurReport> cover_and_store(sdk::S3& s3, const BlurSettings& settings, Blurring work) {
  const Job job = work.job;
  CUMULET_TRY(const auto folder, ScratchFolder::make(settings.scratch));
  const auto source = folder / "source", result = folder / "result";
  CUMULET_TRY(const auto object, fetch(s3, job, source));
  sdk::log::info("video fetched", {{"bytes", object.size}, {"key", json::value(job.key)}});
  CUMULET_TRY(const auto report, blur(source, result, std::move(work)));
  CUMULET_CHECK(store(s3, settings, job, object, result));
  return report;
}

Result<void> check_output(const BlurSettings& settings, const Job& job) {
  if (job.bucket != settings.output_bucket) return {};
  return Error{kConfiguration, "OUTPUT_BUCKET is the bucket that the video comes from (" + job.bucket +
                                   "): the result would be blurred again and again. Choose another bucket."};
}

std::string stored(const BlurSettings& settings, const Job& job, const vision::BlurReport& report,
                   const DetectorInfo& detector) {
  sdk::log::info("result stored", {{"bucket", json::value(settings.output_bucket)},
                                   {"key", json::value(job.key)},
                                   {"frames", report.frames},
                                   {"coveredFrames", report.covered_frames},
                                   {"lookedAtAgain", report.verification.looked_at},
                                   {"mendedFrames", report.verification.mended},
                                   {"detector", json::value(detector.detector)},
                                   {"recall", json::value(detector.recall)}});
  json::object body{{"message", "Faces in video blurred"}};
  write_job(body, job);
  body["output_bucket"] = settings.output_bucket;
  body["output_key"] = job.key;
  body["frames"] = report.frames;
  body["covered_frames"] = report.covered_frames;
  write_detector(body, detector);
  return success(std::move(body));
}

Result<std::string> work(sdk::Client& client, const BlurSettings& settings, const std::string& payload) {
  CUMULET_TRY(const auto event, json::parse(payload));
  sdk::S3 s3(client);
  CUMULET_TRY(auto reviewed, read_reviewed(event, s3));
  if (reviewed) {
    const Job job = reviewed->job;
    const DetectorInfo detector{reviewed->tracks.detector + ", reviewed", "full"};
    CUMULET_CHECK(check_output(settings, job));
    CUMULET_TRY(const auto report, cover_and_store(s3, settings, reviewed_faces(std::move(*reviewed), settings)));
    return stored(settings, job, report, detector);
  }
  CUMULET_TRY(const BlurInput input, read_blur_input(event, s3));
  CUMULET_CHECK(check_output(settings, input.job));
  CUMULET_TRY(Blurring found, found_faces(input, settings));
  const auto report = cover_and_store(s3, settings, std::move(found));
  if (report.ok() || report.error().is(kSuperseded)) remove_faces(s3, input);
  if (!report.ok()) return report.error();
  return stored(settings, input.job, *report, input.detector);
}

// FACE_MODEL, or else the file that the package brings along. "": none.
std::string face_model() {
  if (const char* named = std::getenv("FACE_MODEL"); named != nullptr && *named != '\0') return named;
  const char* root = std::getenv("LAMBDA_TASK_ROOT");
  const auto packed = std::filesystem::path(root != nullptr ? root : ".") / "face-model";
  std::error_code ignored;
  return std::filesystem::is_regular_file(packed, ignored) ? packed.string() : std::string();
}

}  // namespace

Result<BlurSettings> blur_settings_from_environment() {
  const char* bucket = std::getenv("OUTPUT_BUCKET");
  if (bucket == nullptr || *bucket == '\0') {
    return Error{kConfiguration, "OUTPUT_BUCKET is not set: it names the bucket that results go to."};
  }
  BlurSettings settings;
  settings.output_bucket = bucket;
  if (const char* words = std::getenv("CARRY_OVER")) {
    auto carry = vision::parse_carry(words);
    if (!carry.ok()) return Error{kConfiguration, "CARRY_OVER: " + carry.error().message()};
    settings.carry = *carry;
  }
  settings.face_model = face_model();
  return settings;
}

sdk::InvocationResponse blur_faces(sdk::Client& client, const BlurSettings& settings,
                                   const sdk::InvocationRequest& request) {
  auto out = work(client, settings, request.payload);
  if (out.ok()) return sdk::InvocationResponse::success(std::move(out).value());
  sdk::log::error(out.error().message());
  return sdk::InvocationResponse::failure(out.error().message(), std::string(out.error().code()));
}

}  // namespace cumulet::faceblur
