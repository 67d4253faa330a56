#include <cstdio>
#include <iostream>
#include <optional>

#include "protocol.hpp"
#include "vision/face/record.hpp"
#include "vision/pipeline/detect_image.hpp"
#include "vision/pipeline/detect_video.hpp"

namespace cumulet::vision_program {
namespace {

constexpr std::size_t kFacesPerLine = 500;
constexpr std::size_t kLongestRequest = 64 * 1024;
constexpr std::size_t kLargestImage = 32U << 20;
constexpr ErrorKind kBadRequest{"BadRequest", 400};

void emit(const json::object& line) {
  std::string text = json::text(line);
  text += '\n';
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

double rounded(double value) {
  return static_cast<double>(static_cast<std::int64_t>(value * 1e6 + (value < 0 ? -0.5 : 0.5))) / 1e6;
}

std::int64_t number_member(const json::value& request, std::string_view name, std::int64_t fallback) {
  const json::value* member = json::find(request, name);
  return member != nullptr && member->is_int64() ? member->as_int64() : fallback;
}

void emit_faces(const std::vector<vision::FaceRecord>& faces) {
  for (std::size_t begin = 0; begin < faces.size(); begin += kFacesPerLine) {
    json::array list;
    for (std::size_t i = begin; i < std::min(faces.size(), begin + kFacesPerLine); ++i) {
      list.push_back(vision::to_json(faces[i]));
    }
    emit({{"event", "faces"}, {"faces", std::move(list)}});
  }
}

Result<vision::DetectorChoice> detector_for(const json::value& request) {
  CUMULET_TRY(auto choice, vision::choose_detector(json::text_at(request, "model")));
  emit({{"event", "detector"}, {"name", choice.name()}, {"recall", choice.recall()}});
  return choice;
}

Result<void> detect_video(const json::value& request) {
  vision::DetectOptions options;
  CUMULET_TRY(options.detector, detector_for(request));
  options.longest_side = static_cast<int>(number_member(request, "longest_side", options.longest_side));
  options.threads = static_cast<int>(number_member(request, "threads", 0));
  if (const json::value* raw = json::find(request, "raw"); raw != nullptr && *raw == true) {
    options.report = vision::Report::raw;
  }
  if (options.longest_side < 32 || options.longest_side > 4096 || options.threads > 64) {
    return Error{kBadRequest, "longest_side is 32 to 4096, threads at most 64."};
  }
  const auto on_info = [](const vision::VideoInfo& info) {
    emit({{"event", "video"},
          {"codec", info.codec},
          {"format", info.format},
          {"duration_ms", info.duration_ms},
          {"frame_rate", rounded(info.frame_rate)},
          {"width", info.width},
          {"height", info.height},
          {"color_range", info.color_range}});
  };
  const auto progress = [](double done) {
    emit({{"event", "progress"}, {"percent", static_cast<int>(done * 100 + 0.5)}});
  };
  CUMULET_TRY(const auto found,
              vision::detect_faces_in_video(json::text_at(request, "file"), options, progress, on_info));
  std::vector<vision::FaceRecord> records;
  records.reserve(found.faces.size());
  for (const auto& [time, face, track] : found.faces) {
    records.push_back({time, face, face.pose(found.info.aspect), track});
  }
  emit_faces(records);
  emit({{"event", "done"},
        {"faces", found.faces.size()},
        {"frames", found.info.frames},
        {"duration_ms", found.info.duration_ms}});
  return {};
}

Result<void> detect_image(const json::value& request) {
  const std::int64_t size = number_member(request, "bytes", -1);
  if (size < 0 || static_cast<std::size_t>(size) > kLargestImage) {
    return Error{kBadRequest, "bytes must be the picture's length, at most 32 MiB."};
  }
  std::string bytes(static_cast<std::size_t>(size), '\0');
  if (!std::cin.read(bytes.data(), size)) return Error{kBadRequest, "The picture ends early."};
  CUMULET_TRY(const auto choice, detector_for(request));
  CUMULET_TRY(const auto detector, vision::make_detector(choice));
  CUMULET_TRY(const auto found, vision::detect_faces_in_image(bytes, *detector, choice));
  std::vector<vision::FaceRecord> records;
  const double aspect = static_cast<double>(found.width) / found.height;
  for (const vision::Face& face : found.faces) records.push_back({0, face, face.pose(aspect), 0});
  emit_faces(records);
  emit({{"event", "done"}, {"faces", records.size()}, {"width", found.width}, {"height", found.height}});
  return {};
}

Result<void> serve_one(const std::string& line) {
  const auto request = json::parse(line);
  if (!request.ok()) return Error{kBadRequest, request.error().message()};
  const std::string job = json::text_at(*request, "job");
  if (job == "detect-video") return detect_video(*request);
  if (job == "detect-image") return detect_image(*request);
  return Error{kBadRequest, "job is detect-video or detect-image."};
}

}  // namespace

int serve() {
  std::string line;
  while (std::getline(std::cin, line)) {
    if (line.size() > kLongestRequest) return 2;
    if (const auto served = serve_one(line); !served.ok()) {
      emit({{"event", "failed"}, {"code", served.error().code()}, {"message", served.error().message()}});
    }
  }
  return 0;
}

}  // namespace cumulet::vision_program
