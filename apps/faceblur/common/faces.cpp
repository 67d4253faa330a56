#include "apps/faceblur/common/faces.hpp"

#include <charconv>
#include <cmath>

namespace cumulet::faceblur {
namespace {

std::optional<double> number(const json::value* v) {
  if (!v || !v->is_number()) return std::nullopt;
  const double out = v->to_number<double>();
  return std::isfinite(out) ? std::optional(out) : std::nullopt;
}

Result<Box> parse_box(const json::value& v) {
  const auto left = number(json::find(v, "Left")), top = number(json::find(v, "Top"));
  const auto width = number(json::find(v, "Width")), height = number(json::find(v, "Height"));
  if (!left || !top || !width || !height || *width < 0 || *height < 0)
    return Error{kInvalidInput, "a face in \"timestamps\" needs the numbers Left, Top, Width and Height: " +
                                    json::text(v).substr(0, 200)};
  Box box{*left, *top, *width, *height};
  if (const auto index = number(json::find(v, "Index")); index && *index >= 0 && *index <= 9e15)
    box.index = static_cast<std::int64_t>(*index);
  if (const auto roll = number(json::find(v, "Roll")); roll && std::abs(*roll) <= 360) box.roll = *roll;
  return box;
}

}  // namespace

json::value to_json(const Timestamps& timestamps) {
  json::object out;
  out.reserve(timestamps.size());
  for (const auto& [time, boxes] : timestamps) {
    json::array list;
    list.reserve(boxes.size());
    for (const auto& box : boxes) {
      json::object face{{"Width", box.width}, {"Height", box.height}, {"Left", box.left}, {"Top", box.top}};
      if (box.index > 0) face["Index"] = box.index;
      if (box.roll != 0) face["Roll"] = std::round(box.roll * 10) / 10;
      list.push_back(std::move(face));
    }
    out[std::to_string(time)] = std::move(list);
  }
  return out;
}

Result<Timestamps> parse_timestamps(const json::value& field) {
  const auto* object = field.if_object();
  if (!object) return Error{kInvalidInput, "\"timestamps\" must be an object of lists of faces"};
  Timestamps out;
  for (const auto& [key, list] : *object) {
    std::int64_t time = 0;
    const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), time);
    if (error != std::errc{} || end != key.data() + key.size() || time < 0)
      return Error{kInvalidInput, "\"timestamps\" has a key that is no number of milliseconds: " + std::string(key)};
    if (!list.is_array()) return Error{kInvalidInput, "\"timestamps\" must be an object of lists of faces"};
    auto& boxes = out[time];
    for (const auto& item : list.get_array()) {
      CUMULET_TRY(const auto box, parse_box(item));
      boxes.push_back(box);
    }
  }
  return out;
}

ObjectReference faces_object(const Job& job) { return {job.bucket, ".faceblur/" + job.job_id + ".json", {}}; }

std::optional<ObjectReference> read_faces_reference(const json::value& event) {
  const auto* reference = json::find(event, "timestamps_s3_object");
  if (!reference) return std::nullopt;
  ObjectReference out{json::text_at(*reference, "bucket"), json::text_at(*reference, "key"),
                      json::text_at(*reference, "etag")};
  if (out.bucket.empty() || out.key.empty() || out.etag.empty()) return std::nullopt;
  return out;
}

Result<BlurInput> read_blur_input(const json::value& event, sdk::S3& s3) {
  BlurInput out;
  CUMULET_TRY(out.job, read_job(event));
  out.detector = read_detector(event);
  if (const auto* response = json::find(event, "response")) {
    if (const auto* metadata = json::find(*response, "VideoMetadata")) {
      out.frame_rate = number(json::find(*metadata, "FrameRate"));
      if (const auto duration = number(json::find(*metadata, "DurationMillis")))
        out.duration_ms = static_cast<std::int64_t>(*duration);
    }
  }
  if (const auto* timestamps = json::find(event, "timestamps")) {
    CUMULET_TRY(out.faces, parse_timestamps(*timestamps));
    return out;
  }
  out.faces_object = read_faces_reference(event);
  if (!out.faces_object)
    return Error{kInvalidInput, "the event has neither \"timestamps\" nor \"timestamps_s3_object\""};
  const sdk::ReadCondition as_written{.if_match = out.faces_object->etag};
  CUMULET_TRY(const auto text, s3.get(out.faces_object->bucket, out.faces_object->key, as_written));
  CUMULET_TRY(const auto parsed, json::parse(text));
  CUMULET_TRY(out.faces, parse_timestamps(parsed));
  return out;
}

}  // namespace cumulet::faceblur
