#pragma once
#include <memory>
#include <optional>
#include <string>

#include "base/json.hpp"

namespace cumulet::asl {

// An immutable text, shared by every event and command that carries it.
using Text = std::shared_ptr<const std::string>;
inline Text make_text(std::string text) { return std::make_shared<const std::string>(std::move(text)); }

// The largest input or output of a state, in bytes of its text.
// https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
inline constexpr std::size_t kMaxPayloadBytes = 262'144;

// A JSON document that never changes. It keeps the text it came from, so that what passes through a state untouched is
// neither parsed nor written again; tree and text are made from each other on first use. Copies share. Not thread-safe:
// one execution uses it at a time.
class Payload {
 public:
  Payload() = default;
  // `text` must be JSON; a text that is not reads as null.
  static Payload from_text(Text text);
  static Payload from_value(json::value value);
  // nullopt when the text is not JSON.
  static std::optional<Payload> parse(Text text);

  const Text& text() const;
  const json::value& value() const;
  explicit operator bool() const { return node_ != nullptr; }

 private:
  struct Node {
    mutable Text text;
    mutable std::optional<json::value> value;
  };
  std::shared_ptr<const Node> node_;
};

}  // namespace cumulet::asl
