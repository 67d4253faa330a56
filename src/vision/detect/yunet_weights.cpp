// Takes YuNet's constants out of its ONNX file.
#include <cmath>
#include <filesystem>
#include <fstream>

#include "vision/detect/detector.hpp"
#include "vision/detect/onnx_model.hpp"
#include "vision/detect/yunet_network.hpp"

namespace cumulet::vision {
namespace {

using rows::Activation;
using rows::Layer;
using rows::SeparableLayer;
using Numbers = std::vector<std::int64_t>;

constexpr std::size_t kLargestFile = 4 << 20;  // YuNet has 232,589 bytes

Error not_yunet() { return {kNoDetector, "The face model cannot be loaded: it is not YuNet 2023mar (ONNX)."}; }

// Follows the network against its stream, from a value to the one that it was made of. The first thing that is not as
// it must be makes `fits` false for good; what is returned after that means nothing.
class Walk {
 public:
  explicit Walk(const OnnxModel& model) : model_(model) {}

  bool fits() const { return fits_; }
  void expect(bool condition) { fits_ = fits_ && condition; }

  // The node that makes `value`, which must be of that operation and make nothing else.
  const OnnxNode& node(std::string_view value, std::string_view operation, std::size_t inputs) {
    static const OnnxNode kNone{{}, {{}, {}, {}}, {}, {}, {}};
    const OnnxNode* found = model_.producer_of(value);
    expect(found != nullptr && found->operation == operation && found->inputs.size() == inputs &&
           found->outputs.size() == 1);
    return fits_ ? *found : kNone;
  }

  std::string_view past(std::string_view value, std::string_view operation) {
    return node(value, operation, 1).inputs[0];
  }

  void expect_numbers(const OnnxNode& node, std::string_view name, const Numbers& wanted) {
    const auto found = node.numbers.find(name);
    expect(found != node.numbers.end() && found->second == wanted);
  }

  std::string_view past_pool(std::string_view value) {
    const OnnxNode& pool = node(value, "MaxPool", 1);
    expect_numbers(pool, "kernel_shape", {2, 2});
    expect_numbers(pool, "strides", {2, 2});
    expect_numbers(pool, "pads", {0, 0, 0, 0});
    return pool.inputs[0];
  }

  // Both that were added: the finer, and the coarser from before it was doubled.
  std::array<std::string_view, 2> past_doubled_sum(std::string_view value) {
    const OnnxNode& sum = node(value, "Add", 2);
    const OnnxNode& doubled = node(sum.inputs[1], "Resize", 3);
    const auto text = [&](std::string_view name) {
      const auto found = doubled.texts.find(name);
      return found == doubled.texts.end() ? std::string_view() : found->second;
    };
    expect(text("mode") == "nearest" && text("nearest_mode") == "floor" &&
           text("coordinate_transformation_mode") == "asymmetric");
    const OnnxTensor* scales = floats(doubled.inputs[2], {4});
    expect(scales != nullptr && scales->at(0) == 1 && scales->at(1) == 1 && scales->at(2) == 2 && scales->at(3) == 2);
    return {sum.inputs[0], doubled.inputs[0]};
  }

  // A convolution that yields `value`; its constants from output channel `first` of `layer` on, of `outputs` channels.
  std::string_view past_pointwise(std::string_view value, Layer& layer, int outputs, int first = 0) {
    const OnnxNode& conv = convolution(value, 1, 1, 1);
    const OnnxTensor* weights = floats(conv.inputs[1], {outputs, layer.inputs, 1, 1});
    if (!biases(conv, layer, outputs, first) || weights == nullptr) return {};
    for (int o = 0; o < outputs; ++o) {
      for (int i = 0; i < layer.inputs; ++i) layer.weight(i, first + o) = weights->at(o * layer.inputs + i);
    }
    return conv.inputs[0];
  }

  std::string_view past_depthwise(std::string_view value, Layer& layer, int outputs, int first = 0) {
    const OnnxNode& conv = convolution(value, 3, 1, outputs);
    const OnnxTensor* weights = floats(conv.inputs[1], {outputs, 1, 3, 3});
    if (!biases(conv, layer, outputs, first) || weights == nullptr) return {};
    for (int o = 0; o < outputs; ++o) {
      for (int tap = 0; tap < 9; ++tap) layer.weight(tap, first + o) = weights->at(o * 9 + tap);
    }
    return conv.inputs[0];
  }

  std::string_view past_stem(std::string_view value, Layer& layer) {
    const OnnxNode& conv = convolution(value, 3, 2, 1);
    const OnnxTensor* weights = floats(conv.inputs[1], {layer.outputs, layer.inputs, 3, 3});
    if (!biases(conv, layer, layer.outputs, 0) || weights == nullptr) return {};
    for (int o = 0; o < layer.outputs; ++o) {
      for (int i = 0; i < layer.inputs; ++i) {
        for (int tap = 0; tap < 9; ++tap) {
          layer.weight(tap * layer.inputs + i, o) = weights->at((o * layer.inputs + i) * 9 + tap);
        }
      }
    }
    return conv.inputs[0];
  }

 private:
  const OnnxNode& convolution(std::string_view value, int kernel, int stride, int group) {
    const OnnxNode& conv = node(value, "Conv", 3);
    const std::int64_t pad = kernel / 2;
    expect_numbers(conv, "kernel_shape", {kernel, kernel});
    expect_numbers(conv, "strides", {stride, stride});
    expect_numbers(conv, "pads", {pad, pad, pad, pad});
    expect_numbers(conv, "dilations", {1, 1});
    expect_numbers(conv, "group", {group});
    return conv;
  }

  // A tensor of finite numbers of those sizes; nullptr when it is anything else.
  const OnnxTensor* floats(std::string_view name, const Numbers& sizes) {
    const OnnxTensor* tensor = model_.tensor(name);
    expect(tensor != nullptr && tensor->kind == OnnxTensor::Kind::floats && tensor->sizes == sizes);
    if (!fits_) return nullptr;
    for (std::size_t i = 0; i < tensor->count(); ++i) expect(std::isfinite(tensor->at(i)));
    return tensor;
  }

  bool biases(const OnnxNode& conv, Layer& layer, int outputs, int first) {
    const OnnxTensor* tensor = floats(conv.inputs[2], {outputs});
    if (tensor == nullptr) return false;
    for (int o = 0; o < outputs; ++o) layer.biases[first + o] = tensor->at(o);
    return true;
  }

  const OnnxModel& model_;
  bool fits_ = true;
};

SeparableLayer separable(int inputs, int outputs, Activation activation) {
  return {rows::pointwise_layer(inputs, outputs, Activation::none), rows::depthwise_layer(outputs, activation)};
}

// A layer of the backbone or the pyramid, with its ReLU.
std::string_view past_separable(Walk& walk, std::string_view value, int inputs, int outputs, SeparableLayer& layer) {
  layer = separable(inputs, outputs, Activation::relu);
  value = walk.past_depthwise(walk.past(value, "Relu"), layer.depthwise, outputs);
  return walk.past_pointwise(value, layer.pointwise, outputs);
}

// The four heads of a stride, which the file has apart, as one of 16 channels. Returns the map that all of them read.
std::string_view past_heads(Walk& walk, int stride, SeparableLayer& layer) {
  struct Head {
    const char* name;
    int first, outputs;
    bool sigmoid;
  };
  constexpr Head kHeads[] = {{"cls_", kCellFace, 1, true},
                             {"obj_", kCellObject, 1, true},
                             {"bbox_", kCellBox, 4, false},
                             {"kps_", kCellPoints, 10, false}};
  layer = separable(64, kCellChannels, Activation::none);
  std::string_view map;
  for (const Head& head : kHeads) {
    const std::string output = head.name + std::to_string(stride);
    std::string_view value = output;
    if (head.sigmoid) value = walk.past(value, "Sigmoid");
    value = walk.node(value, "Reshape", 2).inputs[0];
    const OnnxNode& transposed = walk.node(value, "Transpose", 1);
    walk.expect_numbers(transposed, "perm", {0, 2, 3, 1});
    value = walk.past_depthwise(transposed.inputs[0], layer.depthwise, head.outputs, head.first);
    value = walk.past_pointwise(value, layer.pointwise, head.outputs, head.first);
    walk.expect(map.empty() || map == value);
    map = value;
  }
  return map;
}

// From the map of stride 8 to the picture.
void read_backbone(Walk& walk, std::string_view value, YuNetWeights& weights, const OnnxModel& model) {
  auto& layers = weights.backbone;
  value = past_separable(walk, value, 64, 64, layers[6]);
  value = walk.past_pool(past_separable(walk, value, 64, 64, layers[5]));
  value = past_separable(walk, value, 32, 64, layers[4]);
  value = past_separable(walk, value, 32, 32, layers[3]);
  value = past_separable(walk, value, 16, 32, layers[2]);
  value = walk.past_pool(past_separable(walk, value, 16, 16, layers[1]));
  value = walk.past(past_separable(walk, value, 16, 16, layers[0]), "Relu");
  weights.stem = rows::stem_layer(3, 16, Activation::relu);
  value = walk.past_stem(value, weights.stem);
  walk.expect(model.inputs().size() == 1 && model.inputs()[0] == value);
}

}  // namespace

Result<std::shared_ptr<const YuNetWeights>> read_yunet(std::string_view onnx) {
  CUMULET_TRY(const OnnxModel model, OnnxModel::read(onnx));
  auto weights = std::make_shared<YuNetWeights>();
  Walk walk(model);
  std::array<std::string_view, 3> pyramid;
  for (std::size_t level = 0; level < pyramid.size(); ++level) {
    pyramid[level] = past_heads(walk, kYuNetStrides[level], weights->heads[level]);
  }
  const auto [stride8, pyramid16] =
      walk.past_doubled_sum(past_separable(walk, pyramid[0], 64, 64, weights->laterals[0]));
  const auto [stride16, pyramid32] =
      walk.past_doubled_sum(past_separable(walk, pyramid[1], 64, 64, weights->laterals[1]));
  const std::string_view stride32 = past_separable(walk, pyramid[2], 64, 64, weights->laterals[2]);
  walk.expect(pyramid16 == pyramid[1] && pyramid32 == pyramid[2]);

  const auto past_halved = [&](std::string_view value, int layer) {
    value = past_separable(walk, value, 64, 64, weights->backbone[layer + 1]);
    return walk.past_pool(past_separable(walk, value, 64, 64, weights->backbone[layer]));
  };
  walk.expect(past_halved(stride32, 9) == stride16);
  walk.expect(past_halved(stride16, 7) == stride8);
  read_backbone(walk, stride8, *weights, model);
  if (!walk.fits()) return not_yunet();
  return std::shared_ptr<const YuNetWeights>(std::move(weights));
}

Result<std::shared_ptr<const YuNetWeights>> load_yunet(const std::string& path) {
  std::error_code failed;
  const std::uintmax_t size = std::filesystem::file_size(path, failed);
  if (failed || size == 0) return Error{kNoDetector, "The face model cannot be read, or is empty."};
  if (size > kLargestFile) return not_yunet();
  std::string bytes(size, '\0');
  std::ifstream file(path, std::ios::binary);
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(file.gcount()));
  return read_yunet(bytes);
}

}  // namespace cumulet::vision
