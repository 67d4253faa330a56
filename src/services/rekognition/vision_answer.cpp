#include "services/rekognition/vision_answer.hpp"

#include <algorithm>

#include "services/rekognition/face_record.hpp"

namespace cumulet::rekognition {
namespace {

constexpr std::size_t kLongestLine = 4U << 20;
constexpr std::size_t kMostFaces = 1'000'000;  // some 300 bytes each, in the engine's memory
constexpr std::size_t kLongestMessage = 500;

// Never negative; 1e400 is a number in JSON too.
double number_of(const json::value& line, std::string_view name) {
  const json::value* member = json::find(line, name);
  return member != nullptr && member->is_number() ? std::clamp(member->to_number<double>(), 0.0, 1e15) : 0;
}

std::int64_t whole_number_of(const json::value& line, std::string_view name) {
  return static_cast<std::int64_t>(number_of(line, name));
}

}  // namespace

void VisionAnswer::take(std::string_view piece) {
  if (failure_) return;
  pending_ += piece;
  std::size_t begin = 0;
  for (std::size_t end; !failure_ && (end = pending_.find('\n', begin)) != std::string::npos; begin = end + 1)
    line(std::string_view(pending_).substr(begin, end - begin));
  pending_.erase(0, begin);
  if (pending_.size() > kLongestLine) malformed();
  if (failure_) pending_ = {};
}

Result<Analysis> VisionAnswer::result(const process::ExitStatus& status) && {
  if (failure_) return std::move(*failure_);
  if (status.out_of_memory) return Error{kVisionFailed, "Looking at the media took too much memory."};
  if (!done_) {
    std::string how = "without a result";
    if (status.signal) how = "by signal " + std::to_string(*status.signal);
    if (status.code.value_or(0) != 0) how = "with status " + std::to_string(*status.code);
    return Error{kVisionFailed, "The process looking at the media ended " + how + "."};
  }
  return std::move(analysis_);
}

void VisionAnswer::malformed() {
  if (!failure_) failure_ = Error{kVisionFailed, "The process looking at the media answered nonsense."};
}

void VisionAnswer::line(std::string_view text) {
  const auto parsed = json::parse(text);
  if (!parsed.ok()) return malformed();
  const std::string event = json::text_at(*parsed, "event");
  if (event == "detector") {
    analysis_.detector = json::text_at(*parsed, "name");
    analysis_.recall = json::text_at(*parsed, "recall");
  } else if (event == "video") {
    describe(*parsed);
  } else if (event == "progress") {
    percent_ = static_cast<int>(std::min<std::int64_t>(100, whole_number_of(*parsed, "percent")));
  } else if (event == "faces") {
    const json::value* faces = json::find(*parsed, "faces");
    if (faces == nullptr || !faces->is_array()) return malformed();
    for (const json::value& record : faces->get_array()) {
      if (!is_face_record(record) || analysis_.faces.size() >= kMostFaces) return malformed();
      analysis_.faces.push_back(record);
    }
  } else if (event == "done") {
    done_ = true;
    if (analysis_.metadata) analysis_.metadata->duration_millis = whole_number_of(*parsed, "duration_ms");
  } else if (event == "failed") {
    fail(json::text_at(*parsed, "code"), json::text_at(*parsed, "message"));
  }
}

void VisionAnswer::describe(const json::value& line) {
  VideoMetadata& metadata = analysis_.metadata.emplace();
  metadata.codec = json::text_at(line, "codec");
  metadata.format = json::text_at(line, "format");
  metadata.frame_rate = static_cast<float>(number_of(line, "frame_rate"));
  metadata.frame_width = whole_number_of(line, "width");
  metadata.frame_height = whole_number_of(line, "height");
  if (const std::string range = json::text_at(line, "color_range"); !range.empty()) metadata.color_range = range;
  announced_ms_ = whole_number_of(line, "duration_ms");
}

void VisionAnswer::fail(const std::string& code, std::string message) {
  // Of the child's own words, which hostile media may have chosen, a sentence is enough.
  if (message.size() > kLongestMessage) {
    std::size_t end = kLongestMessage;
    while (end > 0 && (static_cast<unsigned char>(message[end]) & 0xC0) == 0x80) --end;  // no half character
    message.resize(end);
  }
  for (char& c : message)
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7F') c = ' ';
  for (const ErrorKind* kind : {&kUnsupportedMedia, &kDamagedMedia, &kBadImage, &kBigImage}) {
    if (code == kind->code) failure_ = Error{*kind, std::move(message)};
  }
  if (!failure_) failure_ = Error{kVisionFailed, std::move(message)};
}

}  // namespace cumulet::rekognition
