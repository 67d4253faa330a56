#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/database.hpp"

namespace cumulet::storage {

// What a scrub looked at and found: each service reads all that it stores and compares it with what stands beside it.
class Scrub {
 public:
  struct Damage {
    std::string what;    // "object b/k: its bytes are not those of its ETag"
    std::string advice;  // "put it again, or delete it"
  };

  void checked(std::uint64_t bytes) {
    ++items_;
    bytes_ += bytes;
  }
  void damaged(std::string what, std::string_view advice) { found_.push_back({std::move(what), std::string(advice)}); }
  // Reads one thing; a DamagedRow that it throws is noted.
  void look(std::string_view advice, const std::function<void()>& read) {
    try {
      read();
    } catch (const DamagedRow& damage) {
      damaged(damage.message, advice);
    }
  }

  std::uint64_t items() const { return items_; }
  std::uint64_t bytes() const { return bytes_; }
  const std::vector<Damage>& found() const { return found_; }

 private:
  std::uint64_t items_ = 0, bytes_ = 0;
  std::vector<Damage> found_;
};

}  // namespace cumulet::storage
