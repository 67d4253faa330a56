#include "services/rekognition/pictures.hpp"

#include <gtest/gtest.h>

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include "services/rekognition/job_lanes.hpp"
#include "services/rekognition/picture_size.hpp"
#include "services/rekognition/picture_testing.hpp"

namespace cumulet::rekognition {
namespace {

namespace asio = boost::asio;

TEST(PictureSizeTest, ReadsHeads) {
  EXPECT_EQ(picture_size(png_head(9000, 8000))->pixels(), 72'000'000u);
  EXPECT_EQ(picture_size(png_head(0xFFFFFFFF, 0xFFFFFFFF))->width, 0xFFFFFFFFu);
  EXPECT_FALSE(picture_size(png_head(0, 10)));
  EXPECT_FALSE(picture_size(png_head(10, 10).substr(0, 23)));
  const std::string jpeg("\xFF\xD8\xFF\xE0\x00\x04xx\xFF\xFF\xC4\x00\x03y\xFF\xC2\x00\x0B\x08\x01\x02\x03\x04\x01", 24);
  ASSERT_TRUE(picture_size(jpeg));
  EXPECT_EQ(picture_size(jpeg)->height, 0x0102u);
  EXPECT_EQ(picture_size(jpeg)->width, 0x0304u);
  for (std::size_t cut = 0; cut < 22; ++cut) EXPECT_FALSE(picture_size(jpeg.substr(0, cut))) << cut;
  EXPECT_FALSE(picture_size("GIF89a\x10\x10\x10\x10 and more bytes than a head"));
  EXPECT_FALSE(picture_size("\xFF\xD8\xFF no marker follows here, of all things"));
}

// Looks for as long as it is told to, and counts.
class HeldVision final : public Vision {
 public:
  Result<Analysis> video(const std::filesystem::path&, const Patience&) override { return Analysis{}; }
  Result<Analysis> image(const std::string& bytes) override {
    std::unique_lock lock(mutex);
    const std::uint64_t pixels = picture_size(bytes)->pixels();
    ++seen;
    in_flight += pixels;
    most_in_flight = std::max(most_in_flight, in_flight);
    changed.notify_all();
    changed.wait(lock, [&] { return !held || pixels < 1'000'000; });
    in_flight -= pixels;
    return Analysis{};
  }
  void cancel_all() override { release(); }
  void release() {
    std::lock_guard lock(mutex);
    held = false;
    changed.notify_all();
  }
  void wait_until_seen(int count) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return seen >= count; });
  }

  std::mutex mutex;
  std::condition_variable changed;
  bool held = true;
  int seen = 0;
  std::uint64_t in_flight = 0, most_in_flight = 0;
};

class PicturesTest : public testing::Test {
 protected:
  void TearDown() override {
    vision_.cancel_all();
    pictures_.reset();
  }
  void start(Pictures::Limits limits = {}) { pictures_ = std::make_unique<Pictures>(limits, vision_); }
  std::future<Result<Analysis>> look(std::string bytes) {
    auto looking = pictures_->look(std::move(bytes));
    return spawn_in(io_, std::move(looking));
  }
  std::future<Result<Analysis>> look_at(Pictures::Read read) {
    auto looking = pictures_->look_at(std::move(read));
    return spawn_in(io_, std::move(looking));
  }
  // Runs what waits on the caller's side until the answer is there.
  Result<Analysis> answer(std::future<Result<Analysis>>& future) {
    while (future.wait_for(std::chrono::seconds(0)) != std::future_status::ready) io_.run_one();
    return future.get();
  }

  asio::io_context io_;
  asio::executor_work_guard<asio::io_context::executor_type> work_ = asio::make_work_guard(io_);
  HeldVision vision_;
  std::unique_ptr<Pictures> pictures_;
};

TEST_F(PicturesTest, OneLargePictureAtATimeAndSmallOnesPassIt) {
  start();
  std::vector<std::future<Result<Analysis>>> large;
  for (int i = 0; i < 8; ++i) large.push_back(look(png_head(9000, 9000)));
  for (int i = 0; i < 8; ++i) large.push_back(look_at([] { return Result<std::string>(png_head(9000, 9000)); }));
  for (int i = 0; i < 20; ++i) {
    auto small = look(png_head(100, 100));
    EXPECT_TRUE(answer(small).ok());
  }
  vision_.release();
  for (auto& one : large) EXPECT_TRUE(answer(one).ok());
  EXPECT_EQ(vision_.seen, 36);
  EXPECT_LE(vision_.most_in_flight, 81'000'000u + 10'000u);
}

TEST_F(PicturesTest, WhatIsNoPictureOrTooLargeIsNotLookedAt) {
  start();
  auto text = look("This is no picture, whatever its name says.");
  EXPECT_TRUE(answer(text).error().is(kBadImage));
  auto wide = look(png_head(10'001, 80));
  EXPECT_TRUE(answer(wide).error().is(kBigImage));
  auto unreadable = look_at([] { return Result<std::string>(Error{kVisionFailed, "no disk"}); });
  EXPECT_EQ(answer(unreadable).error().message(), "no disk");
  EXPECT_EQ(vision_.seen, 0);
}

TEST_F(PicturesTest, WaitingIsBoundedByNumberAndBytes) {
  Pictures::Limits limits;
  limits.most_waiting = 3;
  start(limits);
  std::vector<std::future<Result<Analysis>>> waiting;
  waiting.push_back(look(png_head(9000, 9000)));
  io_.poll();
  vision_.wait_until_seen(1);
  for (int i = 0; i < 4; ++i) waiting.push_back(look(png_head(9000, 9000)));
  auto& refused = waiting.back();
  EXPECT_TRUE(answer(refused).error().is(kTooManyPictures));
  waiting.pop_back();
  vision_.release();
  for (auto& one : waiting) EXPECT_TRUE(answer(one).ok());

  limits.most_waiting = 100;
  limits.most_waiting_bytes = 1'000;
  start(limits);
  auto huge = look(png_head(100, 100) + std::string(1'000, 'x'));
  EXPECT_TRUE(answer(huge).error().is(kTooManyPictures));
  for (int i = 0; i < 3; ++i) {  // the place is free again after each
    auto one = look(png_head(100, 100) + std::string(900, 'x'));
    EXPECT_TRUE(answer(one).ok());
  }
}

TEST_F(PicturesTest, NothingIsLookedAtForAClientThatLeft) {
  start();
  auto first = look(png_head(9000, 9000));
  io_.poll();
  vision_.wait_until_seen(1);
  asio::cancellation_signal left;
  auto looking = pictures_->look(png_head(9000, 9000));
  auto result = spawn_in(io_, std::move(looking), left.slot());
  io_.poll();
  left.emit(asio::cancellation_type::terminal);
  io_.poll();
  EXPECT_TRUE(result.get().error().is(kCancelled));
  vision_.release();
  EXPECT_TRUE(answer(first).ok());
  auto last = look(png_head(9000, 9000));
  EXPECT_TRUE(answer(last).ok());
  EXPECT_EQ(vision_.seen, 2);
}

TEST(JobLanesTest, AQuickJobYieldsAfterItsShareWhenOthersWait) {
  using Lane = JobLanes::Lane;
  JobLanes lanes;
  const JobLanes::SteadyTime began{};
  const auto later = began + JobLanes::kQuickShare;
  lanes.add("film");
  EXPECT_EQ(lanes.next(Lane::quick), "film");
  EXPECT_FALSE(lanes.must_yield(Lane::quick, began, later)) << "nobody waits";
  lanes.add("short");
  EXPECT_FALSE(lanes.must_yield(Lane::quick, began, later - std::chrono::seconds(1)));
  EXPECT_TRUE(lanes.must_yield(Lane::quick, began, later));
  EXPECT_FALSE(lanes.must_yield(Lane::patient, began, later + std::chrono::hours(5)));
  lanes.give_up("film");
  EXPECT_EQ(lanes.waiting(), 2u);
  EXPECT_EQ(lanes.next(Lane::quick), "short");
  lanes.add("second");
  EXPECT_EQ(lanes.next(Lane::patient), "film") << "its own first";
  EXPECT_EQ(lanes.next(Lane::patient), "second") << "then it helps";
  lanes.stop();
  EXPECT_EQ(lanes.next(Lane::quick), std::nullopt);
}

}  // namespace
}  // namespace cumulet::rekognition
