#include "services/s3/names.hpp"

#include <algorithm>

#include "base/encoding.hpp"
#include "base/http.hpp"
#include "services/s3/errors.hpp"

namespace cumulet::s3 {
namespace {

bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool looks_like_ip_address(std::string_view name) {
  return std::count(name.begin(), name.end(), '.') == 3 &&
         std::all_of(name.begin(), name.end(), [](char c) { return is_digit(c) || c == '.'; });
}

}  // namespace

bool is_valid_bucket_name(std::string_view name) {
  if (name.size() < 3 || name.size() > 63) return false;
  if (!is_lower_or_digit(name.front()) || !is_lower_or_digit(name.back())) return false;
  if (!std::all_of(name.begin(), name.end(), [](char c) { return is_lower_or_digit(c) || c == '.' || c == '-'; }))
    return false;
  if (name.find("..") != name.npos || name.find(".-") != name.npos || name.find("-.") != name.npos) return false;
  if (name.starts_with("xn--") || name.starts_with("sthree-") || name.starts_with("amzn-s3-demo-")) return false;
  if (name.ends_with("-s3alias") || name.ends_with("--ol-s3") || name.ends_with(".mrap") || name.ends_with("--x-s3") ||
      name.ends_with("--table-s3"))
    return false;
  return !looks_like_ip_address(name);
}

std::string bucket_arn(std::string_view name) { return "arn:aws:s3:::" + std::string(name); }

Result<void> check_key(std::string_view key) {
  if (key.size() > 1024)
    return Error{
        kKeyTooLong, "Your key is too long", {{"Size", std::to_string(key.size())}, {"MaxSizeAllowed", "1024"}}};
  if (!is_valid_utf8(key)) return Error{kInvalidArgument, "The object key is not valid UTF-8"};
  return {};
}

std::string url_encode_key(std::string_view key) {
  std::string out = percent_encode(key, "/* ");
  std::replace(out.begin(), out.end(), ' ', '+');
  return out;
}

Result<CopySource> parse_copy_source(std::string_view header) {
  const Error invalid = invalid_argument("Invalid copy source object key", "x-amz-copy-source", "x-amz-copy-source");
  CopySource source;
  if (const auto at = header.find("?versionId="); at != header.npos) {
    source.version_id = std::string(header.substr(at + 11));
    header = header.substr(0, at);
  }
  for (const std::string_view scheme : {"http://", "https://"})
    if (iequals(header.substr(0, scheme.size()), scheme))
      header.remove_prefix(std::min(header.find('/', scheme.size()), header.size()));
  const auto decoded = percent_decode(header, Plus::space);
  if (!decoded) return invalid;
  std::string_view path = *decoded;
  if (path.starts_with('/')) path.remove_prefix(1);
  const auto slash = path.find('/');
  if (slash == path.npos || slash == 0 || slash + 1 == path.size())
    return invalid_argument("Copy Source must mention the source bucket and key: sourcebucket/sourcekey",
                            "x-amz-copy-source", std::string(header));
  source.bucket = path.substr(0, slash);
  source.key = path.substr(slash + 1);
  return source;
}

std::string after_prefix(std::string_view prefix) {
  std::string next(prefix);
  while (!next.empty() && static_cast<unsigned char>(next.back()) == 0xff) next.pop_back();
  if (!next.empty()) next.back() = static_cast<char>(static_cast<unsigned char>(next.back()) + 1);
  return next;
}

}  // namespace cumulet::s3
