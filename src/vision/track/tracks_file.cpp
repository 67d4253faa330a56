#include "vision/track/tracks_file.hpp"

#include <array>
#include <cmath>
#include <map>

namespace cumulet::vision {
namespace {

constexpr std::string_view kFormat = "cumulet-tracks";
constexpr std::int64_t kVersion = 1;
constexpr std::size_t kNumbers = 7;  // time, left, top, width, height, roll, confidence
constexpr double kFarthest = 100;    // picture sizes: nothing lies so far outside
constexpr double kLongestMs = 1e12;

double rounded(double value, double places) { return std::round(value * places) / places; }

Error bad(const std::string& what) { return Error{kBadTracks, "The tracks file is not usable: " + what + "."}; }

Result<double> number_in(const json::value& object, std::string_view name, double most) {
  const json::value* member = json::find(object, name);
  if (member == nullptr || !member->is_number()) return bad("\"" + std::string(name) + "\" is missing or no number");
  const double value = member->to_number<double>();
  if (!(value >= 0 && value <= most)) return bad("\"" + std::string(name) + "\" is out of range");
  return value;
}

Result<TimedFace> parse_face(const json::value& value, std::int64_t track) {
  const std::string where = "a face of track " + std::to_string(track) + " ";
  if (!value.is_array() || value.get_array().size() != kNumbers) {
    return bad(where + "is no list of time, left, top, width, height, roll and confidence");
  }
  std::array<double, kNumbers> numbers{};
  for (std::size_t i = 0; i < kNumbers; ++i) {
    const json::value& item = value.get_array()[i];
    if (!item.is_number()) return bad(where + "has something that is no number");
    numbers[i] = item.to_number<double>();
    if (!std::isfinite(numbers[i])) return bad(where + "has something that is no number");
  }
  const auto [time, left, top, width, height, roll, confidence] = numbers;
  if (time < 0 || time > kLongestMs) return bad(where + "has no possible time");
  if (!(width > 0 && height > 0) || width > kFarthest || height > kFarthest || std::abs(left) > kFarthest ||
      std::abs(top) > kFarthest) {
    return bad(where + "has no possible box");
  }
  if (std::abs(roll) > 360 || confidence < 0 || confidence > 100)
    return bad(where + "has no possible roll or confidence");
  TimedFace face;
  face.timestamp_ms = static_cast<std::int64_t>(time);
  face.track = track;
  face.face.box = {left, top, width, height};
  face.face.roll = roll;
  face.face.confidence = confidence;
  return face;
}

}  // namespace

json::value to_json(const TracksFile& file) {
  const double aspect = file.height > 0 ? static_cast<double>(file.width) / file.height : 1;
  std::map<std::int64_t, json::array> tracks;
  for (const TimedFace& timed : file.faces) {
    const Face& face = timed.face;
    const auto pose = face.pose(aspect);
    const double roll = pose ? pose->roll : face.roll.value_or(0);
    tracks[timed.track].push_back(json::array{
        timed.timestamp_ms, rounded(face.box.left, 1e5), rounded(face.box.top, 1e5), rounded(face.box.width, 1e5),
        rounded(face.box.height, 1e5), rounded(roll, 10), rounded(face.confidence, 10)});
  }
  json::array list;
  for (auto& [id, faces] : tracks) list.push_back(json::object{{"id", id}, {"faces", std::move(faces)}});
  return json::object{{"format", kFormat},
                      {"version", kVersion},
                      {"video", json::object{{"width", file.width},
                                             {"height", file.height},
                                             {"frame_rate", rounded(file.frame_rate, 1000)},
                                             {"duration_ms", file.duration_ms}}},
                      {"detector", file.detector},
                      {"tracks", std::move(list)}};
}

Result<TracksFile> parse_tracks(const json::value& value) {
  const json::value *format = json::find(value, "format"), *version = json::find(value, "version");
  if (format == nullptr || !format->is_string() || format->get_string() != kFormat)
    return bad("it does not say \"format\": \"cumulet-tracks\"");
  if (version == nullptr || !version->is_int64() || version->get_int64() != kVersion)
    return bad("its \"version\" is not 1");
  TracksFile file;
  const json::value* video = json::find(value, "video");
  if (video == nullptr) return bad("\"video\" is missing");
  CUMULET_TRY(const double width, number_in(*video, "width", 1e6));
  CUMULET_TRY(const double height, number_in(*video, "height", 1e6));
  CUMULET_TRY(file.frame_rate, number_in(*video, "frame_rate", 1e6));
  CUMULET_TRY(const double duration, number_in(*video, "duration_ms", kLongestMs));
  file.width = static_cast<int>(width);
  file.height = static_cast<int>(height);
  file.duration_ms = static_cast<std::int64_t>(duration);
  if (const json::value* detector = json::find(value, "detector"); detector != nullptr && detector->is_string()) {
    file.detector = std::string(detector->get_string());
  }
  const json::value* tracks = json::find(value, "tracks");
  if (tracks == nullptr || !tracks->is_array()) return bad("\"tracks\" is missing or no list");
  for (const json::value& track : tracks->get_array()) {
    CUMULET_TRY(const double id, number_in(track, "id", 9e15));
    if (id < 1) return bad("a track's \"id\" is below 1");
    const json::value* faces = json::find(track, "faces");
    if (faces == nullptr || !faces->is_array()) return bad("the \"faces\" of a track are missing or no list");
    for (const json::value& item : faces->get_array()) {
      CUMULET_TRY(auto face, parse_face(item, static_cast<std::int64_t>(id)));
      file.faces.push_back(std::move(face));
    }
  }
  return file;
}

Result<TracksFile> parse_tracks_text(std::string_view text) {
  const auto value = json::parse(text);
  if (!value.ok()) return bad("it is no JSON (" + value.error().message() + ")");
  return parse_tracks(*value);
}

}  // namespace cumulet::vision
