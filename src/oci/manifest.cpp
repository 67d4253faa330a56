#include "oci/manifest.hpp"

#include <array>

#include "base/json.hpp"
#include "base/text.hpp"
#include "oci/errors.hpp"

namespace cumulet::oci {
namespace {

constexpr std::size_t kDeepest = 32;
constexpr std::size_t kLongestType = 255;
constexpr std::uint64_t kLargestSize = std::uint64_t{1} << 53;
constexpr std::array kTypes = {kOciManifest, kOciIndex, kDockerManifest, kDockerList};

Error invalid(std::string why) { return Error{kManifestInvalid, "manifest invalid: " + std::move(why)}; }

bool is_index_type(std::string_view type) { return type == kOciIndex || type == kDockerList; }

// A media type as RFC 6838 spells it.
bool is_media_type(std::string_view text) {
  const auto slash = text.find('/');
  if (text.size() > kLongestType || slash == 0 || slash == text.npos || slash + 1 == text.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i == slash || is_letter_or_digit(text[i])) continue;
    if (std::string_view("!#$&-^_.+").find(text[i]) == std::string_view::npos) return false;
  }
  return true;
}

Result<Descriptor> read_descriptor(const json::value& value, const std::string& where) {
  if (!value.is_object()) return invalid(where + " is no descriptor");
  Descriptor descriptor;
  descriptor.media_type = json::text_at(value, "mediaType");
  if (!is_media_type(descriptor.media_type)) return invalid(where + " has no media type");
  const auto digest = Digest::parse(json::text_at(value, "digest"));
  if (!digest) return invalid(where + " has no sha256 digest");
  descriptor.digest = *digest;
  const json::value* const size = json::find(value, "size");
  if (size == nullptr || !size->is_int64() || size->as_int64() < 0 ||
      static_cast<std::uint64_t>(size->as_int64()) > kLargestSize)
    return invalid(where + " has no size");
  descriptor.size = static_cast<std::uint64_t>(size->as_int64());
  if (const json::value* const platform = json::find(value, "platform")) {
    if (!platform->is_object()) return invalid(where + " has a platform that is no object");
    descriptor.platform = Platform{json::text_at(*platform, "os"), json::text_at(*platform, "architecture"),
                                   json::text_at(*platform, "variant")};
  }
  const std::string_view type = descriptor.media_type;
  descriptor.is_foreign = type.find(".foreign.") != type.npos || type.find(".nondistributable.") != type.npos;
  return descriptor;
}

Result<std::vector<Descriptor>> read_list(const json::value& document, std::string_view name) {
  std::vector<Descriptor> list;
  const json::value* const found = json::find(document, name);
  if (found == nullptr) return invalid("'" + std::string(name) + "' is missing");
  if (!found->is_array()) return invalid("'" + std::string(name) + "' is no list");
  const json::array& items = found->get_array();
  if (items.size() > kMostDescriptors)
    return invalid("'" + std::string(name) + "' has more than " + std::to_string(kMostDescriptors) + " entries");
  list.reserve(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    CUMULET_TRY(Descriptor one, read_descriptor(items[i], std::string(name) + '[' + std::to_string(i) + ']'));
    list.push_back(std::move(one));
  }
  return list;
}

// The type of the four that the document is of.
Result<std::string> type_of(const json::value& document, std::string_view content_type) {
  std::string_view sent = content_type.substr(0, content_type.find(';'));
  while (sent.ends_with(' ')) sent.remove_suffix(1);
  const json::value* const stated = json::find(document, "mediaType");
  if (stated != nullptr && !stated->is_string()) return invalid("'mediaType' is no text");
  std::string type = json::text_at(document, "mediaType");
  if (!type.empty() && !sent.empty() && type != sent)
    return invalid("it says '" + type.substr(0, kLongestType) + "' and was sent as '" +
                   std::string(sent.substr(0, kLongestType)) + "'");
  if (type.empty()) type = std::string(sent);
  if (type.empty()) type = std::string(json::find(document, "manifests") != nullptr ? kOciIndex : kOciManifest);
  for (const std::string_view known : kTypes)
    if (type == known) return type;
  return invalid("the type '" + type.substr(0, kLongestType) + "' is not supported");
}

}  // namespace

Result<Manifest> parse_manifest(std::string_view text, std::string_view content_type) {
  if (text.size() > kLargestManifest)
    return Error{kManifestTooLarge,
                 "manifest invalid: it is larger than " + std::to_string(kLargestManifest) + " bytes"};
  auto parsed = json::parse(text, json::Limits{kDeepest});
  if (!parsed.ok()) return invalid(parsed.error().message());
  const json::value& document = *parsed;
  if (!document.is_object()) return invalid("it is no JSON object");
  const json::value* const version = json::find(document, "schemaVersion");
  if (version == nullptr || !version->is_int64() || version->as_int64() != 2)
    return invalid("'schemaVersion' is not 2");

  Manifest manifest;
  CUMULET_TRY(manifest.media_type, type_of(document, content_type));
  manifest.is_index = is_index_type(manifest.media_type);
  const bool is_image = json::find(document, "config") != nullptr || json::find(document, "layers") != nullptr;
  const bool lists_manifests = json::find(document, "manifests") != nullptr;
  if (manifest.is_index ? is_image : lists_manifests)
    return invalid("it has the members of a manifest and of an index");
  if (manifest.is_index) {
    CUMULET_TRY(manifest.manifests, read_list(document, "manifests"));
  } else {
    const json::value* const config = json::find(document, "config");
    if (config == nullptr) return invalid("'config' is missing");
    CUMULET_TRY(manifest.config, read_descriptor(*config, "config"));
    CUMULET_TRY(manifest.layers, read_list(document, "layers"));
  }
  if (const json::value* const subject = json::find(document, "subject")) {
    CUMULET_TRY(manifest.subject, read_descriptor(*subject, "subject"));
  }
  manifest.artifact_type = json::text_at(document, "artifactType");
  if (!manifest.artifact_type.empty() && !is_media_type(manifest.artifact_type))
    return invalid("'artifactType' is no media type");
  if (manifest.artifact_type.empty() && manifest.config) manifest.artifact_type = manifest.config->media_type;
  if (const json::value* const annotations = json::find(document, "annotations")) {
    if (!annotations->is_object()) return invalid("'annotations' is no object");
    for (const auto& [key, value] : annotations->get_object())
      if (!value.is_string()) return invalid("the annotation '" + std::string(key).substr(0, 200) + "' is no text");
    manifest.annotations = json::text(*annotations);
  }
  return manifest;
}

}  // namespace cumulet::oci
