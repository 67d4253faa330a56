#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "aws/auth/sigv4.hpp"
#include "base/time.hpp"
#include "server/face_model.hpp"
#include "server/function_network.hpp"
#include "storage/state_folder.hpp"

namespace cumulet::server {

// What a function's ImageUri may name: AWS takes no index of images for several platforms.
enum class ImageIndex { refuse, accept };

struct Config {
  std::string host = "127.0.0.1";
  std::uint16_t port = 4566;   // 0: any
  std::filesystem::path data;  // created when missing; unused when ephemeral
  bool is_ephemeral = false;
  storage::Recovery recovery = storage::Recovery::refuse;  // of a data folder whose database is lost or does not fit
  std::optional<FaceModel> face_model;                     // as find_face_model gave it; none: no faces are found
  Seconds face_job_limit = std::chrono::hours(3);          // that looking at one video may take
  std::vector<std::string> allowed_hosts;  // names that a Host may hold beside IP literals and localhost
  // Unless set: test/test on loopback; where authentication is required, a key that the data folder keeps.
  std::optional<auth::Credentials> root;
  bool requires_authentication = false;  // unknown keys and unsigned requests are refused on loopback too
  FunctionNetwork function_network = FunctionNetwork::outside;
  std::vector<FunctionHost> function_hosts;
  ImageIndex image_index = ImageIndex::refuse;
  std::string
      chat_token;  // of the chat's bot, "<bot id>:<secret>"; empty: the data folder's own, made by the first use
  bool holds_deleted_queue_names = false;  // for a minute, as AWS does
};

inline constexpr ErrorKind kBadConfig{"BadConfig", 400};
inline constexpr ErrorKind kDataFolder{"DataFolder", 500};

// "localhost", or an address that only this machine has (127/8, ::1).
bool is_loopback(const std::string& host);

// Whether only known keys are let in: on every other address than loopback, or where it was asked for.
bool is_closed(const Config& config);

// CUMULET_DATA, else default_data_folder().
std::filesystem::path chosen_data_folder();
// $XDG_DATA_HOME/cumulet, else ~/.local/share/cumulet.
std::filesystem::path default_data_folder();

}  // namespace cumulet::server
