// PNG by libpng. http://www.libpng.org/pub/png/libpng-manual.txt
#include <png.h>

#include <csetjmp>
#include <cstring>

#include "vision/media/exif.hpp"
#include "vision/media/picture_formats.hpp"

namespace cumulet::vision {
namespace {

constexpr std::uint64_t kMostDeflated =
    1032;  // bytes out of one (zlib.net/zlib_tech.html, "Maximum Compression Factor")
// Texts, profiles and what else is no picture: more than any needs.
constexpr png_uint_32 kMostChunks = 1000;
constexpr png_alloc_size_t kLargestChunk = 8 << 20;

// libpng leaves by a jump when it cannot go on, over frames without destructors alone.
struct Decoder {
  png_structp codec = nullptr;
  png_infop info = nullptr;
  std::string_view left;

  ~Decoder() { png_destroy_read_struct(&codec, &info, nullptr); }
};

void read_bytes(png_structp codec, png_bytep out, png_size_t count) {
  std::string_view& left = static_cast<Decoder*>(png_get_io_ptr(codec))->left;
  if (count > left.size()) png_error(codec, "cut short");
  std::memcpy(out, left.data(), count);
  left.remove_prefix(count);
}

[[noreturn]] void give_up(png_structp codec, png_const_charp) { png_longjmp(codec, 1); }

// Whatever kind it is: three bytes a pixel, blue first.
void ask_for_bgr(png_structp codec) {
  png_set_palette_to_rgb(codec);
  png_set_expand_gray_1_2_4_to_8(codec);
  png_set_strip_16(codec);
  png_set_strip_alpha(codec);
  png_set_gray_to_rgb(codec);
  png_set_bgr(codec);
}

bool read_head(Decoder& decoder, int largest_side) {
  if (setjmp(png_jmpbuf(decoder.codec)) != 0) return false;
  const auto largest = static_cast<png_uint_32>(largest_side);
  png_set_user_limits(decoder.codec, largest, largest);
  png_set_chunk_cache_max(decoder.codec, kMostChunks);
  png_set_chunk_malloc_max(decoder.codec, kLargestChunk);
  png_set_read_fn(decoder.codec, &decoder, read_bytes);
  const std::uint64_t size = decoder.left.size();
  png_read_info(decoder.codec, decoder.info);
  // A head that declares more than the file can hold: nothing is allocated for it.
  const std::uint64_t rows = png_get_image_height(decoder.codec, decoder.info);
  if (rows * png_get_rowbytes(decoder.codec, decoder.info) > size * kMostDeflated) return false;
  ask_for_bgr(decoder.codec);
  png_set_interlace_handling(decoder.codec);
  png_read_update_info(decoder.codec, decoder.info);
  return true;
}

// To the file's end, whose chunks are the picture's as well: one that was cut there is damaged.
bool read_rows(Decoder& decoder, png_bytepp rows) {
  if (setjmp(png_jmpbuf(decoder.codec)) != 0) return false;
  png_read_image(decoder.codec, rows);
  png_read_end(decoder.codec, decoder.info);
  return true;
}

Orientation orientation_of(const Decoder& decoder) {
  png_uint_32 size = 0;
  png_bytep exif = nullptr;
  if (png_get_eXIf_1(decoder.codec, decoder.info, &size, &exif) == 0) return {};
  return exif_orientation({reinterpret_cast<const char*>(exif), size});
}

std::uint32_t big_endian(std::string_view bytes) {
  std::uint32_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<std::uint8_t>(byte);
  return value;
}

}  // namespace

Result<CodedPicture> decode_png(std::string_view bytes, int largest_side) {
  // The sides stand first. libpng refuses large ones as well, without telling why.
  constexpr std::size_t kSides = 16;
  if (bytes.size() < kSides + 8) return damaged_picture();
  const std::uint32_t width = big_endian(bytes.substr(kSides, 4)), height = big_endian(bytes.substr(kSides + 4, 4));
  const auto largest = static_cast<std::uint32_t>(largest_side);
  if (width > largest || height > largest) return too_large_picture(largest_side);

  Decoder decoder;
  decoder.left = bytes;
  decoder.codec = png_create_read_struct(PNG_LIBPNG_VER_STRING, nullptr, give_up, [](png_structp, png_const_charp) {});
  if (decoder.codec != nullptr) decoder.info = png_create_info_struct(decoder.codec);
  if (decoder.info == nullptr || !read_head(decoder, largest_side)) return damaged_picture();
  const std::size_t row_bytes = 3 * std::size_t{width};
  if (png_get_rowbytes(decoder.codec, decoder.info) != row_bytes) return damaged_picture();

  CodedPicture picture;
  picture.width = picture.image.width = static_cast<int>(width);
  picture.height = picture.image.height = static_cast<int>(height);
  picture.image.bgr.resize(row_bytes * height);
  std::vector<png_bytep> rows(height);
  for (std::size_t y = 0; y < rows.size(); ++y) rows[y] = picture.image.bgr.data() + y * row_bytes;
  if (!read_rows(decoder, rows.data())) return damaged_picture();
  picture.orientation = orientation_of(decoder);
  return picture;
}

}  // namespace cumulet::vision
