#include "apps/polybot/bot/config.hpp"

#include <charconv>
#include <fstream>
#include <sstream>

#include "apps/polybot/common/job.hpp"
#include "base/json.hpp"
#include "sdk/errors.hpp"

namespace cumulet::polybot {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongestToken = 256;

Result<std::string> read_text(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream out;
  if (!in || !(out << in.rdbuf() || in.peek() == EOF))
    return Error{sdk::kBadConfiguration, "cannot read " + file.string()};
  return std::move(out).str();
}

Error bad(const std::string& words) { return Error{sdk::kBadConfiguration, words}; }

Result<json::value> read_file(const std::optional<fs::path>& given, const sdk::Environment& environment) {
  fs::path file = given.value_or(environment("POLYBOT_CONFIG").value_or(""));
  if (file.empty()) {
    file = "config.json";
    if (!fs::exists(file)) return json::value(json::object{});
  }
  CUMULET_TRY(const auto text, read_text(file));
  auto parsed = json::parse(text, {.depth = 8});
  if (!parsed.ok()) return bad(file.string() + " is no JSON: " + parsed.error().message());
  if (!parsed->is_object()) return bad(file.string() + " must hold a JSON object");
  return parsed;
}

// A key's value as text: of the environment, of the file, or nothing.
class Source {
 public:
  Source(const json::value& file, const sdk::Environment& environment) : file_(file), environment_(environment) {}
  Result<std::string> operator()(std::string_view key, std::string_view variable, std::string fallback = {}) const {
    if (auto value = environment_(variable)) return trimmed(*value);
    const auto* found = json::find(file_, key);
    if (!found) return fallback;
    if (!found->is_string()) return bad("the configuration's \"" + std::string(key) + "\" must be a text");
    return trimmed(std::string_view(found->get_string()));
  }

 private:
  const json::value& file_;
  const sdk::Environment& environment_;
};

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return out;
}

Result<std::set<std::int64_t>> allowed_chats(const json::value& file, const sdk::Environment& environment) {
  std::set<std::int64_t> out;
  if (const auto words = environment("ALLOWED_CHATS")) {
    std::istringstream in(*words);
    for (std::string word; std::getline(in, word, ',');) {
      const auto id = number(trimmed(word));
      if (!id) return bad("ALLOWED_CHATS takes chat ids with commas between, not \"" + word + "\"");
      out.insert(*id);
    }
    return out;
  }
  const auto* found = json::find(file, "allowed_chats");
  if (!found) return out;
  if (!found->is_array()) return bad("the configuration's \"allowed_chats\" must be a list of chat ids");
  for (const auto& one : found->get_array()) {
    if (!one.is_int64()) return bad("the configuration's \"allowed_chats\" must be a list of chat ids (whole numbers)");
    out.insert(one.get_int64());
  }
  return out;
}

Result<std::string> token(const Source& source, const sdk::Environment& environment) {
  std::string out;
  std::string from = "TELEGRAM_TOKEN";
  if (const auto value = environment("TELEGRAM_TOKEN")) {
    out = trimmed(*value);
  } else {
    CUMULET_TRY(from, source("token_file", "TELEGRAM_TOKEN_FILE", ".telegramToken"));
    auto text = read_text(from);
    if (!text.ok())
      return bad("there is no bot token: put it into the file " + from +
                 " (or name another by token_file, TELEGRAM_TOKEN_FILE), or into the variable TELEGRAM_TOKEN");
    out = trimmed(*text);
  }
  if (out.empty() || out.size() > kLongestToken || out.find_first_of(" \t\r\n/?#%\\") != std::string::npos)
    return bad("what " + from + " holds is no bot token (like 123456:ABC-DEF)");
  return out;
}

fs::path default_state_folder(const sdk::Environment& environment) {
  if (const auto systemd = environment("STATE_DIRECTORY")) return *systemd;
  if (const auto xdg = environment("XDG_STATE_HOME")) return fs::path(*xdg) / "polybot";
  if (const auto home = environment("HOME")) return fs::path(*home) / ".local/state/polybot";
  return ".polybot";
}

}  // namespace

Result<BotConfig> load_config(const std::optional<fs::path>& file, const sdk::Environment& environment) {
  CUMULET_TRY(const auto values, read_file(file, environment));
  const Source source(values, environment);
  BotConfig out;
  CUMULET_TRY(out.aws_region, source("aws_region", "POLYBOT_AWS_REGION"));
  CUMULET_TRY(out.bot_to_worker_queue_name, source("bot_to_worker_queue_name", "BOT_TO_WORKER_QUEUE_NAME"));
  CUMULET_TRY(out.videos_bucket, source("videos_bucket", "VIDEOS_BUCKET"));
  CUMULET_TRY(out.telegram_api_url, source("telegram_api_url", "TELEGRAM_API_URL", out.telegram_api_url));
  CUMULET_TRY(const auto state, source("state_folder", "POLYBOT_STATE_FOLDER"));
  out.state_folder = state.empty() ? default_state_folder(environment) : fs::path(state);
  CUMULET_TRY(out.allowed_chats, allowed_chats(values, environment));
  if (out.bot_to_worker_queue_name.empty())
    return bad("the queue is not named: set bot_to_worker_queue_name in config.json, or BOT_TO_WORKER_QUEUE_NAME");
  if (!out.telegram_api_url.starts_with("https://") && !out.telegram_api_url.starts_with("http://"))
    return bad("telegram_api_url must begin with https:// (or http://, for the local chat)");
  CUMULET_TRY(out.token, token(source, environment));
  return out;
}

}  // namespace cumulet::polybot
