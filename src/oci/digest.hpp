#pragma once
#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace cumulet::oci {

// What content is called by: "sha256:" and 64 lower-case hexadecimal digits. Other algorithms are not known here, as
// they are not to ECR.
class Digest {
 public:
  Digest() = default;  // empty: none
  static std::optional<Digest> parse(std::string_view text);
  static Digest of(std::string_view bytes);
  // `hex`: 64 digits, lower case.
  static Digest of_hex(std::string_view hex) { return Digest("sha256:" + std::string(hex)); }

  const std::string& text() const { return text_; }
  std::string_view hex() const { return std::string_view(text_).substr(7); }
  bool empty() const { return text_.empty(); }
  auto operator<=>(const Digest&) const = default;

 private:
  explicit Digest(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

}  // namespace cumulet::oci
