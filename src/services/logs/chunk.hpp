#pragma once
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"

// Log events are stored packed: a chunk is a run of one stream's events in the order of their arrival.
namespace cumulet::logs {

struct InputEvent {
  TimePoint timestamp;
  std::string message;
};

// Where an event stands in the order of reading: by time, then by arrival.
struct Position {
  std::int64_t timestamp = 0;  // milliseconds
  std::int64_t chunk = 0;
  std::int64_t index = 0;
  auto operator<=>(const Position&) const = default;
};

// 56 digits: the form of AWS's event ids and of the tokens of GetLogEvents. parse: false on anything else.
std::string digits(const Position& at);
bool parse_digits(std::string_view text, Position& out);

struct StoredEvent {
  Position at;
  std::int64_t ingested = 0;  // milliseconds
  std::string_view message;   // into the chunk's bytes
};

// Adds an event to a chunk's bytes (empty: a new chunk).
void pack(std::string& chunk, std::int64_t timestamp, std::int64_t ingested, std::string_view message);
// The events in reading order. `bytes` must outlive them. Bytes that do not parse end the list.
std::vector<StoredEvent> unpack(std::string_view bytes, std::int64_t chunk_id);

}  // namespace cumulet::logs
