#include "sdk/settings.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "base/text.hpp"
#include "sdk/errors.hpp"

namespace cumulet::sdk {
namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r";
  const auto first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

// "CloudWatch Logs" -> "CLOUDWATCH_LOGS" or "cloudwatch_logs".
std::string service_key(std::string_view service_id, bool upper) {
  std::string out;
  for (const char c : service_id) {
    const bool blank = c == ' ' || c == '-';
    out += blank ? '_'
                 : static_cast<char>(upper ? std::toupper(static_cast<unsigned char>(c))
                                           : std::tolower(static_cast<unsigned char>(c)));
  }
  return out;
}

std::string without_slash(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

}  // namespace

Environment process_environment() {
  return [](std::string_view name) -> std::optional<std::string> {
    const char* value = std::getenv(std::string(name).c_str());
    if (!value || !*value) return std::nullopt;
    return std::string(value);
  };
}

IniFile parse_ini(std::string_view text) {
  IniFile out;
  std::map<std::string, std::string>* section = nullptr;
  std::string parent;
  std::size_t at = 0;
  while (at < text.size()) {
    const auto end = std::min(text.find('\n', at), text.size());
    const std::string_view raw = text.substr(at, end - at);
    at = end + 1;
    const auto line = trimmed(raw);
    if (line.empty() || line.front() == '#' || line.front() == ';') continue;
    const bool indented = raw.front() == ' ' || raw.front() == '\t';
    if (line.front() == '[' && !indented) {
      const auto close = line.find(']');
      section = close == std::string_view::npos ? nullptr : &out[std::string(trimmed(line.substr(1, close - 1)))];
      parent.clear();
      continue;
    }
    const auto equals = line.find('=');
    if (!section || equals == std::string_view::npos) continue;
    std::string key = lower(trimmed(line.substr(0, equals)));
    auto value = trimmed(line.substr(equals + 1));
    for (const std::string_view comment : {" #", " ;"})
      if (const auto start = value.find(comment); start != std::string_view::npos)
        value = trimmed(value.substr(0, start));
    if (indented && !parent.empty()) {
      key = parent + '.' + key;
    } else {
      parent = value.empty() ? key : std::string{};
    }
    (*section)[key] = value;
  }
  return out;
}

Result<Settings> Settings::load(Environment environment, std::optional<std::string> profile) {
  Settings out;
  out.environment_ = std::move(environment);
  const std::string home = out.environment_("HOME").value_or("");
  const auto file = [&](std::string_view variable, const char* name) {
    return parse_ini(read_file(out.environment_(variable).value_or(home + "/.aws/" + name)));
  };
  out.config_ = file("AWS_CONFIG_FILE", "config");
  out.credentials_ = file("AWS_SHARED_CREDENTIALS_FILE", "credentials");
  if (!profile) profile = out.environment_("AWS_PROFILE");
  if (!profile) profile = out.environment_("AWS_DEFAULT_PROFILE");
  if (!profile) return out;
  out.profile_ = *profile;
  const bool known = out.credentials_.contains(*profile) || out.config_.contains("profile " + *profile) ||
                     (*profile == "default" && out.config_.contains("default"));
  if (!known && *profile != "default")
    return Error{kBadConfiguration, "The config profile (" + *profile + ") could not be found"};
  return out;
}

std::optional<std::string> Settings::value_of(std::string_view profile, std::string_view key) const {
  const auto look = [&](const IniFile& file, const std::string& section) -> std::optional<std::string> {
    const auto found = file.find(section);
    if (found == file.end()) return std::nullopt;
    const auto value = found->second.find(std::string(key));
    if (value == found->second.end() || value->second.empty()) return std::nullopt;
    return value->second;
  };
  if (auto value = look(credentials_, std::string(profile))) return value;
  if (auto value = look(config_, "profile " + std::string(profile))) return value;
  if (profile == "default") return look(config_, "default");
  return std::nullopt;
}

std::optional<std::string> Settings::region() const {
  if (auto region = environment_("AWS_REGION")) return region;
  if (auto region = environment_("AWS_DEFAULT_REGION")) return region;
  return value("region");
}

std::optional<std::string> Settings::endpoint_url(std::string_view service_id) const {
  if (lower(environment_("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS").value_or("")) == "true") return std::nullopt;
  if (auto url = environment_("AWS_ENDPOINT_URL_" + service_key(service_id, true))) return without_slash(*url);
  if (auto url = environment_("AWS_ENDPOINT_URL")) return without_slash(*url);
  if (const auto services = value("services")) {
    const auto section = config_.find("services " + *services);
    if (section != config_.end()) {
      const auto url = section->second.find(service_key(service_id, false) + ".endpoint_url");
      if (url != section->second.end()) return without_slash(url->second);
    }
  }
  if (auto url = value("endpoint_url")) return without_slash(*url);
  return std::nullopt;
}

int Settings::max_attempts() const {
  const auto text = environment_("AWS_MAX_ATTEMPTS") ? environment_("AWS_MAX_ATTEMPTS") : value("max_attempts");
  int attempts = 3;
  if (text) std::from_chars(text->data(), text->data() + text->size(), attempts);
  return std::clamp(attempts, 1, 20);
}

}  // namespace cumulet::sdk
