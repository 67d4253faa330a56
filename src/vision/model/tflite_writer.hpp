#pragma once
// Writes TensorFlow Lite files for tests: of what tflite.hpp reads, in FlatBuffers' layout, each table after the one
// that refers to it. https://flatbuffers.dev/internals/ Test-only.
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

namespace cumulet::vision::test {

class TfliteWriter {
 public:
  struct Tensor {
    std::vector<std::int32_t> shape;
    std::int8_t type = 0;  // 0: f32, 1: f16, 2: i32
    std::string bytes;
    bool sparse = false;
  };
  struct Operator {
    std::int32_t code = 0;  // as the schema counts them
    std::vector<std::int32_t> inputs, outputs;
    // The options' fields, place and value: numbers of four bytes, and of one.
    std::vector<std::pair<int, std::int32_t>> wide = {}, narrow = {};
  };

  static std::string file(const std::vector<Tensor>& tensors, const std::vector<Operator>& operators,
                          const std::vector<std::int32_t>& inputs, const std::vector<std::int32_t>& outputs,
                          std::uint32_t version = 3) {
    TfliteWriter w;
    w.out_ = std::string("\0\0\0\0TFL3", 8);
    const std::size_t model = w.table({{0, 4}, {1, 4}, {2, 4}, {4, 4}});
    w.point(0, model);
    w.put(w.field(model, 0), version);
    w.codes(w.field(model, 1), operators);
    const std::size_t subgraph = w.offsets(w.field(model, 2), 1)[0];
    const std::size_t graph = w.table({{0, 4}, {1, 4}, {2, 4}, {3, 4}});
    w.point(subgraph, graph);
    w.tensors(w.field(graph, 0), tensors);
    w.numbers(w.field(graph, 1), inputs);
    w.numbers(w.field(graph, 2), outputs);
    w.operators(w.field(graph, 3), operators);
    w.buffers(w.field(model, 4), tensors);
    return w.out_;
  }

 private:
  template <class T>
  void put(std::size_t at, T value) {
    std::memcpy(out_.data() + at, &value, sizeof value);
  }
  template <class T>
  std::size_t append(T value) {
    out_.append(reinterpret_cast<const char*>(&value), sizeof value);
    return out_.size() - sizeof value;
  }
  void point(std::size_t from, std::size_t to) { put(from, static_cast<std::uint32_t>(to - from)); }

  // A table with fields (place in the schema, size), zeros so far.
  std::size_t table(const std::vector<std::pair<int, int>>& fields) {
    const int last = fields.empty() ? -1 : fields.back().first;
    const std::size_t list = out_.size();
    std::vector<std::uint16_t> places(static_cast<std::size_t>(last + 1));
    std::uint16_t size = 4;
    for (const auto& [field, bytes] : fields)
      places[static_cast<std::size_t>(field)] = size, size += static_cast<std::uint16_t>(bytes);
    append(static_cast<std::uint16_t>(4 + 2 * places.size()));
    append(size);
    for (const std::uint16_t place : places) append(place);
    const std::size_t at = append(static_cast<std::int32_t>(out_.size() - list));
    out_.append(size - 4U, '\0');
    return at;
  }
  std::size_t field(std::size_t table, int place) const {
    std::int32_t back = 0;
    std::memcpy(&back, out_.data() + table, 4);
    std::uint16_t offset = 0;
    std::memcpy(&offset, out_.data() + table - back + 4 + 2 * place, 2);
    return table + offset;
  }
  // A vector of offsets: where each of them stands.
  std::vector<std::size_t> offsets(std::size_t from, std::size_t count) {
    point(from, append(static_cast<std::uint32_t>(count)));
    std::vector<std::size_t> out;
    for (std::size_t i = 0; i < count; ++i) out.push_back(append(std::uint32_t{0}));
    return out;
  }
  void numbers(std::size_t from, const std::vector<std::int32_t>& all) {
    point(from, append(static_cast<std::uint32_t>(all.size())));
    for (const std::int32_t one : all) append(one);
  }

  void codes(std::size_t from, const std::vector<Operator>& operators) {
    const auto places = offsets(from, operators.size());
    for (std::size_t i = 0; i < operators.size(); ++i) {
      const std::size_t code = table({{0, 1}, {3, 4}});
      point(places[i], code);
      put(field(code, 3), operators[i].code);
    }
  }
  void tensors(std::size_t from, const std::vector<Tensor>& all) {
    const auto places = offsets(from, all.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
      std::vector<std::pair<int, int>> fields{{0, 4}, {1, 1}, {2, 4}};
      if (all[i].sparse) fields.emplace_back(6, 4);
      const std::size_t tensor = table(fields);
      point(places[i], tensor);
      put(field(tensor, 1), all[i].type);
      put(field(tensor, 2), static_cast<std::uint32_t>(i));
      numbers(field(tensor, 0), all[i].shape);
      if (all[i].sparse) point(field(tensor, 6), table({}));
    }
  }
  void operators(std::size_t from, const std::vector<Operator>& all) {
    const auto places = offsets(from, all.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
      const std::size_t made = table({{0, 4}, {1, 4}, {2, 4}, {4, 4}});
      point(places[i], made);
      put(field(made, 0), static_cast<std::uint32_t>(i));
      numbers(field(made, 1), all[i].inputs);
      numbers(field(made, 2), all[i].outputs);
      std::vector<std::pair<int, int>> fields;
      for (int place = 0; place < 8; ++place) {
        for (const auto& one : all[i].wide)
          if (one.first == place) fields.emplace_back(place, 4);
        for (const auto& one : all[i].narrow)
          if (one.first == place) fields.emplace_back(place, 1);
      }
      const std::size_t options = table(fields);
      point(field(made, 4), options);
      for (const auto& [place, value] : all[i].wide) put(field(options, place), value);
      for (const auto& [place, value] : all[i].narrow) put(field(options, place), static_cast<std::int8_t>(value));
    }
  }
  void buffers(std::size_t from, const std::vector<Tensor>& all) {
    const auto places = offsets(from, all.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
      const std::size_t buffer = table({{0, 4}});
      point(places[i], buffer);
      point(field(buffer, 0), append(static_cast<std::uint32_t>(all[i].bytes.size())));
      out_ += all[i].bytes;
    }
  }

  std::string out_;
};

}  // namespace cumulet::vision::test
