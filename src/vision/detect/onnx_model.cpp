#include "vision/detect/onnx_model.hpp"

#include <bit>
#include <cstring>

#include "base/protobuf_fields.hpp"
#include "vision/detect/detector.hpp"

namespace cumulet::vision {
namespace {

static_assert(std::endian::native == std::endian::little, "ONNX's raw tensors are little endian");

// Numbers of the fields in onnx.proto.
enum ModelField : std::uint64_t { kModelGraph = 7, kModelOperators = 8 };
enum GraphField : std::uint64_t { kGraphNode = 1, kGraphInitializer = 5, kGraphInput = 11 };
enum NodeField : std::uint64_t { kNodeInput = 1, kNodeOutput = 2, kNodeOperation = 4, kNodeAttribute = 5 };
enum AttributeField : std::uint64_t { kAttributeName = 1, kAttributeInt = 3, kAttributeText = 4, kAttributeInts = 8 };
enum TensorField : std::uint64_t { kTensorSizes = 1, kTensorType = 2, kTensorName = 8, kTensorRaw = 9 };
constexpr std::uint64_t kTypeFloat = 1, kValueName = 1;

constexpr std::size_t kMostParts = 4096;  // of each kind; YuNet has 125 nodes
constexpr std::size_t kMostDimensions = 4, kMostInputs = 16;
constexpr std::uint64_t kLargestDimension = 1 << 20;

// Adds the numbers of a repeated field, packed or not. False when they are damaged or too many.
bool add_numbers(const ProtobufFields& field, std::size_t most, std::vector<std::int64_t>& out) {
  if (field.is_number()) {
    out.push_back(static_cast<std::int64_t>(field.value()));
    return out.size() <= most;
  }
  ProtobufFields packed(field.bytes());
  while (packed.next_packed() && out.size() <= most) out.push_back(static_cast<std::int64_t>(packed.value()));
  return !packed.damaged() && out.size() <= most;
}

bool read_attribute(std::string_view bytes, OnnxNode& node) {
  std::string_view name, text;
  std::vector<std::int64_t> numbers;
  ProtobufFields fields(bytes);
  while (fields.next()) {
    switch (fields.number()) {
      case kAttributeName: name = fields.bytes(); break;
      case kAttributeText: text = fields.bytes(); break;
      case kAttributeInt:
      case kAttributeInts:
        if (!add_numbers(fields, kMostParts, numbers)) return false;
        break;
    }
  }
  if (!numbers.empty()) node.numbers[name] = std::move(numbers);
  if (!text.empty()) node.texts[name] = text;
  return !fields.damaged();
}

// Whether `tensor` has as many bytes as its sizes tell.
bool whole(const OnnxTensor& tensor) {
  std::uint64_t count = 1;
  for (const std::int64_t size : tensor.sizes) {
    if (size < 0 || static_cast<std::uint64_t>(size) > kLargestDimension) return false;
    count *= static_cast<std::uint64_t>(size);
    if (count > kLargestDimension) return false;
  }
  return tensor.raw.size() == count * sizeof(float);
}

Error damaged() { return {kNoDetector, "The face model cannot be loaded: it is no ONNX model, or damaged."}; }

}  // namespace

float OnnxTensor::at(std::size_t index) const {
  float value = 0;
  std::memcpy(&value, raw.data() + index * sizeof value, sizeof value);
  return value;
}

bool OnnxModel::read_node(std::string_view bytes) {
  OnnxNode node;
  ProtobufFields fields(bytes);
  while (fields.next()) {
    switch (fields.number()) {
      case kNodeInput: node.inputs.push_back(fields.bytes()); break;
      case kNodeOutput: node.outputs.push_back(fields.bytes()); break;
      case kNodeOperation: node.operation = fields.bytes(); break;
      case kNodeAttribute:
        if (!read_attribute(fields.bytes(), node)) return false;
        break;
    }
    if (node.inputs.size() > kMostInputs || node.outputs.size() > kMostInputs || node.numbers.size() > kMostInputs) {
      return false;
    }
  }
  for (const auto output : node.outputs) producers_[output] = nodes_.size();
  nodes_.push_back(std::move(node));
  return !fields.damaged() && nodes_.size() <= kMostParts;
}

bool OnnxModel::read_tensor(std::string_view bytes) {
  OnnxTensor tensor;
  std::string_view name;
  ProtobufFields fields(bytes);
  while (fields.next()) {
    switch (fields.number()) {
      case kTensorName: name = fields.bytes(); break;
      case kTensorRaw: tensor.raw = fields.bytes(); break;
      case kTensorType: tensor.kind = fields.value() == kTypeFloat ? OnnxTensor::Kind::floats : tensor.kind; break;
      case kTensorSizes:
        if (!add_numbers(fields, kMostDimensions, tensor.sizes)) return false;
        break;
    }
  }
  if (fields.damaged() || (tensor.kind == OnnxTensor::Kind::floats && !whole(tensor))) return false;
  tensors_[name] = std::move(tensor);
  return tensors_.size() <= kMostParts;
}

bool OnnxModel::read_graph(std::string_view bytes) {
  ProtobufFields fields(bytes);
  while (fields.next()) {
    if (fields.number() == kGraphNode && !read_node(fields.bytes())) return false;
    if (fields.number() == kGraphInitializer && !read_tensor(fields.bytes())) return false;
    if (fields.number() != kGraphInput) continue;
    ProtobufFields value(fields.bytes());
    while (value.next()) {
      if (value.number() == kValueName) inputs_.push_back(value.bytes());
    }
    if (value.damaged() || inputs_.size() > kMostParts) return false;
  }
  std::erase_if(inputs_, [&](std::string_view name) { return tensors_.contains(name); });
  return !fields.damaged();
}

Result<OnnxModel> OnnxModel::read(std::string_view bytes) {
  OnnxModel model;
  bool has_graph = false, has_operators = false;
  ProtobufFields fields(bytes);
  while (fields.next()) {
    if (fields.number() == kModelOperators) has_operators = true;
    if (fields.number() != kModelGraph) continue;
    if (has_graph || !model.read_graph(fields.bytes())) return damaged();
    has_graph = true;
  }
  // The operators' version is the last thing that is written.
  if (fields.damaged() || !has_graph || !has_operators) return damaged();
  return model;
}

const OnnxNode* OnnxModel::producer_of(std::string_view output) const {
  const auto found = producers_.find(output);
  return found == producers_.end() ? nullptr : &nodes_[found->second];
}

const OnnxTensor* OnnxModel::tensor(std::string_view name) const {
  const auto found = tensors_.find(name);
  return found == tensors_.end() ? nullptr : &found->second;
}

}  // namespace cumulet::vision
