#include "chat/mp4_header.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <string>

namespace cumulet::chat {
namespace {

std::string number(std::uint64_t value, int bytes) {
  std::string out;
  for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(value >> (8 * i));
  return out;
}
std::string box(const std::string& type, const std::string& body) { return number(body.size() + 8, 4) + type + body; }
std::string large_box(const std::string& type, const std::string& body) {
  return number(1, 4) + type + number(body.size() + 16, 8) + body;
}

enum class Turned { no, yes };

std::string movie_header(std::uint64_t scale, std::uint64_t length) {
  return box("mvhd", number(0, 12) + number(scale, 4) + number(length, 4) + std::string(80, '\0'));
}
std::string long_movie_header(std::uint64_t scale, std::uint64_t length) {
  return box("mvhd",
             number(0x01000000, 4) + number(0, 16) + number(scale, 4) + number(length, 8) + std::string(80, '\0'));
}
std::string track(const std::string& handler, std::uint64_t width, std::uint64_t height, Turned turned = Turned::no) {
  std::string matrix(36, '\0');
  const int diagonal[] = {0, 16}, others[] = {4, 12};
  for (const int at : turned == Turned::no ? diagonal : others) matrix[static_cast<std::size_t>(at) + 1] = 1;
  const std::string header = number(0, 40) + matrix + number(width << 16, 4) + number(height << 16, 4);
  return box("trak", box("tkhd", header) + box("mdia", box("hdlr", number(0, 8) + handler + std::string(13, '\0'))));
}

std::optional<VideoHeader> read(const std::string& file) {
  const ReadAt at = [&file](std::uint64_t offset, char* out, std::size_t n) -> std::size_t {
    if (offset >= file.size()) return 0;
    const std::size_t got = std::min<std::size_t>(n, file.size() - offset);
    std::memcpy(out, file.data() + offset, got);
    return got;
  };
  return read_mp4_header(at, file.size());
}

const std::string kType = box("ftyp", "isom0000");

TEST(Mp4Header, SizeAndDuration) {
  const std::string moov = box("moov", movie_header(1000, 12'499) + track("soun", 7, 7) + track("vide", 1920, 1080));
  for (const std::string& file : {kType + moov, kType + box("mdat", std::string(5000, 'x')) + moov,
                                  kType + large_box("mdat", std::string(5000, 'x')) + moov, moov}) {
    const auto header = read(file);
    ASSERT_TRUE(header);
    EXPECT_EQ(header->width, 1920);
    EXPECT_EQ(header->height, 1080);
    EXPECT_EQ(header->duration, 12);
  }
}

TEST(Mp4Header, APictureOnItsSide) {
  const auto header = read(kType + box("moov", long_movie_header(600, 900) + track("vide", 640, 360, Turned::yes)));
  ASSERT_TRUE(header);
  EXPECT_EQ(header->width, 360);
  EXPECT_EQ(header->height, 640);
  EXPECT_EQ(header->duration, 2);
}

TEST(Mp4Header, SoundAloneHasNoPicture) {
  const auto header = read(kType + box("moov", movie_header(1, 5) + track("soun", 0, 0)));
  ASSERT_TRUE(header);
  EXPECT_EQ(header->width, 0);
}

TEST(Mp4Header, HostileBytes) {
  EXPECT_FALSE(read(""));
  EXPECT_FALSE(read("no film at all, but long enough"));
  EXPECT_FALSE(read(kType));
  EXPECT_FALSE(read(kType + number(0xFFFFFFFF, 4) + "moov"));    // longer than the file
  EXPECT_FALSE(read(kType + number(3, 4) + "moov"));             // shorter than its own head
  EXPECT_FALSE(read(number(1, 4) + "moov" + number(~0ull, 8)));  // 64 bits of length
  EXPECT_FALSE(read(std::string(1 << 20, '\0')));                // boxes without end
  EXPECT_EQ(read(kType + box("moov", movie_header(0, 5)))->duration, 0);
  EXPECT_EQ(read(kType + box("moov", long_movie_header(1, ~0ull)))->duration, 0);
  EXPECT_EQ(read(kType + box("moov", box("mvhd", "x") + box("trak", box("tkhd", "")))).value().width, 0);
}

TEST(Mp4Header, ManyBoxesAreNotAllLookedAt) {
  std::string many = kType;
  for (int i = 0; i < 10'000; ++i) many += box("free", "");
  EXPECT_FALSE(read(many + box("moov", movie_header(1, 5) + track("vide", 4, 4))));
}

}  // namespace
}  // namespace cumulet::chat
