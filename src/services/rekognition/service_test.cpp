#include "services/rekognition/service.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <cmath>
#include <fstream>
#include <sstream>

#include "base/manual_time.hpp"
#include "services/rekognition/errors.hpp"
#include "services/rekognition/face_record.hpp"
#include "services/rekognition/materialize.hpp"
#include "services/rekognition/picture_testing.hpp"
#include "services/rekognition/vision_answer.hpp"

namespace cumulet::rekognition {
namespace {

class Objects final : public ObjectReader {
 public:
  Result<Object> open(const std::string& bucket, const std::string& key, const std::optional<std::string>&) override {
    const auto found = objects.find(bucket + "/" + key);
    if (found == objects.end()) return Error{kInternalFailure, "absent"};
    return found->second;
  }
  void put(const std::string& name, const std::string& bytes) { objects[name] = Object{{bytes}, bytes.size()}; }
  std::map<std::string, Object> objects;
};

// Sees as many faces as the file's text says; waits while `held`. A "film" takes as long as it may.
class FakeVision final : public Vision {
 public:
  Result<Analysis> video(const std::filesystem::path& file, const Patience& patience) override {
    {
      std::unique_lock lock(mutex);
      ++runs;
      changed.notify_all();
      changed.wait(lock, [this] { return !held || cancelled; });
      if (cancelled) return Error{kCancelled, "stopping"};
    }
    std::ifstream in(file);
    std::string text;
    in >> text;
    while (text == "film") {
      if (const auto ended = patience(50)) return *ended;
      std::unique_lock lock(mutex);
      if (cancelled) return Error{kCancelled, "stopping"};
      changed.wait_for(lock, Milliseconds(1));
    }
    if (text == "text") return Error{kUnsupportedMedia, "The file is not an MP4 or MOV video."};
    if (text == "damaged") return Error{kDamagedMedia, "The video is damaged at frame 100: it cannot be decoded."};
    Analysis analysis;
    analysis.detector = "YuNet 2023mar";
    analysis.recall = "full";
    analysis.metadata = VideoMetadata{"h264", 8640, "QuickTime / MOV", 25, 360, 640, "LIMITED"};
    for (int i = 0; i < std::atoi(text.c_str()); ++i) {
      analysis.faces.push_back(json::array{i * 80, 91.5, 0.1, 0.2, 0.3, 0.4});
    }
    return analysis;
  }
  Result<Analysis> image(const std::string&) override {
    Analysis analysis;
    analysis.detector = "YuNet 2023mar";
    analysis.recall = "full";
    analysis.faces.push_back(json::array{0,    91.5, 0.1,  0.2, 0.3, 0.4,  1,    2,    3,    50,  60,
                                         0.15, 0.3,  0.25, 0.3, 0.2, 0.35, 0.16, 0.45, 0.24, 0.45});
    return analysis;
  }
  void cancel_all() override {
    std::lock_guard lock(mutex);
    cancelled = true;
    changed.notify_all();
  }
  void wait_for_run() {
    std::unique_lock lock(mutex);
    changed.wait(lock, [this] { return runs > 0; });
  }
  void release() {
    std::lock_guard lock(mutex);
    held = false;
    changed.notify_all();
  }

  std::mutex mutex;
  std::condition_variable changed;
  bool held = false;
  bool cancelled = false;
  int runs = 0;
};

const Patience kForever = [](int) { return std::nullopt; };

class RekognitionTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "rekognition_test.XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    auto database = storage::Database::open(folder_ / "state.db", storage::Durability::ephemeral);
    ASSERT_TRUE(database.ok());
    database_ = std::move(database).value();
    context_.region = "eu-central-1";
    context_.caller.account = "000000000000";
    objects_.put("videos/a.mp4", "3");
    objects_.put("videos/b.mp4", "3");
  }
  void TearDown() override {
    service_.reset();
    database_.reset();
    std::filesystem::remove_all(folder_);
  }

  void start(bool held = false) {
    service_.reset();
    auto vision = std::make_unique<FakeVision>();
    vision_ = vision.get();
    vision_->held = held;
    Settings settings;
    settings.folder = folder_ / "jobs";
    settings.concurrency = 2;
    settings.job_time = std::chrono::minutes(90);
    settings.uptime = [this] { return JobLanes::SteadyTime(Seconds(uptime_seconds_)); };
    service_ =
        std::make_unique<Rekognition>(Dependencies{*database_, objects_, time_, random_, settings}, std::move(vision));
    ASSERT_TRUE(service_->load().ok());
    service_->start();
  }
  static StartFaceDetectionRequest request(const std::string& key, std::optional<std::string> token = {}) {
    StartFaceDetectionRequest request;
    request.video.s3_object = S3Object{"videos", key, {}};
    request.client_request_token = std::move(token);
    return request;
  }
  std::string begin(const StartFaceDetectionRequest& request) {
    const auto started = service_->start_face_detection(context_, request);
    EXPECT_TRUE(started.ok()) << started.error().message();
    return started.ok() ? started->job_id : "";
  }
  Result<GetFaceDetectionResponse> get(const std::string& job, std::optional<int> max = {},
                                       std::optional<std::string> token = {}) {
    return service_->get_face_detection(context_, {job, max, std::move(token)});
  }
  // Waits until the job is over.
  GetFaceDetectionResponse finish(const std::string& job) {
    for (int i = 0; i < 12'000; ++i) {
      auto got = get(job);
      EXPECT_TRUE(got.ok());
      if (got.ok() && got->job_status != "IN_PROGRESS") return std::move(got).value();
      std::this_thread::sleep_for(Milliseconds(5));
    }
    ADD_FAILURE() << "the job did not end";
    return {};
  }

  Result<DetectFacesResponse> detect(DetectFacesRequest request) {
    auto operation = service_->detect_faces(context_, std::move(request));
    auto answer = spawn_in(io_, std::move(operation));
    while (answer.wait_for(Seconds(0)) != std::future_status::ready) io_.run_one();
    return answer.get();
  }

  boost::asio::io_context io_;  // goes after the service, whose threads post to it
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_ = boost::asio::make_work_guard(io_);
  std::filesystem::path folder_;
  std::atomic<int> uptime_seconds_{1000};
  std::unique_ptr<storage::Database> database_;
  Objects objects_;
  ManualTime time_;
  SeededRandom random_{1};
  wire::CallContext context_;
  FakeVision* vision_ = nullptr;
  std::unique_ptr<Rekognition> service_;
};

TEST_F(RekognitionTest, AJobFindsFaces) {
  start();
  const auto result = finish(begin(request("a.mp4")));
  EXPECT_EQ(result.job_status, "SUCCEEDED");
  ASSERT_EQ(result.faces.size(), 3U);
  EXPECT_EQ(result.faces[1].timestamp, 80);
  EXPECT_FLOAT_EQ(result.faces[1].face.bounding_box.width, 0.3F);
  EXPECT_EQ(result.video_metadata->codec, "h264");
  EXPECT_EQ(result.video_metadata->duration_millis, 8640);
  EXPECT_EQ(result.detector, "YuNet 2023mar");
  EXPECT_EQ(result.recall, "full");
  EXPECT_FALSE(result.next_token.has_value());
  EXPECT_TRUE(std::filesystem::is_empty(folder_ / "jobs"));
}

TEST_F(RekognitionTest, TwoHundredAndFiftyFacesArriveExactlyOnce) {
  objects_.put("videos/many.mp4", "250");
  start();
  const std::string job = begin(request("many.mp4"));
  finish(job);
  std::vector<std::int64_t> times;
  std::vector<std::size_t> pages;
  std::optional<std::string> token = "";  // an empty token means the first page
  for (int page = 0; page < 10 && token; ++page) {
    const auto got = get(job, 100, token);
    ASSERT_TRUE(got.ok());
    pages.push_back(got->faces.size());
    for (const FaceDetection& face : got->faces) times.push_back(face.timestamp);
    token = got->next_token;
  }
  EXPECT_EQ(pages, (std::vector<std::size_t>{100, 100, 50}));
  ASSERT_EQ(times.size(), 250U);
  for (std::size_t i = 0; i < 250; ++i) EXPECT_EQ(times[i], static_cast<std::int64_t>(i) * 80);
  EXPECT_EQ(get(job)->faces.size(), 250U);
  EXPECT_FALSE(get(job, 250)->next_token.has_value());
}

// Fewer faces, or others, than were found would be faces that nobody covers.
TEST_F(RekognitionTest, DamagedResultsAreErrors) {
  objects_.put("videos/many.mp4", "250");
  start();
  for (const char* damage :
       {"UPDATE rekognition_faces SET records = records || ' ' WHERE first = 0",
        "DELETE FROM rekognition_faces WHERE first = 200", "UPDATE rekognition_faces SET first = 201 WHERE first = 200",
        "UPDATE rekognition_job SET faces = 122", "UPDATE rekognition_job SET faces = 0"}) {
    const std::string job = begin(request("many.mp4"));
    ASSERT_EQ(finish(job).faces.size(), 250U);
    ASSERT_TRUE(database_
                    ->write_blocking([&](storage::Transaction& tx) -> Result<void> {
                      tx.run(damage);
                      return {};
                    })
                    .ok());
    EXPECT_FALSE(get(job).ok()) << damage;
    ASSERT_TRUE(database_
                    ->write_blocking([](storage::Transaction& tx) -> Result<void> {
                      tx.run("DELETE FROM rekognition_job");
                      tx.run("DELETE FROM rekognition_faces");
                      return {};
                    })
                    .ok());
  }
}

TEST_F(RekognitionTest, AtMostAThousandAPage) {
  objects_.put("videos/many.mp4", "1001");
  start();
  const std::string job = begin(request("many.mp4"));
  finish(job);
  const auto page = get(job, 5000);
  EXPECT_EQ(page->faces.size(), 1000U);
  EXPECT_EQ(get(job, 5000, page->next_token)->faces.size(), 1U);
}

TEST_F(RekognitionTest, ForeignAndForgedTokensAreRefused) {
  objects_.put("videos/many.mp4", "250");
  start();
  const std::string job = begin(request("many.mp4")), other = begin(request("a.mp4"));
  finish(job);
  finish(other);
  const auto token = get(job, 100)->next_token;
  for (const auto& [of, bad] :
       {std::pair{other, *token}, {job, std::string("x")}, {job, std::string("MTAw")}, {job, *token + "A"}}) {
    const auto got = get(of, 100, bad);
    ASSERT_FALSE(got.ok());
    EXPECT_TRUE(got.error().is(kInvalidPaginationToken));
  }
}

TEST_F(RekognitionTest, AClientRequestTokenIsIdempotent) {
  start();
  const std::string job = begin(request("a.mp4", "token"));
  EXPECT_EQ(begin(request("a.mp4", "token")), job);
  EXPECT_NE(begin(request("a.mp4")), job);
  const auto other = service_->start_face_detection(context_, request("b.mp4", "token"));
  ASSERT_FALSE(other.ok());
  EXPECT_TRUE(other.error().is(kIdempotentParameterMismatch));
}

TEST_F(RekognitionTest, AnObjectThatIsNotThere) {
  start();
  const auto started = service_->start_face_detection(context_, request("absent.mp4"));
  ASSERT_FALSE(started.ok());
  EXPECT_EQ(started.error().code(), "InvalidS3ObjectException");
  EXPECT_EQ(started.error().message(),
            "Unable to get object metadata from S3. Check object key, region and/or access permissions.");
}

TEST_F(RekognitionTest, TooLargeAVideo) {
  objects_.objects["videos/large.mp4"] = Object{{}, (10ULL << 30) + 1};
  start();
  EXPECT_TRUE(service_->start_face_detection(context_, request("large.mp4")).error().is(kVideoTooLarge));
}

TEST_F(RekognitionTest, AFileThatIsNoVideoFailsTheJobAndNotTheEngine) {
  objects_.put("videos/text.mp4", "text");
  objects_.put("videos/damaged.mp4", "damaged");
  start();
  const auto text = finish(begin(request("text.mp4")));
  EXPECT_EQ(text.job_status, "FAILED");
  EXPECT_EQ(text.status_message, "Unsupported codec/format.");
  const auto damaged = finish(begin(request("damaged.mp4")));
  EXPECT_EQ(damaged.job_status, "FAILED");
  EXPECT_NE(damaged.status_message->find("frame 100"), std::string::npos);
  EXPECT_EQ(finish(begin(request("a.mp4"))).job_status, "SUCCEEDED");
}

TEST_F(RekognitionTest, JobsGoOnAfterARestart) {
  start(true);
  const std::string job = begin(request("a.mp4"));
  vision_->wait_for_run();
  EXPECT_EQ(get(job)->job_status, "IN_PROGRESS");
  start();
  EXPECT_EQ(finish(job).faces.size(), 3U);
  start();
  EXPECT_EQ(get(job)->faces.size(), 3U);
  EXPECT_EQ(vision_->runs, 0);
}

TEST_F(RekognitionTest, NoMoreJobsAtATimeThanAllowed) {
  start(true);
  std::vector<std::string> jobs;
  for (int i = 0; i < 5; ++i) jobs.push_back(begin(request("a.mp4")));
  vision_->wait_for_run();
  {
    std::unique_lock lock(vision_->mutex);
    vision_->changed.wait(lock, [this] { return vision_->runs == 2; });
    EXPECT_FALSE(vision_->changed.wait_for(lock, Milliseconds(50), [this] { return vision_->runs > 2; }));
  }
  vision_->release();
  for (const std::string& job : jobs) EXPECT_EQ(finish(job).job_status, "SUCCEEDED");
}

// Two films fill both lanes; the one in the quick lane makes room when its minute is over.
TEST_F(RekognitionTest, FilmsDoNotHoldUpAShortVideo) {
  objects_.put("videos/film.mp4", "film");
  start();
  const std::string films[] = {begin(request("film.mp4")), begin(request("film.mp4"))};
  {
    std::unique_lock lock(vision_->mutex);
    vision_->changed.wait(lock, [this] { return vision_->runs == 2; });
  }
  const std::string video = begin(request("a.mp4"));
  EXPECT_EQ(get(video)->job_status, "IN_PROGRESS");
  uptime_seconds_ += 61;
  EXPECT_EQ(finish(video).job_status, "SUCCEEDED");
  EXPECT_EQ(finish(begin(request("b.mp4"))).job_status, "SUCCEEDED");
  for (const std::string& film : films) EXPECT_EQ(get(film)->job_status, "IN_PROGRESS");
  // The film that gave way is not lost: it runs when the other one is at its limit, and after a restart.
  start();
  uptime_seconds_ += 90 * 60;
  for (const std::string& film : films) {
    for (int i = 0; i < 100 && get(film)->job_status == "IN_PROGRESS"; ++i) {
      uptime_seconds_ += 90 * 60;
      std::this_thread::sleep_for(Milliseconds(10));
    }
    EXPECT_EQ(get(film)->job_status, "FAILED");
  }
}

TEST_F(RekognitionTest, AJobOverItsTimeFailsAndSaysSo) {
  objects_.put("videos/film.mp4", "film");
  start();
  const std::string film = begin(request("film.mp4"));
  vision_->wait_for_run();
  uptime_seconds_ += 90 * 60 - 1;
  EXPECT_EQ(get(film)->job_status, "IN_PROGRESS");
  uptime_seconds_ += 1;
  const auto result = finish(film);
  EXPECT_EQ(result.job_status, "FAILED");
  EXPECT_EQ(result.status_message,
            "The video was looked at for 90 minutes, the limit of this engine (cumulet up --face-job-limit), without "
            "coming to its end.");
}

TEST_F(RekognitionTest, AThousandJobsWaitAndNoMore) {
  start(true);
  for (int i = 0; i < 1002; ++i) begin(request("a.mp4"));  // two run
  const auto refused = service_->start_face_detection(context_, request("a.mp4"));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), "LimitExceededException");
}

TEST_F(RekognitionTest, ResultsAreKeptSevenDays) {
  start();
  const std::string job = begin(request("a.mp4"));
  finish(job);
  time_.advance(std::chrono::hours(24 * 7) - Seconds(1));
  EXPECT_TRUE(get(job).ok());
  time_.advance(Seconds(2));
  EXPECT_TRUE(get(job).error().is(kResourceNotFound));
  start();  // sweeps
  const auto rows = database_->write_value_blocking<std::int64_t>([](storage::Transaction& tx) -> Result<std::int64_t> {
    auto count = tx.prepare("SELECT (SELECT count(*) FROM rekognition_job) + (SELECT count(*) FROM rekognition_faces)");
    count.step();
    return count.integer(0);
  });
  EXPECT_EQ(*rows, 0);
}

TEST_F(RekognitionTest, JobsBelongToTheirRegionAndAccount) {
  start();
  const std::string job = begin(request("a.mp4"));
  finish(job);
  context_.region = "us-east-1";
  EXPECT_EQ(get(job).error().code(), "ResourceNotFoundException");
  context_.region = "eu-central-1";
  context_.caller.account = "111111111111";
  EXPECT_FALSE(get(job).ok());
}

TEST_F(RekognitionTest, DetectFacesInBytesAndObjects) {
  objects_.put("videos/a.png", png_head(640, 360));
  start();
  DetectFacesRequest request;
  request.image.bytes = wire::Blob{png_head(640, 360)};
  const auto found = detect(request);
  ASSERT_TRUE(found.ok());
  ASSERT_EQ(found->face_details.size(), 1U);
  EXPECT_EQ(found->face_details[0].landmarks->at(2).type, "nose");
  EXPECT_FLOAT_EQ(found->face_details[0].quality->sharpness, 60);
  EXPECT_FLOAT_EQ(found->face_details[0].pose->pitch, 3);

  request.image.s3_object = S3Object{"videos", "a.png", {}};
  EXPECT_TRUE(detect(request).error().is(kInvalidParameter));  // both
  request.image.bytes.reset();
  EXPECT_TRUE(detect(request).ok());
  request.image.s3_object->name = "absent.jpg";
  EXPECT_TRUE(detect(request).error().is(kInvalidS3Object));
  request.image = {};
  EXPECT_TRUE(detect(request).error().is(kInvalidParameter));
  request.image.bytes = wire::Blob{"text"};
  EXPECT_EQ(detect(request).error().message(), "Request has invalid image format");
  objects_.objects["videos/large.jpg"] = Object{{}, (15U << 20) + 1};
  request.image.bytes.reset();
  request.image.s3_object = S3Object{"videos", "large.jpg", {}};
  EXPECT_TRUE(detect(request).error().is(kImageTooLarge));
}

TEST_F(RekognitionTest, FaceRecordsAreChecked) {
  EXPECT_TRUE(is_face_record(json::array{0, 1, 2, 3, 4, 5}));
  EXPECT_FALSE(is_face_record(json::array{0, 1, 2, 3, 4}));
  EXPECT_FALSE(is_face_record(json::array{0, 1, 2, 3, 4, "5"}));
  EXPECT_FALSE(is_face_record(json::array{0, 1, 2, 3, 4, nullptr}));
  EXPECT_FALSE(is_face_record(json::object{}));
  EXPECT_FALSE(is_face_record(json::array{0.5, 1, 2, 3, 4, 5})) << "whole milliseconds";
  EXPECT_FALSE(is_face_record(json::array{1e300, 1, 2, 3, 4, 5}));
  EXPECT_FALSE(is_face_record(json::array{UINT64_MAX, 1, 2, 3, 4, 5}));
  EXPECT_FALSE(is_face_record(json::array{0, 1, 1e300, 3, 4, 5})) << "no float";
  EXPECT_FALSE(is_face_record(*json::parse("[0, 1, 2, 3, 4, -1e400]")));
}

Result<Analysis> analysis_of(std::string_view lines, process::ExitStatus status = {}) {
  VisionAnswer answer;
  answer.take(lines);
  return std::move(answer).result(status);
}

TEST(VisionAnswer, NumbersThatNobodyCanHoldAreBounded) {
  const auto analysis = analysis_of(
      "{\"event\":\"video\",\"frame_rate\":1e400,\"width\":-1e300,\"height\":1e19,\"duration_ms\":1e400}\n"
      "{\"event\":\"done\",\"duration_ms\":1e300}\n");
  ASSERT_TRUE(analysis.ok()) << analysis.error().message();
  EXPECT_TRUE(std::isfinite(analysis->metadata->frame_rate));
  EXPECT_EQ(analysis->metadata->frame_width, 0);
  EXPECT_EQ(analysis->metadata->frame_height, 1'000'000'000'000'000);
  EXPECT_EQ(analysis->metadata->duration_millis, 1'000'000'000'000'000);
}

TEST(VisionAnswer, NonsenseIsNotTakenBack) {
  const std::string nonsense = "The process looking at the media answered nonsense.";
  EXPECT_EQ(analysis_of("nonsense\n{\"event\":\"done\"}\n").error().message(), nonsense);
  EXPECT_EQ(analysis_of("{\"event\":\"faces\",\"faces\":[[0.5,1,2,3,4,5]]}\n{\"event\":\"done\"}\n").error().message(),
            nonsense);
  EXPECT_EQ(analysis_of("nonsense\n{\"event\":\"failed\",\"code\":\"DamagedMedia\"}\n").error().message(), nonsense);
  EXPECT_TRUE(analysis_of("{\"event\":\"failed\",\"code\":\"DamagedMedia\"}\nnonsense\n").error().is(kDamagedMedia));
  EXPECT_TRUE(analysis_of("{\"event\":\"done\"}").error().is(kVisionFailed)) << "without its end";
}

TEST_F(RekognitionTest, ObjectsOfSeveralPiecesBecomeOneFile) {
  const auto part = folder_ / "part";
  std::ofstream(part) << "0123456789";
  const auto open_part = [&] { return std::make_shared<http::OpenFile>(::open(part.c_str(), 0)); };
  const Object object{{http::FileRange{open_part(), 2, 3}, std::string("abc"), http::FileRange{open_part(), 0, 10}},
                      16};
  ASSERT_TRUE(materialize(object, folder_ / "whole").ok());
  std::ostringstream text;
  text << std::ifstream(folder_ / "whole").rdbuf();
  EXPECT_EQ(text.str(), "234abc0123456789");
  EXPECT_EQ(*bytes_of(object), "234abc0123456789");

  ASSERT_TRUE(materialize(Object{{http::FileRange{open_part(), 0, 10}}, 10}, folder_ / "linked").ok());
  EXPECT_EQ(std::filesystem::hard_link_count(part), 2U);  // not a copy
}

// The real program in its sandbox.
TEST_F(RekognitionTest, TheSandboxedProgramFindsRealFaces) {
  const char* named = std::getenv("CUMULET_SHARED");
  const std::filesystem::path shared =
      named != nullptr ? named : std::filesystem::path(__FILE__).parent_path() / "../../../../shared";
  const auto sample = shared / "media/sample-video.mp4", model = shared / "models/face_detection_yunet_2023mar.onnx";
  if (!std::filesystem::exists(CUMULET_VISION_PROGRAM)) GTEST_SKIP() << "cumulet-vision is not built";
  if (!std::filesystem::exists(sample) || !std::filesystem::exists(model)) {
    GTEST_SKIP() << "the shared sample video or model is not here: no real detection was run";
  }
  if (const auto why = process::unavailable()) GTEST_SKIP() << "no sandbox here: " << *why;
  // What lies in the hidden folder is shown where it is the video itself.
  std::filesystem::copy_file(sample, folder_ / "video");
  const auto vision = make_sandboxed_vision({CUMULET_VISION_PROGRAM, model, {folder_}});
  const auto analysis = vision->video(folder_ / "video", kForever);
  ASSERT_TRUE(analysis.ok()) << analysis.error().message();
  EXPECT_GT(analysis->faces.size(), 300U);
  EXPECT_EQ(analysis->detector, "YuNet 2023mar");
  EXPECT_EQ(analysis->metadata->frame_width, 640);

  std::ofstream(folder_ / "text.mp4") << "no video";
  EXPECT_TRUE(vision->video(folder_ / "text.mp4", kForever).error().is(kUnsupportedMedia));
  EXPECT_TRUE(vision->image("no picture").error().is(kBadImage));
}

TEST_F(RekognitionTest, APictureThatTakesTooLongIsGivenUp) {
  if (const auto why = process::unavailable()) GTEST_SKIP() << "no sandbox here: " << *why;
  std::ofstream(folder_ / "slow") << "#!/bin/sh\nexec sleep 600\n";
  std::filesystem::permissions(folder_ / "slow", std::filesystem::perms(0755));  // the child is another user
  VisionSettings settings{folder_ / "slow", {}, {}};
  settings.picture_time = Milliseconds(1);
  EXPECT_TRUE(make_sandboxed_vision(settings)->image("x").error().is(kBadImage));
}

TEST_F(RekognitionTest, AVideoThatSaysItIsTooLongIsNotLookedAt) {
  if (const auto why = process::unavailable()) GTEST_SKIP() << "no sandbox here: " << *why;
  std::ofstream(folder_ / "long")
      << "#!/bin/sh\necho '{\"event\":\"video\",\"duration_ms\":21600001}'\nexec sleep 600\n";
  std::filesystem::permissions(folder_ / "long", std::filesystem::perms(0755));  // the child is another user
  std::ofstream(folder_ / "video") << "x";
  const auto vision = make_sandboxed_vision({folder_ / "long", {}, {}});
  EXPECT_EQ(vision->video(folder_ / "video", kForever).error().message(), kVideoTooLargeText);
}

TEST_F(RekognitionTest, AProgramThatCrashesIsAnErrorNotAnEnd) {
  if (const auto why = process::unavailable()) GTEST_SKIP() << "no sandbox here: " << *why;
  for (const char* program : {"/bin/false", "/bin/cat"}) {
    const auto vision = make_sandboxed_vision({program, {}, {}});
    EXPECT_TRUE(vision->image("x").error().is(kVisionFailed)) << program;
  }
}

}  // namespace
}  // namespace cumulet::rekognition
