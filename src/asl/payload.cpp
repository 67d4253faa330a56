#include "asl/payload.hpp"

namespace cumulet::asl {

Payload Payload::from_text(Text text) {
  auto node = std::make_shared<Node>();
  node->text = std::move(text);
  Payload payload;
  payload.node_ = std::move(node);
  return payload;
}

Payload Payload::from_value(json::value value) {
  auto node = std::make_shared<Node>();
  node->value = std::move(value);
  Payload payload;
  payload.node_ = std::move(node);
  return payload;
}

std::optional<Payload> Payload::parse(Text text) {
  auto value = json::parse(*text);
  if (!value) return std::nullopt;
  Payload payload = from_text(std::move(text));
  payload.node_->value = std::move(*value);
  return payload;
}

const Text& Payload::text() const {
  static const Text kNull = make_text("null");
  if (!node_) return kNull;
  if (!node_->text) node_->text = make_text(json::text(*node_->value));
  return node_->text;
}

const json::value& Payload::value() const {
  static const json::value kNull;
  if (!node_) return kNull;
  if (!node_->value) {
    auto parsed = json::parse(*node_->text);
    node_->value = parsed ? std::move(*parsed) : json::value();
  }
  return *node_->value;
}

}  // namespace cumulet::asl
