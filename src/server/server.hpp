#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "server/config.hpp"

// The composition root: builds storage, services and gateway, binds the services' ports to one another, listens.
// Logic lives in the libraries; nothing here knows a protocol.
namespace cumulet::server {

class Server {
 public:
  // Blocking. On return requests are answered.
  static Result<std::unique_ptr<Server>> start(Config config);
  ~Server();  // stop()s

  // "http://127.0.0.1:4566"
  std::string endpoint() const;
  // The chat's page, "http://127.0.0.1:4566/_cumulet/chat/"; nullopt: the engine does not listen on loopback.
  std::optional<std::string> chat_page() const;
  // Where everything is kept; gone after the end where it is ephemeral.
  std::filesystem::path data_folder() const;
  // Where the root's key lies that the engine made; nullopt: it made none.
  std::optional<std::filesystem::path> root_file() const;
  // Which face detector works here and how well, one line.
  std::string face_detector() const;
  // Blocking: running requests get a moment, everything else ends. Idempotent.
  void stop();

 private:
  struct Engine;
  class Keeper;
  explicit Server(std::unique_ptr<Keeper> keeper);
  std::unique_ptr<Keeper> keeper_;
};

}  // namespace cumulet::server
