#include "chat/mp4_header.hpp"

#include <array>
#include <string_view>

namespace cumulet::chat {
namespace {

constexpr int kMostBoxes = 4096;  // looked at, of all levels together
constexpr std::int64_t kMostPixels = 65'535;
constexpr std::int64_t kMostSeconds = 1'000'000;

struct Box {
  std::array<char, 4> type{};
  std::uint64_t body = 0, end = 0;  // offsets of the file
  bool is(std::string_view name) const { return std::string_view(type.data(), 4) == name; }
};

class Reader {
 public:
  Reader(const ReadAt& read, std::uint64_t size) : read_(read), size_(size) {}

  std::optional<VideoHeader> run() {
    bool is_mp4 = false;
    each(0, size_, [&](const Box& box) {
      is_mp4 = is_mp4 || box.is("ftyp") || box.is("moov");
      if (box.is("moov")) movie(box);
      return is_mp4;  // the first box of another file tells
    });
    if (!has_movie_) return std::nullopt;
    return header_;
  }

 private:
  template <class Use>
  void each(std::uint64_t at, std::uint64_t end, const Use& use) {
    while (end - at >= 8 && boxes_++ < kMostBoxes) {
      std::array<char, 16> head{};
      if (read_(at, head.data(), 8) < 8) return;
      std::uint64_t length = number(head.data(), 4), header = 8;
      if (length == 1) {
        if (end - at < 16 || read_(at, head.data(), 16) < 16) return;
        length = number(head.data() + 8, 8);
        header = 16;
      } else if (length == 0) {
        length = end - at;
      }
      if (length < header || length > end - at) return;
      Box box{{head[4], head[5], head[6], head[7]}, at + header, at + length};
      if (!use(box)) return;
      at += length;
    }
  }

  static std::uint64_t number(const char* bytes, int n) {
    std::uint64_t value = 0;
    for (int i = 0; i < n; ++i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
    return value;
  }

  void movie(const Box& moov) {
    has_movie_ = true;
    each(moov.body, moov.end, [this](const Box& box) {
      if (box.is("mvhd")) movie_header(box);
      if (box.is("trak") && header_.width == 0) track(box);
      return true;
    });
  }

  void movie_header(const Box& box) {
    std::array<char, 32> bytes{};
    if (box.end - box.body < bytes.size() || read_(box.body, bytes.data(), bytes.size()) < bytes.size()) return;
    const bool is_long = bytes[0] == 1;
    const std::uint64_t scale = number(bytes.data() + (is_long ? 20 : 12), 4);
    const std::uint64_t length = number(bytes.data() + (is_long ? 24 : 16), is_long ? 8 : 4);
    if (scale == 0 || length / scale >= static_cast<std::uint64_t>(kMostSeconds)) return;
    const std::uint64_t rest = length % scale;
    header_.duration = static_cast<std::int64_t>(length / scale + (rest * 2 >= scale ? 1 : 0));
  }

  void track(const Box& trak) {
    bool is_video = false;
    std::int64_t width = 0, height = 0;
    each(trak.body, trak.end, [&](const Box& box) {
      if (box.is("tkhd")) track_header(box, width, height);
      if (box.is("mdia"))
        each(box.body, box.end, [&](const Box& inner) {
          std::array<char, 12> bytes{};
          if (inner.is("hdlr") && inner.end - inner.body >= 12 && read_(inner.body, bytes.data(), 12) == 12)
            is_video = std::string_view(bytes.data() + 8, 4) == "vide";
          return true;
        });
      return true;
    });
    if (!is_video) return;
    header_.width = width;
    header_.height = height;
  }

  void track_header(const Box& box, std::int64_t& width, std::int64_t& height) {
    std::array<char, 96> bytes{};
    char version = 0;
    if (box.end == box.body || read_(box.body, &version, 1) < 1) return;
    const std::size_t length = version == 1 ? 96 : 84;
    if (box.end - box.body < length || read_(box.body, bytes.data(), length) < length) return;
    const char* size = bytes.data() + length - 8;  // 16.16 fixed point
    const char* matrix = size - 36;                // nine numbers; a turned picture has zeros on the diagonal
    width = static_cast<std::int64_t>(number(size, 4) >> 16);
    height = static_cast<std::int64_t>(number(size + 4, 4) >> 16);
    if (number(matrix, 4) == 0 && number(matrix + 16, 4) == 0 && number(matrix + 4, 4) != 0) std::swap(width, height);
    if (width > kMostPixels || height > kMostPixels) width = height = 0;
  }

  const ReadAt& read_;
  std::uint64_t size_;
  int boxes_ = 0;
  bool has_movie_ = false;
  VideoHeader header_;
};

}  // namespace

std::optional<VideoHeader> read_mp4_header(const ReadAt& read, std::uint64_t size) { return Reader(read, size).run(); }

}  // namespace cumulet::chat
