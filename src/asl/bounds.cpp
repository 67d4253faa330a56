#include "asl/bounds.hpp"

namespace cumulet::asl {
namespace {

bool take(std::size_t bytes, std::size_t& left) {
  const bool enough = bytes <= left;
  left = enough ? left - bytes : 0;
  return enough;
}

}  // namespace

bool take_weight(const json::value& v, std::size_t& left) {
  if (const auto* string = v.if_string()) return take(string->size() + 3, left);
  if (const auto* array = v.if_array()) {
    for (const auto& item : *array)
      if (!take_weight(item, left)) return false;
    return take(3, left);
  }
  if (const auto* object = v.if_object()) {
    for (const auto& member : *object)
      if (!take(member.key().size() + 4, left) || !take_weight(member.value(), left)) return false;
    return take(3, left);
  }
  return take(8, left);
}

}  // namespace cumulet::asl
