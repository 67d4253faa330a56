#pragma once
#include <cstdint>
#include <string_view>

namespace cumulet {

// The fields of one message in Protocol Buffers' wire format, in the order they were written. Reads `bytes` and nothing
// outside of them, whatever they hold; copies nothing. Groups, which no format in use here has, count as damage.
// https://protobuf.dev/programming-guides/encoding/
class ProtobufFields {
 public:
  explicit ProtobufFields(std::string_view bytes) : left_(bytes) {}

  // The next field; false at the end, and where the bytes are no message.
  bool next() {
    if (left_.empty() || damaged_) return false;
    const std::uint64_t tag = varint();
    number_ = tag >> 3;
    is_number_ = (tag & 7) == 0;
    bytes_ = {};
    value_ = 0;
    switch (tag & 7) {
      case 0: value_ = varint(); break;
      case 1: take(8); break;
      case 2: take(varint()); break;
      case 5: take(4); break;
      default: damaged_ = true;
    }
    if (number_ == 0) damaged_ = true;
    return !damaged_;
  }
  // A repeated whole number may be packed: the numbers one after another in the field's bytes. True while there is one,
  // which value() then is.
  bool next_packed() {
    if (left_.empty() || damaged_) return false;
    value_ = varint();
    return !damaged_;
  }

  bool damaged() const { return damaged_; }
  std::uint64_t number() const { return number_; }
  bool is_number() const { return is_number_; }      // whether the field is a whole number: value(), else bytes()
  std::uint64_t value() const { return value_; }     // of a whole number
  std::string_view bytes() const { return bytes_; }  // of a text, a message, a number of fixed length, packed numbers

 private:
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64 && !left_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(left_.front());
      left_.remove_prefix(1);
      value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
    damaged_ = true;
    return 0;
  }
  void take(std::uint64_t length) {
    if (damaged_ || length > left_.size()) {
      damaged_ = true;
      return;
    }
    bytes_ = left_.substr(0, length);
    left_.remove_prefix(length);
  }

  std::string_view left_, bytes_;
  std::uint64_t number_ = 0, value_ = 0;
  bool is_number_ = false, damaged_ = false;
};

}  // namespace cumulet
