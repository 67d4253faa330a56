#include "apps/polybot/bot/offset_store.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <sstream>

#include "base/encoding.hpp"
#include "base/json.hpp"
#include "sdk/errors.hpp"

namespace cumulet::polybot {
namespace {

constexpr std::chrono::days kKept{6};

}  // namespace

OffsetStore::OffsetStore(const std::filesystem::path& folder, std::string_view token, const Clock& clock)
    : file_(folder / ("offset-" + hex_encode(sha256(token)).substr(0, 16) + ".json")), clock_(&clock) {}

std::optional<std::int64_t> OffsetStore::load() const {
  std::ifstream in(file_, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  const auto parsed = json::parse(text.str(), {.depth = 4});
  if (!parsed.ok()) return std::nullopt;
  const auto* offset = json::find(*parsed, "offset");
  const auto* saved = json::find(*parsed, "saved");
  if (!offset || !offset->is_int64() || !saved || !saved->is_int64()) return std::nullopt;
  if (clock_->now() - from_millis(saved->get_int64()) > kKept) return std::nullopt;
  return offset->get_int64();
}

Result<void> OffsetStore::save(std::int64_t offset) const {
  std::error_code ignored;
  std::filesystem::create_directories(file_.parent_path(), ignored);
  const std::string next = file_.string() + ".next";
  const std::string text = json::text(json::object{{"offset", offset}, {"saved", to_millis(clock_->now())}}) + '\n';
  const int fd = ::open(next.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  bool good =
      fd >= 0 && ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fdatasync(fd) == 0;
  if (fd >= 0) good = ::close(fd) == 0 && good;
  if (good && ::rename(next.c_str(), file_.c_str()) == 0) return {};
  return Error{sdk::kFileFailed, "cannot write " + file_.string() + ": " + std::strerror(errno)};
}

}  // namespace cumulet::polybot
