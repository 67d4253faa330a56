#pragma once
#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace cumulet::vision {

// As much of an ONNX model as is needed to take a known network out of it: nodes and constant tensors, by name. All of
// it points into the file's bytes, which must outlive it. https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
struct OnnxNode {
  std::string_view operation;  // "Conv"
  std::vector<std::string_view> inputs;
  std::vector<std::string_view> outputs;
  // Attributes that are whole numbers, one or many ("strides"), and texts ("mode"). Others are left out.
  std::map<std::string_view, std::vector<std::int64_t>> numbers;
  std::map<std::string_view, std::string_view> texts;
};

struct OnnxTensor {
  enum class Kind { floats, other };
  Kind kind = Kind::other;
  std::vector<std::int64_t> sizes;  // outermost first
  std::string_view raw;             // little endian, of exactly the size that `sizes` tell where `kind` is floats

  std::size_t count() const { return raw.size() / sizeof(float); }
  float at(std::size_t index) const;
};

class OnnxModel {
 public:
  // Error kNoDetector when `bytes` is no ONNX model, is damaged or cut short, or has far more of anything than a small
  // network (thousands of nodes or tensors, tensors of more than four dimensions).
  static Result<OnnxModel> read(std::string_view bytes);

  // nullptr when there is none.
  const OnnxNode* producer_of(std::string_view output) const;
  const OnnxTensor* tensor(std::string_view name) const;
  // Names of the inputs that are given at run time, without tensors of the file.
  const std::vector<std::string_view>& inputs() const { return inputs_; }

 private:
  bool read_graph(std::string_view bytes);
  bool read_node(std::string_view bytes);
  bool read_tensor(std::string_view bytes);

  std::vector<OnnxNode> nodes_;
  std::map<std::string_view, std::size_t> producers_;
  std::map<std::string_view, OnnxTensor> tensors_;
  std::vector<std::string_view> inputs_;
};

}  // namespace cumulet::vision
