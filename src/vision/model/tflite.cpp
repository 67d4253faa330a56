#include "vision/model/tflite.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <optional>

namespace cumulet::vision {
namespace {

constexpr std::size_t kMostTensors = 4096, kMostOperators = 4096, kMostBuffers = 4096, kMostCodes = 256;
constexpr std::size_t kMostOfOne = 8;  // sides of a shape, inputs of an operator
constexpr int kLongestSide = 65536;
constexpr int kSchemaVersion = 3;

static_assert(std::endian::native == std::endian::little, "numbers are read as they stand in the file");

// FlatBuffers: a table is a place whose first four bytes lead back to the list of where its fields stand.
// https://flatbuffers.dev/internals/
// What lies outside of the file reads as absent and marks the file as damaged.
class File {
 public:
  explicit File(std::string_view bytes) : bytes_(bytes) {}
  bool damaged() const { return damaged_; }
  void fail() { damaged_ = true; }
  std::size_t size() const { return bytes_.size(); }

  template <class T>
  T number(std::size_t at) {
    T value{};
    if (at > bytes_.size() || bytes_.size() - at < sizeof(T)) {
      damaged_ = true;
      return value;
    }
    std::memcpy(&value, bytes_.data() + at, sizeof(T));
    return value;
  }
  std::string_view piece(std::size_t at, std::size_t length) {
    if (at > bytes_.size() || bytes_.size() - at < length) {
      damaged_ = true;
      return {};
    }
    return bytes_.substr(at, length);
  }

 private:
  std::string_view bytes_;
  bool damaged_ = false;
};

struct Vector {
  std::size_t begin = 0;  // of the first element
  std::size_t length = 0;
};

class Table {
 public:
  Table(File& file, std::size_t at) : file_(&file), at_(at) {
    const auto back = file.number<std::int32_t>(at);
    const std::int64_t fields = static_cast<std::int64_t>(at) - back;
    if (fields < 0 || fields > static_cast<std::int64_t>(file.size())) {
      file.fail();
      return;
    }
    fields_ = static_cast<std::size_t>(fields);
    fields_size_ = file.number<std::uint16_t>(fields_);
  }

  template <class T>
  T number(int field, T otherwise) const {
    const std::optional<std::size_t> at = place(field);
    return at ? file_->number<T>(*at) : otherwise;
  }
  bool has(int field) const { return place(field).has_value(); }
  std::optional<Table> table(int field) const {
    const std::optional<std::size_t> at = place(field);
    if (!at) return std::nullopt;
    return Table(*file_, follow(*at));
  }
  // At most `most` elements of `size` bytes.
  Vector vector(int field, std::size_t size, std::size_t most) const {
    const std::optional<std::size_t> at = place(field);
    if (!at) return {};
    const std::size_t begin = follow(*at);
    const std::size_t length = file_->number<std::uint32_t>(begin);
    if (length > most || length > file_->size()) {
      file_->fail();
      return {};
    }
    file_->piece(begin + 4, length * size);
    return file_->damaged() ? Vector{} : Vector{begin + 4, length};
  }
  std::vector<Table> tables(int field, std::size_t most) const {
    std::vector<Table> out;
    const Vector all = vector(field, 4, most);
    for (std::size_t i = 0; i < all.length; ++i) out.emplace_back(*file_, follow(all.begin + 4 * i));
    return out;
  }
  std::vector<int> numbers(int field) const {
    std::vector<int> out;
    const Vector all = vector(field, 4, kMostOfOne);
    for (std::size_t i = 0; i < all.length; ++i) out.push_back(file_->number<std::int32_t>(all.begin + 4 * i));
    return out;
  }

 private:
  std::optional<std::size_t> place(int field) const {
    const std::size_t entry = 4 + 2 * static_cast<std::size_t>(field);
    if (entry + 2 > fields_size_) return std::nullopt;
    const auto offset = file_->number<std::uint16_t>(fields_ + entry);
    if (offset == 0) return std::nullopt;
    return at_ + offset;
  }
  std::size_t follow(std::size_t at) const { return at + file_->number<std::uint32_t>(at); }

  File* file_;
  std::size_t at_;
  std::size_t fields_ = 0, fields_size_ = 0;
};

// Fields of the tables, by their order in the schema.
enum ModelField { kVersion = 0, kCodes = 1, kSubgraphs = 2, kBuffers = 4 };
enum CodeField { kOldCode = 0, kCode = 3 };
enum SubgraphField { kTensors = 0, kInputs = 1, kOutputs = 2, kOperators = 3 };
enum TensorField { kShape = 0, kType = 1, kBuffer = 2, kSparsity = 6 };
enum OperatorField { kCodeIndex = 0, kOperatorInputs = 1, kOperatorOutputs = 2, kOptions = 4 };

TfliteOp op_of(int code) {
  switch (code) {
    case 0: return TfliteOp::add;
    case 3: return TfliteOp::conv;
    case 4: return TfliteOp::depthwise_conv;
    case 6: return TfliteOp::dequantize;
    case 17: return TfliteOp::max_pool;
    case 19: return TfliteOp::relu;
    case 22: return TfliteOp::reshape;
    case 23: return TfliteOp::resize_bilinear;
    case 34: return TfliteOp::pad;
    default: return TfliteOp::other;
  }
}

TfliteType type_of(int type) {
  switch (type) {
    case 0: return TfliteType::f32;
    case 1: return TfliteType::f16;
    case 2: return TfliteType::i32;
    default: return TfliteType::other;
  }
}

// Fields that the options of convolutions and of pooling begin with.
void read_window(const Table& options, TfliteOperator& out) {
  enum { kPadding = 0, kStrideWidth = 1, kStrideHeight = 2 };
  out.pads_same = options.number<std::int8_t>(kPadding, 0) == 0;
  out.stride = options.number<std::int32_t>(kStrideWidth, 0);
  if (out.stride < 1 || out.stride > 8 || out.stride != options.number<std::int32_t>(kStrideHeight, 0))
    out.has_unusual_options = true;
}

void read_options(const Table& options, TfliteOperator& out) {
  bool usual = true;
  switch (out.op) {
    case TfliteOp::conv:
      enum { kConvActivation = 3, kConvDilationWidth = 4, kConvDilationHeight = 5 };
      read_window(options, out);
      usual = options.number<std::int8_t>(kConvActivation, 0) == 0 &&
              options.number<std::int32_t>(kConvDilationWidth, 1) == 1 &&
              options.number<std::int32_t>(kConvDilationHeight, 1) == 1;
      break;
    case TfliteOp::depthwise_conv:
      enum { kMultiplier = 3, kDepthwiseActivation = 4, kDilationWidth = 5, kDilationHeight = 6 };
      read_window(options, out);
      usual = options.number<std::int32_t>(kMultiplier, 0) == 1 &&
              options.number<std::int8_t>(kDepthwiseActivation, 0) == 0 &&
              options.number<std::int32_t>(kDilationWidth, 1) == 1 &&
              options.number<std::int32_t>(kDilationHeight, 1) == 1;
      break;
    case TfliteOp::max_pool:
      enum { kFilterWidth = 3, kFilterHeight = 4, kPoolActivation = 5 };
      read_window(options, out);
      out.window = options.number<std::int32_t>(kFilterWidth, 0);
      usual = options.number<std::int32_t>(kFilterHeight, 0) == out.window &&
              options.number<std::int8_t>(kPoolActivation, 0) == 0;
      break;
    case TfliteOp::add:
      enum { kAddActivation = 0 };
      usual = options.number<std::int8_t>(kAddActivation, 0) == 0;
      break;
    case TfliteOp::resize_bilinear:
      enum { kAlignCorners = 2, kHalfPixelCentres = 3 };
      usual = options.number<std::uint8_t>(kAlignCorners, 0) == 0 &&
              options.number<std::uint8_t>(kHalfPixelCentres, 0) == 1;
      break;
    default: break;
  }
  if (!usual) out.has_unusual_options = true;
}

// The bytes of each buffer.
std::vector<std::string_view> read_buffers(const Table& model, File& file) {
  std::vector<std::string_view> out;
  for (const Table& buffer : model.tables(kBuffers, kMostBuffers)) {
    const Vector data = buffer.vector(0, 1, file.size());
    out.push_back(file.piece(data.begin, data.length));
  }
  return out;
}

void read_tensors(const Table& subgraph, const std::vector<std::string_view>& buffers, File& file, TfliteGraph& out) {
  for (const Table& table : subgraph.tables(kTensors, kMostTensors)) {
    TfliteTensor& tensor = out.tensors.emplace_back();
    tensor.shape = table.numbers(kShape);
    for (const int side : tensor.shape)
      if (side < 1 || side > kLongestSide) file.fail();
    const auto buffer = table.number<std::uint32_t>(kBuffer, 0);
    if (buffer >= buffers.size()) return file.fail();
    tensor.bytes = buffers[buffer];
    // A sparse tensor's buffer holds only some of its numbers: of another type, as far as this reader goes.
    tensor.type = table.has(kSparsity) ? TfliteType::other : type_of(table.number<std::int8_t>(kType, 0));
  }
}

void read_operators(const Table& subgraph, const std::vector<int>& codes, File& file, TfliteGraph& out) {
  const auto tensors_there = [&](const std::vector<int>& all) {
    for (const int tensor : all)  // -1: an input left out
      if (tensor < -1 || tensor >= static_cast<int>(out.tensors.size())) file.fail();
  };
  for (const Table& table : subgraph.tables(kOperators, kMostOperators)) {
    TfliteOperator& made = out.operators.emplace_back();
    const auto code = table.number<std::uint32_t>(kCodeIndex, 0);
    if (code >= codes.size()) return file.fail();
    made.op = op_of(codes[code]);
    made.inputs = table.numbers(kOperatorInputs);
    made.outputs = table.numbers(kOperatorOutputs);
    tensors_there(made.inputs);
    tensors_there(made.outputs);
    if (const std::optional<Table> options = table.table(kOptions)) read_options(*options, made);
  }
}

// https://en.wikipedia.org/wiki/Half-precision_floating-point_format
float from_half(std::uint16_t half) {
  const int exponent = half >> 10 & 0x1F, fraction = half & 0x3FF;
  float value = 0;
  if (exponent == 0) {
    value = std::ldexp(static_cast<float>(fraction), -24);
  } else if (exponent == 31) {
    value = fraction == 0 ? INFINITY : NAN;
  } else {
    value = std::ldexp(static_cast<float>(fraction + 1024), exponent - 25);
  }
  return half & 0x8000 ? -value : value;
}

}  // namespace

bool is_tflite(std::string_view bytes) { return bytes.size() >= 8 && bytes.substr(4, 4) == "TFL3"; }

Result<TfliteGraph> read_tflite(std::string_view bytes) {
  const Error damaged{kBadModel, "is damaged or cut short"};
  if (!is_tflite(bytes)) return Error{kBadModel, "is no TensorFlow Lite model"};
  File file(bytes);
  const Table model(file, file.number<std::uint32_t>(0));
  if (!file.damaged() && model.number<std::uint32_t>(kVersion, 0) != kSchemaVersion)
    return Error{kBadModel, "is a TensorFlow Lite model of another version"};

  std::vector<int> codes;
  for (const Table& code : model.tables(kCodes, kMostCodes)) {
    // Codes over 127 stand in a field that was added later.
    codes.push_back(std::max<int>(code.number<std::int8_t>(kOldCode, 0), code.number<std::int32_t>(kCode, 0)));
  }
  const std::vector<std::string_view> buffers = read_buffers(model, file);
  const std::vector<Table> subgraphs = model.tables(kSubgraphs, 16);
  if (file.damaged() || subgraphs.empty()) return damaged;
  TfliteGraph graph;
  read_tensors(subgraphs[0], buffers, file, graph);
  if (file.damaged()) return damaged;
  read_operators(subgraphs[0], codes, file, graph);
  graph.inputs = subgraphs[0].numbers(kInputs);
  graph.outputs = subgraphs[0].numbers(kOutputs);
  if (file.damaged()) return damaged;
  return graph;
}

std::vector<float> constant_numbers(const TfliteTensor& tensor) {
  std::size_t count = 1;
  for (const int side : tensor.shape) {
    count *= static_cast<std::size_t>(side);
    if (count > tensor.bytes.size()) return {};
  }
  std::vector<float> out;
  if (tensor.type == TfliteType::f32 && tensor.bytes.size() == 4 * count) {
    out.resize(count);
    std::memcpy(out.data(), tensor.bytes.data(), 4 * count);
  } else if (tensor.type == TfliteType::f16 && tensor.bytes.size() == 2 * count) {
    out.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      std::uint16_t half = 0;
      std::memcpy(&half, tensor.bytes.data() + 2 * i, 2);
      out.push_back(from_half(half));
    }
  }
  return out;
}

}  // namespace cumulet::vision
