#include <gtest/gtest.h>

#include <fstream>

#include "base/manual_time.hpp"
#include "services/rekognition/errors.hpp"
#include "services/rekognition/service.hpp"

// A job looks at the object that it was started for, at this very write of it, or at none.
namespace cumulet::rekognition {
namespace {

// A bucket in which every write has an identity of its own, and the text is the ETag.
class Bucket final : public ObjectReader {
 public:
  Result<Object> open(const std::string&, const std::string& key, const std::optional<std::string>&) override {
    std::lock_guard lock(mutex_);
    const auto found = objects_.find(key);
    if (found == objects_.end()) return Error{ErrorKind{"NoSuchKey", 404}, "absent"};
    return found->second;
  }
  void put(const std::string& key, const std::string& text) {
    std::lock_guard lock(mutex_);
    objects_[key] = Object{{text}, text.size(), text, std::to_string(++writes_)};
  }
  void remove(const std::string& key) {
    std::lock_guard lock(mutex_);
    objects_.erase(key);
  }

 private:
  std::mutex mutex_;
  std::map<std::string, Object> objects_;
  int writes_ = 0;
};

// Remembers what it was shown. While held, each look waits before it begins.
class Eyes final : public Vision {
 public:
  Result<Analysis> video(const std::filesystem::path& file, const Patience&) override {
    std::unique_lock lock(mutex_);
    ++begun_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !held_ || cancelled_; });
    if (cancelled_) return Error{kCancelled, "stopping"};
    std::string text;
    std::ifstream(file) >> text;
    seen_.push_back(text);
    Analysis analysis;
    analysis.metadata.emplace();
    return analysis;
  }
  Result<Analysis> image(const std::string&) override { return Error{kBadImage, "none"}; }
  void cancel_all() override {
    std::lock_guard lock(mutex_);
    cancelled_ = true;
    changed_.notify_all();
  }
  void hold() {
    std::lock_guard lock(mutex_);
    held_ = true;
  }
  void wait_until_looking(int jobs) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this, jobs] { return begun_ >= jobs; });
  }
  void release() {
    std::lock_guard lock(mutex_);
    held_ = false;
    changed_.notify_all();
  }
  std::vector<std::string> seen() {
    std::lock_guard lock(mutex_);
    return seen_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool held_ = false, cancelled_ = false;
  int begun_ = 0;
  std::vector<std::string> seen_;
};

class Pins : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "pin_test.XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    database_ = std::move(storage::Database::open(folder_ / "state.db", storage::Durability::ephemeral)).value();
    context_.region = "eu-central-1";
    context_.caller.account = "000000000000";
    bucket_.put("busy.mp4", "busy");
    bucket_.put("film.mp4", "faces");
    start();
  }
  void TearDown() override {
    service_.reset();
    database_.reset();
    std::filesystem::remove_all(folder_);
  }
  // A service with one job at a time in each of its two lanes; what was started before goes on.
  void start(bool held = false) {
    service_.reset();
    auto eyes = std::make_unique<Eyes>();
    eyes_ = eyes.get();
    if (held) eyes_->hold();
    Settings settings;
    settings.folder = folder_ / "jobs";
    settings.concurrency = 2;
    service_ =
        std::make_unique<Rekognition>(Dependencies{*database_, bucket_, time_, random_, settings}, std::move(eyes));
    ASSERT_TRUE(service_->load().ok());
    service_->start();
  }
  std::string begin(const std::string& key) {
    StartFaceDetectionRequest request;
    request.video.s3_object = S3Object{"videos", key, {}};
    const auto started = service_->start_face_detection(context_, request);
    EXPECT_TRUE(started.ok());
    return started.ok() ? started->job_id : "";
  }
  // Keeps both lanes busy, so that a job that is begun now waits.
  void keep_busy() {
    eyes_->hold();
    for (int jobs = 1; jobs <= 2; ++jobs) {
      begin("busy.mp4");
      eyes_->wait_until_looking(jobs);
    }
    time_.advance(Seconds(1));  // they also are the first ones after a restart
  }
  GetFaceDetectionResponse finish(const std::string& job) {
    for (int i = 0; i < 2000; ++i) {
      auto got = service_->get_face_detection(context_, {job, {}, {}});
      EXPECT_TRUE(got.ok());
      if (got.ok() && got->job_status != "IN_PROGRESS") return std::move(got).value();
      std::this_thread::sleep_for(Milliseconds(5));
    }
    ADD_FAILURE() << "the job did not end";
    return {};
  }
  void expect_superseded(const std::string& job) {
    const auto result = finish(job);
    EXPECT_EQ(result.job_status, "FAILED");
    EXPECT_EQ(result.failure_code, "Superseded");
    EXPECT_FALSE(result.status_message.value_or("").empty());
    for (const std::string& text : eyes_->seen()) EXPECT_EQ(text, "busy") << "it looked at another film";
  }

  std::filesystem::path folder_;
  std::unique_ptr<storage::Database> database_;
  Bucket bucket_;
  ManualTime time_;
  SeededRandom random_{1};
  wire::CallContext context_;
  Eyes* eyes_ = nullptr;
  std::unique_ptr<Rekognition> service_;
};

TEST_F(Pins, AnObjectThatIsReplacedBeforeItIsReadIsNotLookedAt) {
  keep_busy();
  const std::string job = begin("film.mp4");
  bucket_.put("film.mp4", "none!");
  eyes_->release();
  expect_superseded(job);
}

// The hole: what was looked at was B, and the ETag that comes back is A's.
TEST_F(Pins, AnObjectThatIsReplacedAndPutBackIsAnother) {
  keep_busy();
  const std::string job = begin("film.mp4");
  bucket_.put("film.mp4", "none!");
  bucket_.put("film.mp4", "faces");
  eyes_->release();
  expect_superseded(job);
}

TEST_F(Pins, AnObjectThatIsDeletedBeforeItIsReadFailsTheJob) {
  keep_busy();
  const std::string job = begin("film.mp4");
  bucket_.remove("film.mp4");
  eyes_->release();
  expect_superseded(job);
}

TEST_F(Pins, ThePinSurvivesARestartAndASweep) {
  keep_busy();
  const std::string job = begin("film.mp4");
  time_.advance(std::chrono::hours(2));  // load() sweeps
  start(true);
  bucket_.put("film.mp4", "none!");
  eyes_->release();
  expect_superseded(job);
}

TEST_F(Pins, WhatIsBeingLookedAtStaysWhatItWas) {
  eyes_->hold();
  const std::string job = begin("film.mp4");
  eyes_->wait_until_looking(1);
  bucket_.put("film.mp4", "none!");
  eyes_->release();
  const auto result = finish(job);
  EXPECT_EQ(result.job_status, "SUCCEEDED");
  EXPECT_EQ(result.video_etag, "faces");
  EXPECT_FALSE(result.failure_code.has_value());
  EXPECT_EQ(eyes_->seen(), std::vector<std::string>{"faces"});
}

// An engine that did not pin yet left this job behind: it says what it looked at all the same.
TEST_F(Pins, AJobWithoutAPinIsPinnedWhenItRuns) {
  keep_busy();
  const std::string job = begin("film.mp4");
  ASSERT_TRUE(database_
                  ->write_blocking([](storage::Transaction& tx) -> Result<void> {
                    tx.run("UPDATE rekognition_job SET etag = NULL, size = NULL, identity = NULL");
                    return {};
                  })
                  .ok());
  bucket_.put("film.mp4", "later");
  start();
  const auto result = finish(job);
  EXPECT_EQ(result.job_status, "SUCCEEDED");
  EXPECT_EQ(result.video_etag, "later");
}

}  // namespace
}  // namespace cumulet::rekognition
