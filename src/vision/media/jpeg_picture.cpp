// JPEG by libjpeg-turbo. https://libjpeg-turbo.org, doc/libjpeg.txt
#include <csetjmp>
#include <cstdio>
// <jpeglib.h> needs <cstdio>
#include <jpeglib.h>
// <jerror.h> needs <jpeglib.h>
#include <jerror.h>

#include <algorithm>

#include "vision/media/exif.hpp"
#include "vision/media/picture_formats.hpp"

namespace cumulet::vision {
namespace {

// A progressive picture is decoded once for each of its scans, of which a few hundred bytes can hold many. Encoders
// write about ten; all of them together may go over a hundred pictures of twenty million pixels.
constexpr int kMostScans = 100;
constexpr std::int64_t kMostScannedPixels = 2'000'000'000;

// What libjpeg calls back needs: it leaves by a jump when it cannot go on, over frames without destructors alone.
struct Decoder {
  jpeg_decompress_struct codec{};
  jpeg_error_mgr errors{};
  jpeg_source_mgr source{};
  jpeg_progress_mgr progress{};
  std::jmp_buf leave{};
  bool damaged = false;
  bool ended_early = false;
};

Decoder& decoder_of(j_common_ptr codec) { return *static_cast<Decoder*>(codec->client_data); }

[[noreturn]] void give_up(j_common_ptr codec) { std::longjmp(decoder_of(codec).leave, 1); }

// Warnings come with a negative level. Those about bytes that are not the picture's are left out: it is whole.
void note_message(j_common_ptr codec, int level) {
  if (level >= 0) return;
  const int code = codec->err->msg_code;
  if (code == JWRN_HIT_MARKER || code == JWRN_HUFF_BAD_CODE || code == JWRN_MUST_RESYNC ||
      code == JWRN_ARITH_BAD_CODE) {
    decoder_of(codec).damaged = true;
  }
}

void check_scans(j_common_ptr codec) {
  const auto& decompress = *reinterpret_cast<j_decompress_ptr>(codec);
  const std::int64_t pixels = std::int64_t{decompress.image_width} * decompress.image_height;
  const std::int64_t scans = decompress.input_scan_number;
  if (scans > kMostScans || (scans > 1 && scans * pixels > kMostScannedPixels)) give_up(codec);
}

// All bytes are there from the beginning. Beyond them the picture is ended: what then lacks is warned of, or found by
// lacks_scans.
boolean end_input(j_decompress_ptr codec) {
  decoder_of(reinterpret_cast<j_common_ptr>(codec)).ended_early = true;
  static constexpr JOCTET kEnd[] = {0xFF, JPEG_EOI};
  codec->src->next_input_byte = kEnd;
  codec->src->bytes_in_buffer = sizeof kEnd;
  return TRUE;
}

void skip_input(j_decompress_ptr codec, long count) {
  if (count <= 0) return;
  const auto skipped = static_cast<std::size_t>(count);
  if (skipped > codec->src->bytes_in_buffer) {
    end_input(codec);
    return;
  }
  codec->src->next_input_byte += skipped;
  codec->src->bytes_in_buffer -= skipped;
}

void set_up(Decoder& decoder, std::string_view bytes) {
  decoder.codec.err = jpeg_std_error(&decoder.errors);
  decoder.errors.error_exit = give_up;
  decoder.errors.emit_message = note_message;
  decoder.errors.output_message = [](j_common_ptr) {};
  decoder.codec.client_data = &decoder;
  decoder.source.init_source = [](j_decompress_ptr) {};
  decoder.source.term_source = [](j_decompress_ptr) {};
  decoder.source.fill_input_buffer = end_input;
  decoder.source.skip_input_data = skip_input;
  decoder.source.resync_to_restart = jpeg_resync_to_restart;
  decoder.source.next_input_byte = reinterpret_cast<const JOCTET*>(bytes.data());
  decoder.source.bytes_in_buffer = bytes.size();
  decoder.progress.progress_monitor = check_scans;
}

bool read_head(Decoder& decoder) {
  if (setjmp(decoder.leave) != 0) return false;
  jpeg_create_decompress(&decoder.codec);
  decoder.codec.client_data = &decoder;
  decoder.codec.src = &decoder.source;
  decoder.codec.progress = &decoder.progress;
  jpeg_save_markers(&decoder.codec, JPEG_APP0 + 1, 0xFFFF);
  return jpeg_read_header(&decoder.codec, TRUE) == JPEG_HEADER_OK;
}

Orientation orientation_of(const jpeg_decompress_struct& codec) {
  using namespace std::string_view_literals;
  constexpr std::string_view kExif = "Exif\0\0"sv;
  for (const jpeg_marker_struct* marker = codec.marker_list; marker != nullptr; marker = marker->next) {
    const std::string_view data(reinterpret_cast<const char*>(marker->data), marker->data_length);
    if (data.starts_with(kExif)) return exif_orientation(data.substr(kExif.size()));
  }
  return {};
}

bool start(Decoder& decoder, int needed_side) {
  if (setjmp(decoder.leave) != 0) return false;
  auto& codec = decoder.codec;
  const bool has_ink = codec.jpeg_color_space == JCS_CMYK || codec.jpeg_color_space == JCS_YCCK;
  codec.out_color_space = has_ink ? JCS_CMYK : JCS_EXT_BGR;
  codec.scale_num = codec.scale_denom = 1;
  const auto longest = static_cast<int>(std::max(codec.image_width, codec.image_height));
  while (codec.scale_denom < 8 && longest / static_cast<int>(codec.scale_denom * 2) >= needed_side) {
    codec.scale_denom *= 2;
  }
  return jpeg_start_decompress(&codec) == TRUE;
}

// Four inks of a pixel, of which Adobe's programs write how much is absent (libjpeg.txt, "CMYK files").
void add_colours(const std::uint8_t* inks, int width, bool are_absent, std::uint8_t* bgr) {
  for (int x = 0; x < width; ++x, inks += 4, bgr += 3) {
    const auto absent = [&](int ink) { return are_absent ? inks[ink] : 255 - inks[ink]; };
    for (int colour = 0; colour < 3; ++colour) {
      bgr[colour] = static_cast<std::uint8_t>((absent(2 - colour) * absent(3) + 127) / 255);
    }
  }
}

// A file that is cut between its scans holds a coarser picture. (The arithmetic decoder does not warn, so all is
// refused.)
bool lacks_scans(const jpeg_decompress_struct& codec) {
  if (codec.arith_code == TRUE) return true;
  if (codec.progressive_mode == FALSE || codec.coef_bits == nullptr) return false;
  const auto is_whole = [](int bits_left_out) { return bits_left_out == 0; };
  for (int component = 0; component < codec.num_components; ++component) {
    const auto& coefficients = codec.coef_bits[component];
    if (!std::all_of(std::begin(coefficients), std::end(coefficients), is_whole)) return true;
  }
  return false;
}

// `row`: room for one of four inks a pixel.
bool read_rows(Decoder& decoder, Image& out, std::uint8_t* row) {
  if (setjmp(decoder.leave) != 0) return false;
  auto& codec = decoder.codec;
  while (codec.output_scanline < codec.output_height) {
    std::uint8_t* target = out.bgr.data() + 3 * std::size_t{codec.output_scanline} * codec.output_width;
    JSAMPROW into = codec.out_color_space == JCS_CMYK ? row : target;
    if (jpeg_read_scanlines(&codec, &into, 1) != 1) return false;
    if (into == row) add_colours(row, out.width, codec.saw_Adobe_marker == TRUE, target);
  }
  return true;
}

}  // namespace

Result<CodedPicture> decode_jpeg(std::string_view bytes, int largest_side, int needed_side) {
  Decoder decoder;
  set_up(decoder, bytes);
  const struct Ended {
    Decoder& decoder;
    ~Ended() { jpeg_destroy_decompress(&decoder.codec); }
  } ended{decoder};
  if (!read_head(decoder)) return damaged_picture();
  auto& codec = decoder.codec;
  const auto largest = static_cast<JDIMENSION>(largest_side);
  if (codec.image_width > largest || codec.image_height > largest) return too_large_picture(largest_side);

  CodedPicture picture;
  picture.width = static_cast<int>(codec.image_width);
  picture.height = static_cast<int>(codec.image_height);
  picture.orientation = orientation_of(codec);
  if (!start(decoder, needed_side)) return damaged_picture();
  picture.image.width = static_cast<int>(codec.output_width);
  picture.image.height = static_cast<int>(codec.output_height);
  picture.image.bgr.resize(3 * std::size_t{codec.output_width} * codec.output_height);
  std::vector<std::uint8_t> row(4 * std::size_t{codec.output_width});
  if (!read_rows(decoder, picture.image, row.data())) return damaged_picture();
  if (decoder.damaged || (decoder.ended_early && lacks_scans(codec))) return damaged_picture();
  return picture;
}

}  // namespace cumulet::vision
