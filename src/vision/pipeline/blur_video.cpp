#include "vision/pipeline/blur_video.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "vision/cover/cover.hpp"
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

}  // namespace

Result<BlurReport> blur_video(const std::string& in, const std::string& out, std::vector<TimedFace> faces,
                              const BlurOptions& options, const std::function<void(double)>& progress) {
  const Carry& carry = options.encode.carry;
  const bool everything = carry.data_streams || carry.cover_art || carry.other_video;
  CUMULET_TRY(const auto reader,
              MediaReader::open(
                  in, everything ? MediaReader::Streams::all : MediaReader::Streams::with_sound_and_subtitles, 0));
  CUMULET_CHECK(check_duration(reader->info().duration_ms, options.expected_duration_ms));
  CUMULET_TRY(const auto writer, MediaWriter::create(*reader, out, options.encode));
  const CoverPlan plan(std::move(faces), options.cover);
  const Orientation orientation = reader->info().orientation;
  ToYuv420 to_yuv420(reader->decoder()->width, reader->decoder()->height);

  BlurReport report;
  report.duration_ms = reader->info().duration_ms;
  int percent = -1;
  for (;;) {
    CUMULET_TRY(const MediaReader::Item item, reader->next());
    if (item.packet != nullptr) {
      CUMULET_CHECK(writer->copy_packet(*item.packet));
      continue;
    }
    if (item.frame == nullptr) break;
    const std::int64_t now = reader->milliseconds(*item.frame);
    CUMULET_TRY(AVFrame* const frame, to_yuv420.convert(*item.frame));
    bool covered = false;
    for (const Box& box : plan.at(now)) covered |= cover(*frame, orientation.to_coded(box), options.cells);
    report.covered_frames += covered ? 1 : 0;
    ++report.frames;
    CUMULET_CHECK(writer->write_frame(*frame));
    const int reached =
        report.duration_ms > 0 ? static_cast<int>(std::clamp<std::int64_t>(100 * now / report.duration_ms, 0, 99)) : 0;
    if (progress && reached > percent) progress((percent = reached) / 100.0);
  }
  CUMULET_CHECK(writer->commit());
  if (progress) progress(1);
  return report;
}

}  // namespace cumulet::vision
