#include "storage/row_checksum.hpp"

#include <array>
#include <cstring>

namespace cumulet::storage {
namespace {

constexpr std::uint32_t kPolynomial = 0x82F63B78;  // CRC-32C, reflected

constexpr std::array<std::uint32_t, 256> make_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? (crc >> 1) ^ kPolynomial : crc >> 1;
    table[byte] = crc;
  }
  return table;
}
constexpr auto kTable = make_table();

std::uint32_t by_table(std::uint32_t crc, std::string_view bytes) {
  for (const char c : bytes) crc = (crc >> 8) ^ kTable[(crc ^ static_cast<unsigned char>(c)) & 0xff];
  return crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t by_instruction(std::uint32_t crc, std::string_view bytes) {
  std::uint64_t wide = crc;
  for (; bytes.size() >= 8; bytes.remove_prefix(8)) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), 8);
    wide = __builtin_ia32_crc32di(wide, word);
  }
  crc = static_cast<std::uint32_t>(wide);
  for (const char c : bytes) crc = __builtin_ia32_crc32qi(crc, static_cast<unsigned char>(c));
  return crc;
}
const bool kHasInstruction = __builtin_cpu_supports("sse4.2") != 0;
std::uint32_t update(std::uint32_t crc, std::string_view bytes) {
  return kHasInstruction ? by_instruction(crc, bytes) : by_table(crc, bytes);
}
#else
std::uint32_t update(std::uint32_t crc, std::string_view bytes) { return by_table(crc, bytes); }
#endif

}  // namespace

std::int64_t row_checksum(std::initializer_list<std::string_view> fields) {
  std::uint32_t crc = ~0u;
  for (const std::string_view field : fields) {
    const std::uint64_t size = field.size();
    char length[sizeof size];
    std::memcpy(length, &size, sizeof size);
    crc = update(crc, {length, sizeof length});
    crc = update(crc, field);
  }
  return static_cast<std::int64_t>(~crc);
}

}  // namespace cumulet::storage
