#include "vision/media/picture.hpp"

#include <gtest/gtest.h>
#include <png.h>

#include <cstdio>
// <jpeglib.h> needs <cstdio>
#include <jpeglib.h>

#include <array>
#include <cstdlib>
#include <random>
#include <string>

#include "vision/media/errors.hpp"
#include "vision/media/exif.hpp"
#include "vision/media/resize.hpp"

namespace cumulet::vision {
namespace {

using namespace std::string_literals;
constexpr int kAnySide = 10'000;

using Colour = std::array<int, 3>;  // blue, green, red

Colour colour_at(const Image& image, int x, int y) {
  const std::uint8_t* at = &image.bgr[3 * (static_cast<std::size_t>(y) * image.width + x)];
  return {at[0], at[1], at[2]};
}

std::string refusal(std::string_view bytes) {
  const auto decoded = decode_picture(bytes, kAnySide, kAnySide);
  return decoded.ok() ? "none" : std::string(decoded.error().code());
}

// EXIF's data with nothing but an orientation.
std::string exif(int orientation, bool little) {
  return little ? "II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0"s + static_cast<char>(orientation) + "\0\0\0\0\0\0\0"s
                : "MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0"s + static_cast<char>(orientation) + "\0\0\0\0\0\0"s;
}

// ---- JPEG ----

struct JpegKind {
  J_COLOR_SPACE colours = JCS_RGB;
  bool progressive = false, adobe = true, arithmetic = false;
};

// A picture of 48x32 in four quarters, as the colour space has it: `quarters` from left to right, upper ones first.
std::string jpeg(const std::array<std::vector<int>, 4>& quarters, JpegKind kind = {}, int width = 48, int height = 32) {
  jpeg_compress_struct codec{};
  jpeg_error_mgr errors{};
  codec.err = jpeg_std_error(&errors);
  jpeg_create_compress(&codec);
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&codec, &bytes, &size);
  codec.image_width = static_cast<JDIMENSION>(width);
  codec.image_height = static_cast<JDIMENSION>(height);
  codec.input_components = static_cast<int>(quarters[0].size());
  codec.in_color_space = kind.colours;
  jpeg_set_defaults(&codec);
  jpeg_set_quality(&codec, 95, TRUE);
  if (kind.progressive) jpeg_simple_progression(&codec);
  codec.arith_code = kind.arithmetic ? TRUE : FALSE;
  if (!kind.adobe) codec.write_Adobe_marker = FALSE;
  jpeg_start_compress(&codec, TRUE);
  for (int y = 0; y < height; ++y) {
    std::vector<unsigned char> row;
    for (int x = 0; x < width; ++x) {
      for (const int sample : quarters[(y >= height / 2 ? 2 : 0) + (x >= width / 2 ? 1 : 0)]) {
        row.push_back(static_cast<unsigned char>(sample));
      }
    }
    unsigned char* rows[] = {row.data()};
    jpeg_write_scanlines(&codec, rows, 1);
  }
  jpeg_finish_compress(&codec);
  jpeg_destroy_compress(&codec);
  std::string out(reinterpret_cast<char*>(bytes), size);
  std::free(bytes);
  return out;
}

const std::array<std::vector<int>, 4> kQuarters{{{200, 30, 40}, {20, 210, 60}, {50, 40, 220}, {230, 220, 30}}};

std::string with_exif(const std::string& jpeg, const std::string& tiff) {
  const std::string data = "Exif\0\0"s + tiff;
  const auto length = data.size() + 2;
  return jpeg.substr(0, 2) + "\xFF\xE1"s + static_cast<char>(length >> 8) + static_cast<char>(length) + data +
         jpeg.substr(2);
}

void expect_near(const Colour& found, const Colour& wanted, int most, const std::string& what) {
  for (int i = 0; i < 3; ++i) EXPECT_NEAR(found[i], wanted[i], most) << what << ", colour " << i;
}

// Whether the four quarters' middles have these colours (red, green, blue).
void expect_quarters(const Image& image, const std::array<std::vector<int>, 4>& wanted, const std::string& what) {
  for (int quarter = 0; quarter < 4; ++quarter) {
    const int x = image.width / 4 + (quarter % 2) * image.width / 2;
    const int y = image.height / 4 + (quarter / 2) * image.height / 2;
    const auto& rgb = wanted[quarter];
    expect_near(colour_at(image, x, y), {rgb[2], rgb[1], rgb[0]}, 8, what + ", quarter " + std::to_string(quarter));
  }
}

TEST(JpegPicture, OfEveryKind) {
  for (const JpegKind kind : {JpegKind{}, {JCS_RGB, true}, {JCS_RGB, false, true, true}, {JCS_RGB, true, true, true}}) {
    const auto decoded = decode_picture(jpeg(kQuarters, kind), kAnySide, kAnySide);
    ASSERT_TRUE(decoded.ok());
    EXPECT_EQ(decoded->width, 48);
    EXPECT_EQ(decoded->height, 32);
    EXPECT_EQ(decoded->image.width, 48);
    expect_quarters(decoded->image, kQuarters, kind.progressive ? "progressive" : "baseline");
  }
}

TEST(JpegPicture, Grey) {
  const auto decoded = decode_picture(jpeg({{{0}, {80}, {160}, {255}}}, {JCS_GRAYSCALE}), kAnySide, kAnySide);
  ASSERT_TRUE(decoded.ok());
  expect_quarters(decoded->image, {{{0, 0, 0}, {80, 80, 80}, {160, 160, 160}, {255, 255, 255}}}, "grey");
}

TEST(JpegPicture, OfInks) {
  // Cyan, magenta, yellow and black, each full and alone.
  std::array<std::vector<int>, 4> inks{{{255, 0, 0, 0}, {0, 255, 0, 0}, {0, 0, 255, 0}, {0, 0, 0, 255}}};
  const std::array<std::vector<int>, 4> colours{{{0, 255, 255}, {255, 0, 255}, {255, 255, 0}, {0, 0, 0}}};
  const auto plain = decode_picture(jpeg(inks, {JCS_CMYK, false, false}), kAnySide, kAnySide);
  ASSERT_TRUE(plain.ok());
  expect_quarters(plain->image, colours, "as the standard has it");
  for (auto& quarter : inks) {
    for (int& ink : quarter) ink = 255 - ink;
  }
  const auto adobe = decode_picture(jpeg(inks, {JCS_CMYK, false, true}), kAnySide, kAnySide);
  ASSERT_TRUE(adobe.ok());
  expect_quarters(adobe->image, colours, "as Adobe writes it");
}

TEST(JpegPicture, IsTurnedByItsOrientation) {
  // Which quarter as coded stands where when it is displayed, by EXIF's orientation.
  constexpr int kPlaces[8][4] = {{0, 1, 2, 3}, {1, 0, 3, 2}, {3, 2, 1, 0}, {2, 3, 0, 1},
                                 {0, 2, 1, 3}, {2, 0, 3, 1}, {3, 1, 2, 0}, {1, 3, 0, 2}};
  for (const bool little : {false, true}) {
    for (int orientation = 1; orientation <= 8; ++orientation) {
      const auto decoded = decode_picture(with_exif(jpeg(kQuarters), exif(orientation, little)), kAnySide, kAnySide);
      ASSERT_TRUE(decoded.ok());
      EXPECT_EQ(decoded->width, orientation < 5 ? 48 : 32);
      EXPECT_EQ(decoded->height, orientation < 5 ? 32 : 48);
      std::array<std::vector<int>, 4> wanted;
      for (int place = 0; place < 4; ++place) wanted[place] = kQuarters[kPlaces[orientation - 1][place]];
      expect_quarters(decoded->image, wanted, "orientation " + std::to_string(orientation));
    }
  }
}

TEST(JpegPicture, IsDecodedSmallerWhereLessIsNeeded) {
  const std::string bytes = jpeg(kQuarters, {}, 803, 402);
  const std::pair<int, int> sizes[] = {{10'000, 803}, {804, 803}, {402, 803}, {401, 402},
                                       {201, 402},    {200, 201}, {100, 101}, {1, 101}};
  for (const auto& [needed, width] : sizes) {
    const auto decoded = decode_picture(bytes, kAnySide, needed);
    ASSERT_TRUE(decoded.ok());
    EXPECT_EQ(decoded->width, 803);
    EXPECT_EQ(decoded->height, 402);
    EXPECT_EQ(decoded->image.width, width) << needed;
    expect_quarters(decoded->image, kQuarters, std::to_string(needed));
  }
}

TEST(JpegPicture, CutShortIsDamagedButForItsEndMark) {
  std::mt19937 random(1);
  for (const bool progressive : {false, true}) {
    std::string whole = jpeg(kQuarters, {JCS_RGB, progressive});
    EXPECT_EQ(refusal(whole.substr(0, whole.size() - 2)), "none");
    EXPECT_EQ(refusal(whole.substr(0, whole.size() - 1)), "none");
    for (std::size_t length = 0; length + 12 < whole.size(); ++length) {
      EXPECT_EQ(refusal(std::string_view(whole).substr(0, length)), "InvalidImageFormat") << length;
    }
    for (int round = 0; round < 2000; ++round) {
      std::string changed = whole;
      for (int i = 0; i < 3; ++i) changed[random() % changed.size()] = static_cast<char>(random());
      (void)refusal(changed);
    }
  }
}

TEST(JpegPicture, OfVeryManyScansIsGivenUp) {
  const std::string whole = jpeg(kQuarters, {JCS_RGB, true});
  const std::size_t first = whole.find("\xFF\xDA"), tables = whole.find("\xFF\xC4", first);
  ASSERT_NE(tables, std::string::npos);
  const std::string scan = whole.substr(first, tables - first);
  const auto repeated = [&](int times) {
    std::string bytes = whole.substr(0, first);
    for (int i = 0; i < times; ++i) bytes += scan;
    return bytes + whole.substr(first);
  };
  EXPECT_EQ(refusal(repeated(20)), "none");
  EXPECT_EQ(refusal(repeated(100)), "InvalidImageFormat");
}

TEST(JpegPicture, LargerThanAllowedIsRefusedByItsHead) {
  std::string whole = jpeg(kQuarters);
  const std::size_t frame = whole.find("\xFF\xC0");
  whole.replace(frame + 5, 4, "\x27\x11\x00\x20"s);  // 10,001 high
  EXPECT_EQ(refusal(whole), "ImageTooLarge");
  whole.replace(frame + 5, 4, "\0\0\0\x20"s);
  EXPECT_EQ(refusal(whole), "InvalidImageFormat");
  const auto small = decode_picture(jpeg(kQuarters), 40, 40);
  ASSERT_FALSE(small.ok());
  EXPECT_EQ(small.error().message(), "The image is larger than 40 pixels on a side.");
}

// ---- PNG ----

struct PngKind {
  int type = PNG_COLOR_TYPE_RGB, bits = 8;
  bool interlaced = false;
};

// 13x9 noise of that kind, and the colours that it stands for; `exif` as an eXIf chunk unless it is empty.
struct Png {
  std::string bytes;
  std::vector<Colour> colours;
};
constexpr int kPngWidth = 13, kPngHeight = 9;

void append(png_structp codec, png_bytep data, png_size_t size) {
  static_cast<std::string*>(png_get_io_ptr(codec))->append(reinterpret_cast<char*>(data), size);
}

Png png(PngKind kind, const std::string& exif = {}) {
  Png out;
  std::mt19937 random(7);
  png_structp codec = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(codec);
  png_set_write_fn(codec, &out.bytes, append, nullptr);
  png_set_IHDR(codec, info, kPngWidth, kPngHeight, kind.bits, kind.type, kind.interlaced ? PNG_INTERLACE_ADAM7 : 0, 0,
               0);
  std::vector<png_color> palette(std::size_t{1} << std::min(kind.bits, 8));
  for (png_color& one : palette) one = {png_byte(random()), png_byte(random()), png_byte(random())};
  if (kind.type == PNG_COLOR_TYPE_PALETTE) {
    png_set_PLTE(codec, info, palette.data(), static_cast<int>(palette.size()));
    png_byte alpha[] = {0, 100};
    png_set_tRNS(codec, info, alpha, 2, nullptr);
  }
  std::string data = exif;
  if (!exif.empty())
    png_set_eXIf_1(codec, info, static_cast<png_uint_32>(data.size()), reinterpret_cast<png_bytep>(data.data()));
  png_write_info(codec, info);
  const int channels = png_get_channels(codec, info);
  std::vector<std::vector<png_byte>> rows(kPngHeight, std::vector<png_byte>(png_get_rowbytes(codec, info)));
  for (auto& row : rows) {
    for (png_byte& byte : row) byte = static_cast<png_byte>(random());
    for (int x = 0; x < kPngWidth; ++x) {
      const auto sample = [&](int channel) {
        const int at = (x * channels + channel) * kind.bits;
        if (kind.bits >= 8) return int{row[static_cast<std::size_t>(at / 8)]};  // of sixteen bits the upper eight
        return row[static_cast<std::size_t>(at / 8)] >> (8 - kind.bits - at % 8) & ((1 << kind.bits) - 1);
      };
      if (kind.type == PNG_COLOR_TYPE_PALETTE) {
        const png_color& colour = palette[static_cast<std::size_t>(sample(0))];
        out.colours.push_back({colour.blue, colour.green, colour.red});
      } else if (channels < 3) {
        const int grey = kind.bits < 8 ? sample(0) * 255 / ((1 << kind.bits) - 1) : sample(0);
        out.colours.push_back({grey, grey, grey});
      } else {
        out.colours.push_back({sample(2), sample(1), sample(0)});
      }
    }
  }
  std::vector<png_bytep> pointers;
  for (auto& row : rows) pointers.push_back(row.data());
  png_write_image(codec, pointers.data());
  png_write_end(codec, nullptr);
  png_destroy_write_struct(&codec, &info);
  return out;
}

TEST(PngPicture, OfEveryKind) {
  const std::pair<int, std::vector<int>> kinds[] = {{PNG_COLOR_TYPE_GRAY, {1, 2, 4, 8, 16}},
                                                    {PNG_COLOR_TYPE_GRAY_ALPHA, {8, 16}},
                                                    {PNG_COLOR_TYPE_RGB, {8, 16}},
                                                    {PNG_COLOR_TYPE_RGB_ALPHA, {8, 16}},
                                                    {PNG_COLOR_TYPE_PALETTE, {1, 2, 4, 8}}};
  for (const auto& [type, depths] : kinds) {
    for (const int bits : depths) {
      for (const bool interlaced : {false, true}) {
        const Png made = png({type, bits, interlaced});
        const auto decoded = decode_picture(made.bytes, kAnySide, 1);
        ASSERT_TRUE(decoded.ok()) << type << ", " << bits << " bits";
        ASSERT_EQ(decoded->image.width, kPngWidth);
        ASSERT_EQ(decoded->image.height, kPngHeight);
        for (int i = 0; i < kPngWidth * kPngHeight; ++i) {
          ASSERT_EQ(colour_at(decoded->image, i % kPngWidth, i / kPngWidth), made.colours[static_cast<std::size_t>(i)])
              << type << ", " << bits << " bits, pixel " << i;
        }
      }
    }
  }
}

TEST(PngPicture, IsTurnedByItsOrientation) {
  const Png made = png({}, exif(6, false));
  const auto decoded = decode_picture(made.bytes, kAnySide, 1);
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(decoded->width, kPngHeight);
  EXPECT_EQ(decoded->height, kPngWidth);
  EXPECT_EQ(colour_at(decoded->image, kPngHeight - 1, 0), made.colours[0]);
  EXPECT_EQ(colour_at(decoded->image, 0, 0), made.colours[(kPngHeight - 1) * kPngWidth]);
}

TEST(PngPicture, CutShortOrDamagedIsRefused) {
  std::mt19937 random(1);
  for (const bool interlaced : {false, true}) {
    const std::string whole = png({PNG_COLOR_TYPE_RGB, 8, interlaced}).bytes;
    for (std::size_t length = 0; length < whole.size(); ++length) {
      EXPECT_EQ(refusal(std::string_view(whole).substr(0, length)), "InvalidImageFormat") << length;
    }
    for (int round = 0; round < 2000; ++round) {
      std::string changed = whole;
      for (int i = 0; i < 3; ++i) changed[8 + random() % (changed.size() - 8)] = static_cast<char>(random());
      (void)refusal(changed);
    }
  }
}

TEST(PngPicture, LargerThanAllowedOrThanItsBytesCanHoldIsRefused) {
  EXPECT_EQ(refusal("\x89PNG\r\n\x1A\n" + std::string(40, 'x')), "ImageTooLarge");
  // The head of 9,999x9,999 pixels, and not a byte of them.
  std::string bytes;
  png_structp codec = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(codec);
  png_set_write_fn(codec, &bytes, append, nullptr);
  png_set_IHDR(codec, info, 9999, 9999, 8, PNG_COLOR_TYPE_RGB, 0, 0, 0);
  png_write_info(codec, info);
  png_destroy_write_struct(&codec, &info);
  EXPECT_EQ(refusal(bytes + std::string(100, '\0')), "InvalidImageFormat");
}

TEST(Picture, NeitherFormat) {
  EXPECT_EQ(refusal(""), "InvalidImageFormat");
  EXPECT_EQ(refusal("text"), "InvalidImageFormat");
  EXPECT_EQ(refusal("\xFF\xD8\xFF"), "InvalidImageFormat");
  EXPECT_EQ(refusal("GIF89a" + std::string(100, '\0')), "InvalidImageFormat");
}

// ---- EXIF ----

bool turns(const std::string& tiff) {
  const Orientation orientation = exif_orientation(tiff);
  return orientation.quarter_turns != 0 || orientation.mirrored;
}

TEST(Exif, WhatIsNoOrientationTurnsNothing) {
  for (const bool little : {false, true}) {
    const std::string whole = exif(6, little);
    ASSERT_TRUE(turns(whole));
    for (std::size_t length = 0; length + 4 < whole.size(); ++length)
      EXPECT_FALSE(turns(whole.substr(0, length))) << length;
    EXPECT_FALSE(turns(exif(0, little)));
    EXPECT_FALSE(turns(exif(9, little)));
  }
  EXPECT_FALSE(turns("MM\0*\xFF\xFF\xFF\xFF\0\x01"s)) << "a directory beyond the end";
  EXPECT_FALSE(turns("MM\0*\0\0\0\x08\xFF\xFF"s)) << "more entries than there are bytes";
  std::string other = exif(6, true);
  other[12] = 4;  // of another type
  EXPECT_FALSE(turns(other));
}

// ---- resized ----

TEST(Resized, AveragesWhatBecomesSmaller) {
  Image image{4, 2, {}};
  for (int i = 0; i < 8; ++i) image.bgr.insert(image.bgr.end(), {std::uint8_t(i * 10), 7, std::uint8_t(255 - i)});
  const Image half = resized(image, 2, 1);
  ASSERT_EQ(half.bgr.size(), 6U);
  EXPECT_EQ(colour_at(half, 0, 0), (Colour{25, 7, 253}));  // of 0, 10, 40, 50
  EXPECT_EQ(colour_at(half, 1, 0), (Colour{45, 7, 251}));
  const Image third = resized(image, 3, 2);
  EXPECT_EQ(colour_at(third, 1, 0)[0], 15);  // a third of 10, of 20, and both halves
  EXPECT_EQ(resized(image, 4, 2).bgr, image.bgr);
}

TEST(Resized, InterpolatesWhatBecomesLarger) {
  const Image image{2, 1, {0, 100, 255, 100, 100, 255}};
  const Image wide = resized(image, 4, 3);
  for (int y = 0; y < 3; ++y) {
    EXPECT_EQ(colour_at(wide, 0, y), (Colour{0, 100, 255}));
    EXPECT_EQ(colour_at(wide, 1, y), (Colour{25, 100, 255}));
    EXPECT_EQ(colour_at(wide, 2, y), (Colour{75, 100, 255}));
    EXPECT_EQ(colour_at(wide, 3, y), (Colour{100, 100, 255}));
  }
}

TEST(Resized, APlainPictureStaysAsItIs) {
  for (const auto& [width, height] : {std::pair{1, 1}, {640, 427}, {13, 200}, {333, 1}}) {
    const Image image{97, 61, std::vector<std::uint8_t>(97 * 61 * 3, 255)};
    for (const std::uint8_t sample : resized(image, width, height).bgr) ASSERT_GE(sample, 254);
  }
}

}  // namespace
}  // namespace cumulet::vision
