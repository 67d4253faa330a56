#pragma once
#include <filesystem>
#include <optional>
#include <set>
#include <string>

#include "base/result.hpp"
#include "sdk/settings.hpp"

namespace cumulet::polybot {

// The configuration file holds one JSON object; the exercise's keys are aws_region and bot_to_worker_queue_name. Each
// key has a variable of the environment, which wins. docs/polybot.md has the table.
struct BotConfig {
  std::string aws_region;                // empty: AWS_REGION and what else the AWS clients read
  std::string bot_to_worker_queue_name;  // required
  std::string videos_bucket;             // empty: /status, /cancel, /delete and the status line are off
  std::string telegram_api_url = "https://api.telegram.org";
  std::string token;                     // of the environment or token_file
  std::set<std::int64_t> allowed_chats;  // empty: all
  std::filesystem::path state_folder;    // where the offset is kept
};

// `file`: from the command line, must be there; else POLYBOT_CONFIG, else config.json of the current folder if it is
// there. Errors: sdk::kBadConfiguration, in words for the person who starts the bot; none holds the token.
Result<BotConfig> load_config(const std::optional<std::filesystem::path>& file, const sdk::Environment& environment);

}  // namespace cumulet::polybot
