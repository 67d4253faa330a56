#include "services/lambda/event_stream.hpp"

#include <array>
#include <cstdint>

#include "base/json.hpp"

namespace cumulet::lambda {
namespace {

constexpr std::array<std::uint32_t, 256> kCrcTable = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value & 1) != 0 ? (value >> 1) ^ 0xEDB88320u : value >> 1;
    table[i] = value;
  }
  return table;
}();

std::uint32_t crc32(std::string_view bytes) {
  std::uint32_t crc = ~0u;
  for (const char c : bytes) crc = kCrcTable[(crc ^ static_cast<unsigned char>(c)) & 0xff] ^ (crc >> 8);
  return ~crc;
}

void put(std::string& out, std::uint32_t value, int bytes) {  // big-endian
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out += static_cast<char>(value >> shift);
}

}  // namespace

std::string event_stream_message(const std::vector<std::pair<std::string_view, std::string_view>>& headers,
                                 std::string_view payload) {
  constexpr char kString = 7;
  constexpr std::size_t kAround = 16;  // two lengths and two checksums
  std::string fields;
  for (const auto& [name, value] : headers) {
    put(fields, static_cast<std::uint32_t>(name.size()), 1);
    fields += name;
    fields += kString;
    put(fields, static_cast<std::uint32_t>(value.size()), 2);
    fields += value;
  }
  std::string out;
  out.reserve(kAround + fields.size() + payload.size());
  put(out, static_cast<std::uint32_t>(kAround + fields.size() + payload.size()), 4);
  put(out, static_cast<std::uint32_t>(fields.size()), 4);
  put(out, crc32(out), 4);
  out += fields;
  out += payload;
  put(out, crc32(out), 4);
  return out;
}

std::string payload_chunk(std::string_view bytes) {
  return event_stream_message(
      {{":message-type", "event"}, {":event-type", "PayloadChunk"}, {":content-type", "application/octet-stream"}},
      bytes);
}

std::string invoke_complete(std::string_view error_code, std::string_view error_details, std::string_view log_result) {
  json::object body;
  if (!error_code.empty()) {
    body["ErrorCode"] = error_code;
    body["ErrorDetails"] = error_details;
  }
  if (!log_result.empty()) body["LogResult"] = log_result;
  return event_stream_message(
      {{":message-type", "event"}, {":event-type", "InvokeComplete"}, {":content-type", "application/json"}},
      json::text(body));
}

}  // namespace cumulet::lambda
