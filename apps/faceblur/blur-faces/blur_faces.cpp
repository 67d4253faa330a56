#include "apps/faceblur/blur-faces/blur_faces.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "apps/faceblur/common/faces.hpp"
#include "base/folder_removal.hpp"
#include "sdk/errors.hpp"
#include "sdk/runtime/log.hpp"
#include "vision/blur_video.hpp"

namespace cumulet::faceblur {
namespace {

constexpr int kPercentStep = 10;
constexpr std::int64_t kOwnIntervalMs = 170;  // with cascades; YuNet's looks are closer

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
      faces.push_back({time, face});
    }
  }
  return faces;
}

Result<vision::BlurReport> blur(const std::filesystem::path& in, const std::filesystem::path& out,
                                const BlurInput& input, const vision::Carry& carry) {
  vision::BlurOptions options;
  options.encode.carry = carry;
  options.expected_duration_ms = input.duration_ms;
  // Amazon Rekognition looks twice a second; Cumulet's says that it is another, and looks this often at least.
  if (input.detector.detector != DetectorInfo{}.detector) options.cover.interval_ms = kOwnIntervalMs;
  int logged = -kPercentStep;
  return vision::blur_video(in, out, timed_faces(input.faces), options, [&](double done) {
    const int percent = static_cast<int>(done * 100 + 0.5);
    if (percent < logged + kPercentStep) return;
    logged = percent / kPercentStep * kPercentStep;
    sdk::log::info("blurring", {{"percent", logged}});
  });
}

Result<std::string> work(sdk::Client& client, const BlurSettings& settings, const std::string& payload) {
  CUMULET_TRY(const auto event, json::parse(payload));
  sdk::S3 s3(client);
  CUMULET_TRY(const BlurInput input, read_blur_input(event, s3));
  if (input.job.bucket == settings.output_bucket) {
    return Error{kConfiguration, "OUTPUT_BUCKET is the bucket that the video comes from (" + input.job.bucket +
                                     "): the result would be blurred again and again. Choose another bucket."};
  }
  CUMULET_TRY(const auto folder, ScratchFolder::make(settings.scratch));
  const auto source = folder / "source", result = folder / "result";
  CUMULET_TRY(const auto object, s3.download_file(input.job.bucket, input.job.key, source, input.job.etag));
  sdk::log::info("video fetched", {{"bytes", object.size}, {"key", json::value(input.job.key)}});
  CUMULET_TRY(const auto report, blur(source, result, input, settings.carry));

  sdk::PutOptions put;
  put.content_type = is_mov(input.job.key) ? "video/quicktime" : "video/mp4";
  CUMULET_TRY(const auto etag, s3.upload_file(settings.output_bucket, input.job.key, result, put));
  sdk::log::info("result stored", {{"bucket", json::value(settings.output_bucket)},
                                   {"key", json::value(input.job.key)},
                                   {"frames", report.frames},
                                   {"coveredFrames", report.covered_frames},
                                   {"detector", json::value(input.detector.detector)},
                                   {"recall", json::value(input.detector.recall)}});
  if (input.faces_object) {
    const auto removed = s3.remove(input.faces_object->bucket, input.faces_object->key);
    if (!removed.ok())
      sdk::log::warn("the faces' object is left behind", {{"why", json::value(removed.error().message())}});
  }
  json::object body{{"message", "Faces in video blurred"}};
  write_job(body, input.job);
  body["output_bucket"] = settings.output_bucket;
  body["output_key"] = input.job.key;
  body["frames"] = report.frames;
  body["covered_frames"] = report.covered_frames;
  write_detector(body, input.detector);
  return success(std::move(body));
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
