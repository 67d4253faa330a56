#include "vision/pipeline/blur_video.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "vision/media/errors.hpp"
#include "vision/media/media_reader.hpp"
#include "vision/media/media_writer.hpp"
#include "vision/media/yuv420.hpp"

namespace cumulet::vision {
namespace {

// Two programs may take the length of a video for slightly different.
Result<void> check_duration(std::int64_t duration_ms, std::optional<std::int64_t> expected_ms) {
  constexpr std::int64_t kTolerance = 1000;
  if (!expected_ms || std::abs(duration_ms - *expected_ms) <= std::max(kTolerance, *expected_ms / 100)) return {};
  return Error{kDamagedMedia, "The video is not the one in which the faces were found: it lasts " +
                                  std::to_string(duration_ms) + " ms, that one lasted " + std::to_string(*expected_ms) +
                                  " ms."};
}

MediaReader::Streams streams_for(const Carry& carry) {
  const bool everything = carry.data_streams || carry.cover_art || carry.other_video;
  return everything ? MediaReader::Streams::all : MediaReader::Streams::with_sound_and_subtitles;
}

// Covers frames, has them looked at again and hands them to the encoder.
class Covering {
 public:
  Covering(const MediaReader& reader, MediaWriter& writer, const BlurOptions& options,
           std::unique_ptr<FaceDetector> detector, const std::function<void(double)>& progress)
      : writer_(writer),
        painter_(options.look, reader.info()),
        verifier_(options.verification, std::move(detector),
                  options.detector ? options.detector->certain_confidence() : 0, reader.info(), painter_),
        progress_(progress) {
    report_.duration_ms = reader.info().duration_ms;
  }

  Result<void> frame(av::Frame frame, std::int64_t time_ms, std::vector<Placement> covers) {
    if (!covers.empty() && av_frame_make_writable(frame.get()) < 0) {
      return Error{kWriteFailed, "There is not enough memory for a frame."};
    }
    std::erase_if(covers, [&](const Placement& cover) { return !painter_.paint(*frame, cover); });
    painter_.next_frame();
    CUMULET_CHECK(verifier_.add({std::move(frame), report_.frames, time_ms, std::move(covers)}));
    ++report_.frames;
    CUMULET_CHECK(write(Verifier::Take::done));
    const int reached = report_.duration_ms > 0
                            ? static_cast<int>(std::clamp<std::int64_t>(100 * time_ms / report_.duration_ms, 0, 99))
                            : 0;
    if (progress_ && reached > percent_) progress_((percent_ = reached) / 100.0);
    return {};
  }

  Result<BlurReport> commit() {
    CUMULET_CHECK(write(Verifier::Take::all));
    CUMULET_CHECK(writer_.commit());
    if (progress_) progress_(1);
    report_.verification = verifier_.report();
    return report_;
  }

 private:
  Result<void> write(Verifier::Take which) {
    while (auto done = verifier_.take(which)) {
      report_.covered_frames += done->covers.empty() ? 0 : 1;
      CUMULET_CHECK(writer_.write_frame(*done->frame));
    }
    return {};
  }

  MediaWriter& writer_;
  CoverPainter painter_;
  Verifier verifier_;
  const std::function<void(double)>& progress_;
  BlurReport report_;
  int percent_ = -1;
};

Result<std::unique_ptr<FaceDetector>> verifying_detector(const BlurOptions& options) {
  if (!options.detector || options.verification == Verification::off) return std::unique_ptr<FaceDetector>();
  return make_detector(*options.detector);
}

// Whether the faces come from looks that were close in time and were followed already.
bool are_tracks(const std::vector<TimedFace>& faces) {
  return std::all_of(faces.begin(), faces.end(), [](const TimedFace& timed) { return timed.track > 0; });
}

// What the plan knows of places where nothing was followed.
void add_planned(std::vector<Placement>& covers, std::vector<Placement> planned) {
  constexpr double kCovered = 0.6;                // nearness
  constexpr std::int64_t kApart = 1'000'000'000;  // the plan's tracks are others than those that were followed
  for (Placement& one : planned) {
    const bool covered = std::any_of(covers.begin(), covers.end(), [&](const Placement& cover) {
      return cover.track < kApart && nearness(cover.oval, one.oval) > kCovered;
    });
    if (covered) continue;
    one.track += kApart;
    covers.push_back(std::move(one));
  }
}

Result<BlurReport> blur(const std::string& in, const std::string& out, const FinderOptions& find, const CoverPlan* plan,
                        const BlurOptions& options, const std::function<void(double)>& progress) {
  CUMULET_TRY(const auto finder, FaceFinder::open(in, find));
  const MediaReader& reader = finder->reader();
  CUMULET_TRY(const auto writer, MediaWriter::create(reader, out, options.encode));
  CUMULET_TRY(auto detector, verifying_detector(options));
  Covering covering(reader, *writer, options, std::move(detector), progress);
  for (;;) {
    CUMULET_TRY(FaceFinder::Item item, finder->next());
    if (item.packet) {
      CUMULET_CHECK(writer->copy_packet(*item.packet));
      continue;
    }
    if (!item.frame) break;
    if (plan != nullptr) add_planned(item.covers, plan->at(item.time_ms));
    CUMULET_CHECK(covering.frame(std::move(item.frame), item.time_ms, std::move(item.covers)));
  }
  return covering.commit();
}

}  // namespace

Result<BlurReport> blur_video(const std::string& in, const std::string& out, std::vector<TimedFace> faces,
                              const BlurOptions& options, const std::function<void(double)>& progress) {
  CUMULET_TRY(const auto reader, MediaReader::open(in, streams_for(options.encode.carry), 0));
  CUMULET_CHECK(check_duration(reader->info().duration_ms, options.expected_duration_ms));
  const double aspect = reader->info().aspect;
  if (options.detector && !are_tracks(faces)) {
    FinderOptions find;
    find.detector = *options.detector;
    find.streams = streams_for(options.encode.carry);
    find.sightings = faces;
    const CoverPlan plan(std::move(faces), options.cover, aspect);
    return blur(in, out, find, &plan, options, progress);
  }
  CUMULET_TRY(const auto writer, MediaWriter::create(*reader, out, options.encode));
  const CoverPlan plan(std::move(faces), options.cover, aspect);
  ToYuv420 to_yuv420(reader->decoder()->width, reader->decoder()->height);
  CUMULET_TRY(auto detector, verifying_detector(options));
  Covering covering(*reader, *writer, options, std::move(detector), progress);
  for (;;) {
    CUMULET_TRY(const MediaReader::Item item, reader->next());
    if (item.packet != nullptr) {
      CUMULET_CHECK(writer->copy_packet(*item.packet));
      continue;
    }
    if (item.frame == nullptr) break;
    const std::int64_t now = reader->milliseconds(*item.frame);
    CUMULET_TRY(av::Frame frame, to_yuv420.take(*item.frame));
    CUMULET_CHECK(covering.frame(std::move(frame), now, plan.at(now)));
  }
  return covering.commit();
}

Result<BlurReport> find_and_blur(const std::string& in, const std::string& out, FinderOptions find,
                                 const BlurOptions& options, const std::function<void(double)>& progress) {
  find.streams = streams_for(options.encode.carry);
  BlurOptions verified = options;
  verified.detector = find.detector;
  return blur(in, out, find, nullptr, verified, progress);
}

}  // namespace cumulet::vision
