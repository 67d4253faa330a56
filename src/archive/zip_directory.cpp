#include "archive/zip_directory.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace cumulet::archive {
namespace {

constexpr std::uint32_t kLocalHeader = 0x04034b50, kCentralHeader = 0x02014b50, kEnd = 0x06054b50;
constexpr std::uint32_t kEnd64 = 0x06064b50, kEnd64Locator = 0x07064b50;
constexpr std::size_t kLocalBytes = 30, kCentralBytes = 46, kEndBytes = 22, kEnd64Bytes = 56, kLocatorBytes = 20;
constexpr std::size_t kLongestComment = 0xffff;
constexpr std::uint16_t kInExtra16 = 0xffff;
constexpr std::uint32_t kInExtra32 = 0xffffffff;
constexpr std::uint16_t kEncrypted = 1 << 0, kSizesFollow = 1 << 3, kMaskedHeaders = 1 << 13;

// Little-endian numbers at a place; reading past the end gives zeros and is remembered.
class Bytes {
 public:
  explicit Bytes(std::string_view all) : all_(all) {}
  std::uint64_t number(std::uint64_t at, unsigned width) const {
    if (at > all_.size() || width > all_.size() - at) {
      is_short_ = true;
      return 0;
    }
    std::uint64_t value = 0;
    for (unsigned i = 0; i < width; ++i)
      value |= static_cast<std::uint64_t>(static_cast<unsigned char>(all_[at + i])) << (8 * i);
    return value;
  }
  std::uint16_t u16(std::uint64_t at) const { return static_cast<std::uint16_t>(number(at, 2)); }
  std::uint32_t u32(std::uint64_t at) const { return static_cast<std::uint32_t>(number(at, 4)); }
  std::uint64_t u64(std::uint64_t at) const { return number(at, 8); }
  std::string_view text(std::uint64_t at, std::uint64_t size) const {
    if (at > all_.size() || size > all_.size() - at) {
      is_short_ = true;
      return {};
    }
    return all_.substr(at, size);
  }
  std::uint64_t size() const { return all_.size(); }
  bool is_short() const { return is_short_; }

 private:
  std::string_view all_;
  mutable bool is_short_ = false;
};

struct Directory {
  std::uint64_t entries = 0, offset = 0, end = 0;
};

// The record at the very end, its comment included.
std::optional<std::uint64_t> find_end(const Bytes& zip) {
  if (zip.size() < kEndBytes) return std::nullopt;
  const std::uint64_t last = zip.size() - kEndBytes;
  const std::uint64_t first = last > kLongestComment ? last - kLongestComment : 0;
  for (std::uint64_t at = last + 1; at-- > first;)
    if (zip.u32(at) == kEnd && at + kEndBytes + zip.u16(at + 20) == zip.size()) return at;
  return std::nullopt;
}

std::optional<Directory> read_end(const Bytes& zip) {
  const auto end = find_end(zip);
  if (!end) return std::nullopt;
  Directory d{zip.u16(*end + 10), zip.u32(*end + 16), *end};
  std::uint64_t size = zip.u32(*end + 12);
  const bool is_one_disk = zip.u16(*end + 4) == 0 && zip.u16(*end + 6) == 0 && zip.u16(*end + 8) == zip.u16(*end + 10);
  const bool is_large = d.entries == kInExtra16 || size == kInExtra32 || d.offset == kInExtra32;
  if (is_large && *end >= kLocatorBytes && zip.u32(*end - kLocatorBytes) == kEnd64Locator) {
    const std::uint64_t at = zip.u64(*end - kLocatorBytes + 8);
    if (zip.u32(at) != kEnd64 || zip.u64(at + 4) != *end - kLocatorBytes - at - 12) return std::nullopt;
    if (zip.u32(at + 16) != 0 || zip.u32(at + 20) != 0 || zip.u64(at + 24) != zip.u64(at + 32)) return std::nullopt;
    d = {zip.u64(at + 32), zip.u64(at + 48), at};
    size = zip.u64(at + 40);
    if (*end - kLocatorBytes < at + kEnd64Bytes) return std::nullopt;
  } else if (!is_one_disk) {
    return std::nullopt;
  }
  if (zip.is_short() || size > d.end || d.offset != d.end - size) return std::nullopt;
  return d;
}

struct Member {
  std::string_view name;
  std::uint16_t flags = 0, method = 0;
  std::uint64_t packed = 0, size = 0, local = 0;
};

// The values that do not fit their fields stand in the zip64 extra field, in this order.
bool read_large(const Bytes& zip, std::uint64_t extra, std::uint64_t extra_size, Member& m) {
  const bool wants_size = m.size == kInExtra32, wants_packed = m.packed == kInExtra32,
             wants_local = m.local == kInExtra32;
  if (!wants_size && !wants_packed && !wants_local) return true;
  for (std::uint64_t at = extra; at + 4 <= extra + extra_size;) {
    const std::uint64_t size = zip.u16(at + 2), end = at + 4 + size;
    if (end > extra + extra_size) return false;
    if (zip.u16(at) == 1) {
      std::uint64_t from = at + 4;
      for (auto [wants, value] : {std::pair(wants_size, &m.size), {wants_packed, &m.packed}, {wants_local, &m.local}}) {
        if (!wants) continue;
        if (from + 8 > end) return false;
        *value = zip.u64(from);
        from += 8;
      }
      return true;
    }
    at = end;
  }
  return false;
}

// The member's own header says the same; gives where its data end.
std::optional<std::uint64_t> check_local(const Bytes& zip, const Member& m) {
  const std::uint64_t name_size = zip.u16(m.local + 26), extra_size = zip.u16(m.local + 28);
  if (zip.u32(m.local) != kLocalHeader || zip.text(m.local + kLocalBytes, name_size) != m.name) return std::nullopt;
  const std::uint16_t flags = zip.u16(m.local + 6);
  if (((flags ^ m.flags) & (kEncrypted | kSizesFollow)) != 0 || zip.u16(m.local + 8) != m.method) return std::nullopt;
  const std::uint32_t packed = zip.u32(m.local + 18), size = zip.u32(m.local + 22);
  const auto differs = [](std::uint32_t local, std::uint64_t central) {
    return local != kInExtra32 && local != central;
  };
  if ((flags & kSizesFollow) == 0 && (differs(packed, m.packed) || differs(size, m.size))) return std::nullopt;
  const std::uint64_t data = m.local + kLocalBytes + name_size + extra_size;
  if (m.packed > zip.size() || data > zip.size() - m.packed) return std::nullopt;
  return data + m.packed;
}

}  // namespace

bool is_whole_zip(std::string_view text) {
  const Bytes zip(text);
  const auto directory = read_end(zip);
  if (!directory) return false;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> taken;  // from, to
  std::uint64_t at = directory->offset;
  for (std::uint64_t i = 0; i < directory->entries; ++i) {
    if (at + kCentralBytes > directory->end || zip.u32(at) != kCentralHeader) return false;
    const std::uint64_t name_size = zip.u16(at + 28), extra_size = zip.u16(at + 30), comment_size = zip.u16(at + 32);
    Member m;
    m.flags = zip.u16(at + 8);
    m.method = zip.u16(at + 10);
    m.packed = zip.u32(at + 20);
    m.size = zip.u32(at + 24);
    m.local = zip.u32(at + 42);
    m.name = zip.text(at + kCentralBytes, name_size);
    if (m.name.empty() || m.name.find('\0') != m.name.npos || (m.flags & (kEncrypted | kMaskedHeaders)) != 0)
      return false;
    if (!read_large(zip, at + kCentralBytes + name_size, extra_size, m)) return false;
    const auto end = check_local(zip, m);
    if (!end || *end > directory->offset || zip.is_short()) return false;
    taken.emplace_back(m.local, *end);
    at += kCentralBytes + name_size + extra_size + comment_size;
  }
  if (at != directory->end) return false;
  std::sort(taken.begin(), taken.end());
  if (!taken.empty() && taken.front().first != 0) return false;
  for (std::size_t i = 1; i < taken.size(); ++i)
    if (taken[i].first < taken[i - 1].second) return false;
  return true;
}

}  // namespace cumulet::archive
