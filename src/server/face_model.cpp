#include "server/face_model.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/protobuf_fields.hpp"
#include "vision/model/full_range_model.hpp"

namespace cumulet::server {

namespace {

constexpr std::string_view kDamaged = "is damaged or cut short";

// Fields of ONNX's messages. https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
constexpr std::uint64_t kModelVersion = 1, kModelGraph = 7, kModelOperators = 8;
constexpr std::uint64_t kGraphInput = 11, kGraphOutput = 12, kValueName = 1;

// What YuNet tells of each cell, for cells of 8, 16 and 32 pixels: is it a face, is it an object, its box, its points.
constexpr std::array<std::string_view, 12> kOutputs{"cls_8",  "cls_16",  "cls_32",  "obj_8", "obj_16", "obj_32",
                                                    "bbox_8", "bbox_16", "bbox_32", "kps_8", "kps_16", "kps_32"};

// Names of the graph's inputs or outputs; nullopt when it is damaged.
std::optional<std::vector<std::string_view>> names(std::string_view graph, std::uint64_t kind) {
  std::vector<std::string_view> out;
  ProtobufFields fields(graph);
  while (fields.next()) {
    if (fields.number() != kind) continue;
    ProtobufFields value(fields.bytes());
    while (value.next())
      if (value.number() == kValueName) out.push_back(value.bytes());
    if (value.damaged()) return std::nullopt;
  }
  return fields.damaged() ? std::nullopt : std::optional(std::move(out));
}

}  // namespace

Result<vision::DetectorKind> check_face_model(std::string_view bytes) {
  const vision::DetectorKind kind = vision::detector_kind(bytes);
  if (kind == vision::DetectorKind::mediapipe) {
    const auto weights = vision::read_full_range(bytes);
    if (!weights.ok()) return Error{kNoFaceModel, weights.error().message()};
    return kind;
  }
  std::uint64_t version = 0;
  bool has_operators = false;
  std::string_view graph;
  ProtobufFields model(bytes);
  while (model.next()) {
    if (model.number() == kModelVersion) version = model.value();
    if (model.number() == kModelGraph) graph = model.bytes();
    if (model.number() == kModelOperators) has_operators = true;
  }
  if (version == 0 || version > 1000) return Error{kNoFaceModel, "is neither an ONNX nor a TensorFlow Lite model"};
  const auto inputs = names(graph, kGraphInput), outputs = names(graph, kGraphOutput);
  // The operators' version is the last thing that is written.
  if (model.damaged() || graph.empty() || !has_operators || !inputs || !outputs)
    return Error{kNoFaceModel, std::string(kDamaged)};
  const auto given = [&](std::string_view name) { return std::ranges::find(*outputs, name) != outputs->end(); };
  if (inputs->empty() || !std::ranges::all_of(kOutputs, given))
    return Error{kNoFaceModel, "is an ONNX model of something else: it is not YuNet 2023mar"};
  return kind;
}

}  // namespace cumulet::server
