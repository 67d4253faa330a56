#include "apps/polybot/common/media.hpp"

#include <fstream>

namespace cumulet::polybot {
namespace {

constexpr std::size_t kTsPacket = 188;

}  // namespace

Container container_of(std::string_view bytes) {
  const auto box = bytes.size() >= 8 ? bytes.substr(4, 4) : std::string_view{};
  if (box == "ftyp") {
    const auto brand = bytes.size() >= 12 ? bytes.substr(8, 4) : std::string_view{};
    if (brand == "avif" || brand == "heic" || brand == "mif1" || brand == "M4A ") return Container::other;
    return brand == "qt  " ? Container::mov : Container::mp4;
  }
  for (const std::string_view old : {"moov", "mdat", "wide", "pnot"})  // QuickTime from before there was ftyp
    if (box == old) return Container::mov;
  if (bytes.starts_with("\x1a\x45\xdf\xa3")) return Container::webm;  // Matroska too
  if (bytes.starts_with("RIFF") && bytes.size() >= 12 && bytes.substr(8, 4) == "AVI ") return Container::avi;
  if (bytes.starts_with("FLV\x01")) return Container::flv;
  if (bytes.starts_with("OggS")) return Container::ogg;
  if (bytes.size() > kTsPacket && bytes[0] == 'G' && bytes[kTsPacket] == 'G') return Container::mpeg_ts;
  return Container::other;
}

Container container_of_file(const std::filesystem::path& file) {
  std::string bytes(512, '\0');
  std::ifstream in(file, std::ios::binary);
  in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(in.gcount()));
  return container_of(bytes);
}

std::string_view suffix(Container container) {
  switch (container) {
    case Container::mp4: return ".mp4";
    case Container::mov: return ".mov";
    case Container::webm: return ".webm";
    case Container::avi: return ".avi";
    case Container::flv: return ".flv";
    case Container::mpeg_ts: return ".ts";
    case Container::ogg: return ".ogv";
    case Container::other: break;
  }
  return ".bin";
}

std::string_view media_type(Container container) {
  switch (container) {
    case Container::mp4: return "video/mp4";
    case Container::mov: return "video/quicktime";
    case Container::webm: return "video/webm";
    case Container::avi: return "video/x-msvideo";
    case Container::flv: return "video/x-flv";
    case Container::mpeg_ts: return "video/mp2t";
    case Container::ogg: return "video/ogg";
    case Container::other: break;
  }
  return "application/octet-stream";
}

}  // namespace cumulet::polybot
