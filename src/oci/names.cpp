#include "oci/names.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace cumulet::oci {
namespace {

constexpr std::size_t kLongestName = 255, kLongestTag = 128;

bool is_alnum(char c) { return is_digit(c) || (c >= 'a' && c <= 'z'); }

// One separator between two runs of letters: ".", "_", "__" or any number of "-".
bool is_separator(std::string_view text) {
  return text == "." || text == "_" || text == "__" ||
         (!text.empty() && text.find_first_not_of('-') == std::string_view::npos);
}

bool is_component(std::string_view text) {
  if (text.empty() || !is_alnum(text.front()) || !is_alnum(text.back())) return false;
  while (!text.empty()) {
    text.remove_prefix(static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_alnum) - text.begin()));
    const auto end = static_cast<std::size_t>(std::find_if(text.begin(), text.end(), is_alnum) - text.begin());
    if (!text.empty() && !is_separator(text.substr(0, end))) return false;
    text.remove_prefix(end);
  }
  return true;
}

void read_aws_host(ImageName& image) {
  constexpr std::string_view kMiddle = ".dkr.ecr.";
  const std::string_view host = image.host;
  const auto middle = host.find(kMiddle);
  if (middle != 12 || !std::all_of(host.begin(), host.begin() + 12, [](char c) { return is_digit(c); })) return;
  const std::string_view rest = host.substr(middle + kMiddle.size());
  const auto dot = rest.find('.');
  if (dot == rest.npos || dot == 0) return;
  const std::string_view domain = rest.substr(dot + 1);
  if (domain != "amazonaws.com" && domain != "amazonaws.com.cn") return;
  image.account = std::string(host.substr(0, 12));
  image.region = std::string(rest.substr(0, dot));
}

}  // namespace

bool is_repository_name(std::string_view text) {
  if (text.size() > kLongestName) return false;
  while (true) {
    const auto slash = text.find('/');
    if (!is_component(text.substr(0, slash))) return false;
    if (slash == text.npos) return true;
    text.remove_prefix(slash + 1);
  }
}

bool is_tag(std::string_view text) {
  if (text.empty() || text.size() > kLongestTag || text.front() == '.' || text.front() == '-') return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return is_letter_or_digit(c) || c == '_' || c == '.' || c == '-'; });
}

std::optional<ImageName> parse_image_name(std::string_view text) {
  ImageName image;
  const auto slash = text.find('/');
  if (slash == text.npos || slash == 0 || text.size() > 1024) return std::nullopt;
  image.host = std::string(text.substr(0, slash));
  std::string_view rest = text.substr(slash + 1);
  if (const auto at = rest.find('@'); at != rest.npos) {
    const auto digest = Digest::parse(rest.substr(at + 1));
    if (!digest) return std::nullopt;
    image.digest = *digest;
    rest = rest.substr(0, at);
  }
  if (const auto colon = rest.rfind(':'); colon != rest.npos) {
    if (!is_tag(rest.substr(colon + 1))) return std::nullopt;
    if (image.digest.empty()) image.tag = std::string(rest.substr(colon + 1));
    rest = rest.substr(0, colon);
  } else if (image.digest.empty()) {
    image.tag = "latest";
  }
  if (!is_repository_name(rest)) return std::nullopt;
  image.repository = std::string(rest);
  read_aws_host(image);
  return image;
}

}  // namespace cumulet::oci
