#include "services/rekognition/service.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/encoding.hpp"
#include "base/log.hpp"
#include "services/rekognition/errors.hpp"
#include "services/rekognition/face_record.hpp"
#include "services/rekognition/materialize.hpp"

namespace cumulet::rekognition {
namespace {

// The job's object was written again or deleted before it was read; the code is the answer's FailureCode.
constexpr ErrorKind kSuperseded{"Superseded", 409};
constexpr auto kRetention = std::chrono::hours(24 * 7);
constexpr auto kSweepEvery = std::chrono::hours(1);
constexpr std::uint64_t kLargestVideo = 10ULL << 30;
constexpr std::uint64_t kLargestStoredImage = 15U << 20;
constexpr int kMostResults = 1000;
constexpr std::size_t kMostFacesInImage = 100;
constexpr std::size_t kMostWaitingJobs = 1000;
// What ends a job's run without ending the job: it begins again later.
constexpr ErrorKind kYielded{"Yielded", 500};

Error no_object() {
  return Error{kInvalidS3Object,
               "Unable to get object metadata from S3. Check object key, region and/or access permissions."};
}

Pin pin_of(const Object& object) { return {object.etag, object.size, object.identity}; }

Error invalid_parameters() { return Error{kInvalidParameter, "Request has invalid parameters"}; }

// What is known of a face is given in any case; ALL and single attributes ask for more than is known here.
Result<void> check_attributes(const std::vector<std::string>& attributes) {
  constexpr std::array<std::string_view, 14> kAttributes{
      "DEFAULT",   "ALL",    "AGE_RANGE",  "BEARD",    "EMOTIONS",      "EYE_DIRECTION", "EYEGLASSES",
      "EYES_OPEN", "GENDER", "MOUTH_OPEN", "MUSTACHE", "FACE_OCCLUDED", "SMILE",         "SUNGLASSES"};
  const auto known = [&](const std::string& name) {
    return std::find(kAttributes.begin(), kAttributes.end(), name) != kAttributes.end();
  };
  if (std::all_of(attributes.begin(), attributes.end(), known)) return {};
  const auto joined = [](const auto& names) {
    std::string text;
    for (const auto& name : names) text += (text.empty() ? "" : ", ") + std::string(name);
    return text;
  };
  return Error{kValidation, "1 validation error detected: Value '[" + joined(attributes) +
                                "]' at 'attributes' failed to satisfy constraint: Member must satisfy constraint: "
                                "[Member must satisfy enum value set: [" +
                                joined(kAttributes) + "]]"};
}

bool names_an_object(const std::optional<S3Object>& object) { return object && object->bucket && object->name; }

// What must be the same for a ClientRequestToken to mean the same job.
std::string fingerprint(const StartFaceDetectionRequest& request) {
  const auto quoted = [](std::string& out, const std::optional<std::string>& text) {
    if (text) json::append_quoted(out, *text);
    out += ',';
  };
  std::string text;
  quoted(text, request.video.s3_object->bucket);
  quoted(text, request.video.s3_object->name);
  quoted(text, request.video.s3_object->version);
  quoted(text, request.face_attributes.value_or("DEFAULT"));
  quoted(text, request.job_tag);
  if (request.notification_channel) {
    quoted(text, request.notification_channel->sns_topic_arn);
    quoted(text, request.notification_channel->role_arn);
  }
  return hex_encode(sha256(text));
}

// A page's token: where the next page begins, bound to its job.
std::string page_token(const std::string& job, std::int64_t first) {
  const std::string number = std::to_string(first);
  return base64_encode(number + ":" + hex_encode(sha256(job + "/" + number)).substr(0, 24));
}

std::optional<std::int64_t> parse_page_token(const std::string& job, const std::string& token) {
  const auto plain = base64_decode(token);
  if (!plain || plain->empty() || plain->find_first_not_of("0123456789") != plain->find(':') || plain->find(':') > 12) {
    return std::nullopt;
  }
  const std::int64_t first = std::atoll(plain->c_str());
  if (page_token(job, first) != token) return std::nullopt;
  return first;
}

}  // namespace

Rekognition::Rekognition(Dependencies with)
    : Rekognition(with, make_sandboxed_vision({with.settings.program, with.settings.model, with.settings.hidden})) {}

Rekognition::Rekognition(Dependencies with, std::unique_ptr<Vision> vision)
    : with_(std::move(with)), store_(with_.database), vision_(std::move(vision)) {
  Pictures::Limits limits;
  limits.threads = std::max(2U, std::thread::hardware_concurrency());
  pictures_ = std::make_unique<Pictures>(limits, *vision_);
}

Rekognition::~Rekognition() {
  lanes_.stop();
  vision_->cancel_all();
  pictures_.reset();
  for (std::thread& thread : threads_) thread.join();
}

Result<void> Rekognition::load() {
  CUMULET_CHECK(store_.migrate());
  std::error_code error;
  std::filesystem::remove_all(with_.settings.folder, error);
  std::filesystem::create_directories(with_.settings.folder, error);
  if (error) return Error{kInternalFailure, "The folder for face jobs cannot be made: " + error.message()};
  std::filesystem::permissions(with_.settings.folder, std::filesystem::perms::owner_all, error);
  CUMULET_TRY(auto unfinished, store_.unfinished());
  for (std::string& id : unfinished) lanes_.add(std::move(id));
  sweep();
  return {};
}

void Rekognition::start() {
  const int cores = static_cast<int>(std::thread::hardware_concurrency());
  const int threads = std::max(2, with_.settings.concurrency > 0 ? with_.settings.concurrency : cores);
  for (int i = 0; i < threads; ++i) {
    const auto lane = i < threads / 2 ? JobLanes::Lane::patient : JobLanes::Lane::quick;
    threads_.emplace_back([this, lane] { work(lane); });
  }
}

// Forgets old jobs, at most once an hour; until then get_face_detection does not show them.
void Rekognition::sweep() {
  const TimePoint now = with_.clock.steady();
  {
    std::lock_guard lock(mutex_);
    if (now - swept_ < kSweepEvery) return;
    swept_ = now;
  }
  // A wall's clock that somebody set forward must not end the retention of everything at once.
  store_.forget_before(std::min(now, with_.clock.now()) - kRetention);
}

Result<StartFaceDetectionResponse> Rekognition::start_face_detection(const wire::CallContext& context,
                                                                     const StartFaceDetectionRequest& request) {
  if (!names_an_object(request.video.s3_object)) return invalid_parameters();
  const S3Object& object = *request.video.s3_object;
  const auto opened = with_.objects.open(*object.bucket, *object.name, object.version);
  if (!opened.ok()) return no_object();
  if (opened->size > kLargestVideo) return Error{kVideoTooLarge, std::string(kVideoTooLargeText)};

  if (lanes_.waiting() >= kMostWaitingJobs)
    return Error{kLimitExceeded, "The number of face jobs that wait to be run is at its limit. Try again later."};

  Job job;
  job.id = random_hex(64, with_.random);
  job.account = context.caller.account;
  job.region = context.region;
  job.object = object;
  job.pin = pin_of(*opened);
  job.tag = request.job_tag;
  job.token = request.client_request_token;
  job.fingerprint = fingerprint(request);
  job.created = with_.clock.now();
  CUMULET_TRY(const Job kept, store_.add(job));
  if (kept.fingerprint != job.fingerprint) {
    return Error{
        kIdempotentParameterMismatch,
        "A ClientRequestToken input parameter was reused with an operation, but at least one of the other input "
        "parameters is different from the previous call to the operation."};
  }
  if (kept.id == job.id) lanes_.add(job.id);
  sweep();
  return StartFaceDetectionResponse{kept.id};
}

Result<GetFaceDetectionResponse> Rekognition::get_face_detection(const wire::CallContext& context,
                                                                 const GetFaceDetectionRequest& request) {
  CUMULET_TRY(const auto found, store_.find(request.job_id));
  const bool visible = found && found->account == context.caller.account && found->region == context.region &&
                       std::min(with_.clock.now(), with_.clock.steady()) - found->created < kRetention;
  if (!visible) return Error{kResourceNotFound, "Could not find JobId"};
  const Job& job = *found;

  std::int64_t first = 0;
  if (request.next_token && !request.next_token->empty()) {  // an empty token means the first page
    const auto parsed = parse_page_token(job.id, *request.next_token);
    if (!parsed) return Error{kInvalidPaginationToken, "Invalid pagination token"};
    first = *parsed;
  }
  GetFaceDetectionResponse response;
  response.job_id = job.id;
  response.job_status = status_name(job.status);
  response.video.s3_object = job.object;
  response.job_tag = job.tag;
  if (!job.status_message.empty()) response.status_message = job.status_message;
  if (job.pin) response.video_etag = job.pin->etag;
  if (!job.failure_code.empty()) response.failure_code = job.failure_code;
  if (job.status != JobStatus::succeeded) return response;

  response.video_metadata = job.metadata;
  response.detector = job.detector;
  response.recall = job.recall;
  const std::int64_t count = std::min(request.max_results.value_or(kMostResults), kMostResults);
  CUMULET_TRY(response.faces, store_.faces(job.id, first, count, job.faces));
  if (first + count < job.faces) response.next_token = page_token(job.id, first + count);
  return response;
}

// Reads the picture when its turn has come.
Pictures::Read Rekognition::reader_of(S3Object object) {
  return [this, object = std::move(object)]() -> Result<std::string> {
    const auto opened = with_.objects.open(*object.bucket, *object.name, object.version);
    if (!opened.ok()) return no_object();
    if (opened->size > kLargestStoredImage)
      return Error{kImageTooLarge, "Image size is too large. The maximum size of an image in S3 is 15 MB."};
    return bytes_of(*opened);
  };
}

awaitable<Result<DetectFacesResponse>> Rekognition::detect_faces(const wire::CallContext&, DetectFacesRequest request) {
  const bool has_bytes = request.image.bytes.has_value(), has_object = names_an_object(request.image.s3_object);
  if (has_bytes == has_object) co_return invalid_parameters();
  CUMULET_CO_CHECK(check_attributes(request.attributes));
  auto looking = has_object ? pictures_->look_at(reader_of(std::move(*request.image.s3_object)))
                            : pictures_->look(std::move(request.image.bytes->bytes));
  const Result<Analysis> analysis = co_await std::move(looking);
  if (!analysis.ok()) {
    const Error& error = analysis.error();
    if (error.is(kBadImage)) co_return Error{kInvalidImageFormat, "Request has invalid image format"};
    if (error.is(kBigImage)) co_return Error{kImageTooLarge, error.message()};
    if (error.is(kTooManyPictures)) co_return Error{kProvisionedThroughputExceeded, "Provisioned rate exceeded"};
    if (error.is(kInvalidS3Object) || error.is(kImageTooLarge)) co_return error;
    co_return Error{kInternalServerError, error.message()};
  }
  DetectFacesResponse response;
  response.detector = analysis->detector;
  response.recall = analysis->recall;
  for (const json::value& record : analysis->faces) {
    if (response.face_details.size() == kMostFacesInImage) break;
    response.face_details.push_back(face_of_record(record).face);
  }
  co_return response;
}

void Rekognition::work(JobLanes::Lane lane) {
  while (const auto id = lanes_.next(lane)) {
    try {
      run(*id, lane);
    } catch (const std::exception& error) {
      log::error("face job {}: {}", *id, error.what());
    }
  }
}

// Of the run that begins now.
Patience Rekognition::patience(const std::string& id, JobLanes::Lane lane) {
  return [this, id, lane, began = with_.settings.uptime()](int percent) -> std::optional<Error> {
    const auto now = with_.settings.uptime();
    {
      std::lock_guard lock(running_mutex_);
      running_[id].percent = percent;
    }
    if (now - began >= with_.settings.job_time) {
      const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(with_.settings.job_time).count();
      return Error{kVisionFailed, "The video was looked at for " + std::to_string(minutes) +
                                      " minutes, the limit of this engine (cumulet up --face-job-limit), without "
                                      "coming to its end."};
    }
    if (lanes_.must_yield(lane, began, now)) return Error{kYielded, "Others wait."};
    return std::nullopt;
  };
}

void Rekognition::run(const std::string& id, JobLanes::Lane lane) {
  const auto found = store_.find(id);
  if (!found.ok() || !found->has_value() || (*found)->status != JobStatus::in_progress) return;
  const Job& job = **found;
  {
    std::lock_guard lock(running_mutex_);
    running_[id] = {id, job.object.bucket.value_or("") + '/' + job.object.name.value_or(""), with_.clock.now(), 0};
  }
  const auto analysis = analyse(job, patience(id, lane));
  {
    std::lock_guard lock(running_mutex_);
    running_.erase(id);
  }
  Result<void> kept;
  if (analysis.ok()) {
    log::info("face job {}: {} faces, detector: {}, recall: {}", id, analysis->faces.size(), analysis->detector,
              analysis->recall);
    kept = store_.succeed(id, analysis->metadata.value_or(VideoMetadata{}), analysis->detector, analysis->recall,
                          analysis->faces);
  } else if (analysis.error().is(kCancelled)) {
    return;  // goes on at the next start
  } else if (analysis.error().is(kYielded)) {
    log::info("face job {}: others wait, it begins again when they had their turn", id);
    lanes_.give_up(id);
    return;
  } else {
    log::warn("face job {}: {}", id, analysis.error().message());
    // AWS's own words where the file is no video it knows; ours where they say more.
    kept = store_.fail(
        id, analysis.error().is(kUnsupportedMedia) ? "Unsupported codec/format." : analysis.error().message(),
        analysis.error().is(kSuperseded) ? kSuperseded.code : std::string_view{});
  }
  if (!kept.ok()) log::error("face job {}: its state cannot be kept: {}", id, kept.error().message());
}

std::vector<Rekognition::Running> Rekognition::running() const {
  std::lock_guard lock(running_mutex_);
  std::vector<Running> out;
  for (const auto& [id, one] : running_) out.push_back(one);
  return out;
}

Result<Analysis> Rekognition::analyse(const Job& job, const Patience& patience) {
  const std::filesystem::path file = with_.settings.folder / job.id;
  const auto object =
      with_.objects.open(job.object.bucket.value_or(""), job.object.name.value_or(""), job.object.version);
  if (!object.ok()) {
    // It was there when the job was started.
    const bool deleted = object.error().code() == "NoSuchKey" || object.error().code() == "NoSuchBucket";
    return Error{deleted ? kSuperseded : kVisionFailed,
                 "Unable to get object from S3. Check object key, region and/or access permissions."};
  }
  if (!job.pin) {
    CUMULET_CHECK(store_.pin(job.id, pin_of(*object)));
  } else if (object->identity != job.pin->identity) {
    return Error{kSuperseded, "The object was replaced after the job was started: nothing was looked at."};
  }
  struct Removal {
    const std::filesystem::path& file;
    ~Removal() {
      std::error_code ignored;
      std::filesystem::remove(file, ignored);
    }
  } removal{file};
  CUMULET_CHECK(materialize(*object, file));
  CUMULET_TRY(Analysis analysis, vision_->video(file, patience));
  if (analysis.metadata && analysis.metadata->duration_millis > kLongestVideoMs) {
    return Error{kVisionFailed, std::string(kVideoTooLargeText)};
  }
  return analysis;
}

}  // namespace cumulet::rekognition
