#include "services/logs/chunk.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>

namespace cumulet::logs {
namespace {

void put_varint(std::string& out, std::uint64_t v) {
  while (v >= 0x80) {
    out += static_cast<char>(v | 0x80);
    v >>= 7;
  }
  out += static_cast<char>(v);
}

bool take_varint(std::string_view& in, std::uint64_t& v) {
  v = 0;
  for (int shift = 0; shift < 64 && !in.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(in.front());
    in.remove_prefix(1);
    v |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

std::uint64_t zigzag(std::int64_t v) {
  return (static_cast<std::uint64_t>(v) << 1) ^ static_cast<std::uint64_t>(v >> 63);
}
std::int64_t unzigzag(std::uint64_t v) { return static_cast<std::int64_t>(v >> 1) ^ -static_cast<std::int64_t>(v & 1); }

// Wraps: damaged bytes give odd times, never undefined behaviour.
std::int64_t sum(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

constexpr int kTimeDigits = 20, kChunkDigits = 20, kIndexDigits = 16;

bool number(std::string_view text, std::int64_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && end == text.data() + text.size() && out >= 0;
}

}  // namespace

std::string digits(const Position& at) {
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, "%020lld%020lld%016lld", static_cast<long long>(at.timestamp),
                static_cast<long long>(at.chunk), static_cast<long long>(at.index));
  return std::string(buffer, kTimeDigits + kChunkDigits + kIndexDigits);
}

bool parse_digits(std::string_view text, Position& out) {
  return text.size() == kTimeDigits + kChunkDigits + kIndexDigits &&
         number(text.substr(0, kTimeDigits), out.timestamp) &&
         number(text.substr(kTimeDigits, kChunkDigits), out.chunk) &&
         number(text.substr(kTimeDigits + kChunkDigits), out.index);
}

// Layout: base time (varint, zigzag), then for each event time and ingestion relative to it, length, bytes.
void pack(std::string& chunk, std::int64_t timestamp, std::int64_t ingested, std::string_view message) {
  std::int64_t base = timestamp;
  if (chunk.empty()) {
    put_varint(chunk, zigzag(base));
  } else {
    std::string_view head = chunk;
    std::uint64_t raw = 0;
    take_varint(head, raw);
    base = unzigzag(raw);
  }
  put_varint(chunk, zigzag(timestamp - base));
  put_varint(chunk, zigzag(ingested - base));
  put_varint(chunk, message.size());
  chunk += message;
}

std::vector<StoredEvent> unpack(std::string_view bytes, std::int64_t chunk_id) {
  std::vector<StoredEvent> events;
  std::uint64_t raw = 0;
  if (!take_varint(bytes, raw)) return events;
  const std::int64_t base = unzigzag(raw);
  while (!bytes.empty()) {
    std::uint64_t time = 0, ingested = 0, length = 0;
    if (!take_varint(bytes, time) || !take_varint(bytes, ingested) || !take_varint(bytes, length) ||
        length > bytes.size())
      break;
    events.push_back({{sum(base, unzigzag(time)), chunk_id, static_cast<std::int64_t>(events.size())},
                      sum(base, unzigzag(ingested)),
                      bytes.substr(0, length)});
    bytes.remove_prefix(length);
  }
  const auto by_position = [](const StoredEvent& a, const StoredEvent& b) { return a.at < b.at; };
  if (!std::is_sorted(events.begin(), events.end(), by_position)) std::sort(events.begin(), events.end(), by_position);
  return events;
}

}  // namespace cumulet::logs
