#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"

namespace cumulet::polybot {

// Where the bot goes on after a restart: the id of the first update it has not handled, one file for each bot.
class OffsetStore {
 public:
  // The file's name is made of the bot's token's hash: another bot, or a chat made anew, begins anew.
  OffsetStore(const std::filesystem::path& folder, std::string_view token, const Clock& clock);

  // nullopt: nothing is kept, or it is older than six days. Telegram numbers anew after a quiet week, and an offset
  // beyond its numbers would confirm, unread, all that waits. https://core.telegram.org/bots/api#update
  std::optional<std::int64_t> load() const;
  // On the disk when it returns.
  Result<void> save(std::int64_t offset) const;

 private:
  std::filesystem::path file_;
  const Clock* clock_;
};

}  // namespace cumulet::polybot
