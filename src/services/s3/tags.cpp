#include <algorithm>
#include <cctype>

#include "base/encoding.hpp"
#include "services/s3/errors.hpp"
#include "services/s3/service.hpp"

// Tags of buckets and objects; kept as one text, which is the form of their header too.
namespace cumulet::s3 {
namespace {

std::size_t characters(std::string_view utf8) {
  return static_cast<std::size_t>(std::count_if(utf8.begin(), utf8.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

// Letters, digits and spaces of any script, and these signs.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/tagging-managing.html
bool has_tag_characters(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto u = static_cast<unsigned char>(c);
    return u >= 0x80 || std::isalnum(u) || std::string_view(" +-=._:/@").find(c) != std::string_view::npos;
  });
}

}  // namespace

Result<std::vector<Tag>> parse_tags(std::string_view text) {
  const Error malformed = invalid_argument(
      "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name "
      "duplicates.",
      "x-amz-tagging", text);
  std::vector<Tag> tags;
  while (!text.empty()) {
    const auto end = text.find('&');
    const std::string_view pair = text.substr(0, end);
    text = end == text.npos ? std::string_view{} : text.substr(end + 1);
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    if (equals != pair.npos && pair.find('=', equals + 1) != pair.npos) return malformed;
    auto key = percent_decode(pair.substr(0, equals), Plus::space);
    auto value = equals == pair.npos ? std::string() : percent_decode(pair.substr(equals + 1), Plus::space);
    if (!key || !value || key->empty() || !is_valid_utf8(*key) || !is_valid_utf8(*value)) return malformed;
    for (const Tag& t : tags)
      if (t.key == *key) return malformed;
    tags.push_back({std::move(*key), std::move(*value)});
  }
  return tags;
}

Result<void> check_tags(const std::vector<Tag>& tags, std::size_t max) {
  if (tags.size() > max) {
    if (max == 10) return Error{kBadRequest, "Object tags cannot be greater than 10"};
    return Error{kBadRequest, "Bucket tag count cannot be greater than 50"};
  }
  for (std::size_t i = 0; i < tags.size(); ++i) {
    if (tags[i].key.empty() || characters(tags[i].key) > 128 || !has_tag_characters(tags[i].key))
      return Error{kInvalidTag, "The TagKey you have provided is invalid", {{"TagKey", tags[i].key}}};
    if (characters(tags[i].value) > 256 || !has_tag_characters(tags[i].value))
      return Error{kInvalidTag,
                   "The TagValue you have provided is invalid",
                   {{"TagKey", tags[i].key}, {"TagValue", tags[i].value}}};
    if (tags[i].key.starts_with("aws:"))
      return Error{
          kInvalidTag,
          max == 10 ? "Your TagKey cannot be prefixed with aws:" : "System tags cannot be added/updated by requester",
          {{"TagKey", tags[i].key}}};
    for (std::size_t k = 0; k < i; ++k)
      if (tags[k].key == tags[i].key)
        return Error{kInvalidTag, "Cannot provide multiple Tags with the same key", {{"TagKey", tags[i].key}}};
  }
  return {};
}

std::string tags_text(const std::vector<Tag>& tags) {
  std::string out;
  for (const Tag& t : tags) {
    if (!out.empty()) out += '&';
    out += percent_encode(t.key) + '=' + percent_encode(t.value);
  }
  return out;
}

}  // namespace cumulet::s3
