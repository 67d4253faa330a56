#include "oci/image_config.hpp"

#include "base/json.hpp"
#include "oci/errors.hpp"

namespace cumulet::oci {
namespace {

constexpr std::size_t kDeepest = 32;

Error invalid(std::string why) { return Error{kManifestInvalid, "image configuration invalid: " + std::move(why)}; }

// A list of texts; absent and null: empty.
Result<std::vector<std::string>> words(const json::value& owner, std::string_view name) {
  std::vector<std::string> out;
  const json::value* const found = json::find(owner, name);
  if (found == nullptr || found->is_null()) return out;
  if (!found->is_array()) return invalid("'" + std::string(name) + "' is no list");
  if (found->get_array().size() > kMostWords)
    return invalid("'" + std::string(name) + "' has more than " + std::to_string(kMostWords) + " entries");
  for (const json::value& one : found->get_array()) {
    // A zero byte would end the word for whoever runs it.
    if (!one.is_string() || std::string_view(one.get_string()).find('\0') != std::string_view::npos)
      return invalid("'" + std::string(name) + "' holds something else than texts");
    out.emplace_back(one.get_string());
  }
  return out;
}

}  // namespace

Result<ImageConfig> parse_image_config(std::string_view text) {
  if (text.size() > kLargestConfig) return invalid("it is larger than " + std::to_string(kLargestConfig) + " bytes");
  auto parsed = json::parse(text, json::Limits{kDeepest});
  if (!parsed.ok()) return invalid(parsed.error().message());
  if (!parsed->is_object()) return invalid("it is no JSON object");
  ImageConfig config;
  config.platform = {json::text_at(*parsed, "os"), json::text_at(*parsed, "architecture"),
                     json::text_at(*parsed, "variant")};
  if (config.platform.os.empty() || config.platform.architecture.empty())
    return invalid("it names no operating system or no architecture");
  if (const json::value* const run = json::find(*parsed, "config"); run != nullptr && !run->is_null()) {
    if (!run->is_object()) return invalid("'config' is no object");
    CUMULET_TRY(config.environment, words(*run, "Env"));
    CUMULET_TRY(config.entrypoint, words(*run, "Entrypoint"));
    CUMULET_TRY(config.command, words(*run, "Cmd"));
    config.working_folder = json::text_at(*run, "WorkingDir");
    config.user = json::text_at(*run, "User");
    for (const std::string* one : {&config.working_folder, &config.user})
      if (one->find('\0') != std::string::npos) return invalid("'WorkingDir' or 'User' holds a zero byte");
    for (const std::string& variable : config.environment)
      if (const auto equals = variable.find('='); equals == 0 || equals == std::string::npos)
        return invalid("'Env' holds something else than NAME=value");
  }
  const json::value* const root = json::find(*parsed, "rootfs");
  if (root == nullptr || json::text_at(*root, "type") != "layers") return invalid("'rootfs' is not made of layers");
  CUMULET_TRY(const std::vector<std::string> ids, words(*root, "diff_ids"));
  if (ids.size() > kMostDescriptors) return invalid("it has more than " + std::to_string(kMostDescriptors) + " layers");
  for (const std::string& id : ids) {
    const auto digest = Digest::parse(id);
    if (!digest) return invalid("'diff_ids' holds something else than sha256 digests");
    config.diff_ids.push_back(*digest);
  }
  return config;
}

}  // namespace cumulet::oci
