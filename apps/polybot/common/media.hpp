#pragma once
#include <filesystem>
#include <string_view>

// What a file is, by its first bytes: names and declared types are not believed.
namespace cumulet::polybot {

enum class Container { mp4, mov, webm, avi, flv, mpeg_ts, ogg, other };

Container container_of(std::string_view first_bytes);  // 512 bytes are enough
Container container_of_file(const std::filesystem::path& file);

std::string_view suffix(Container container);      // ".mp4"; ".bin" of others
std::string_view media_type(Container container);  // "video/mp4"
// FaceBlur, as Rekognition, takes MP4 and MOV.
constexpr bool can_be_blurred(Container container) {
  return container == Container::mp4 || container == Container::mov;
}

}  // namespace cumulet::polybot
