#include "aws/wire/form_codec.hpp"

#include <charconv>
#include <map>
#include <memory>
#include <optional>

#include "aws/wire/scalar.hpp"
#include "base/encoding.hpp"

namespace cumulet::wire {
namespace {

constexpr ErrorKind kMalformedQueryString{"MalformedQueryString", 404};
constexpr ErrorKind kMalformedInput{"MalformedInput", 400};

// The dotted keys as a tree; list indexes sort as numbers.
struct Order {
  using is_transparent = void;
  static std::optional<std::uint64_t> index(std::string_view s) {
    std::uint64_t n = 0;
    const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), n);
    if (error != std::errc{} || end != s.data() + s.size()) return std::nullopt;
    return n;
  }
  bool operator()(std::string_view a, std::string_view b) const {
    const auto x = index(a), y = index(b);
    if (x && y && *x != *y) return *x < *y;
    if (x.has_value() != y.has_value()) return x.has_value();
    return a < b;
  }
};

struct Node {
  const std::string* value = nullptr;
  std::map<std::string_view, std::unique_ptr<Node>, Order> children;

  const Node* child(std::string_view name) const {
    const auto it = children.find(name);
    return it == children.end() ? nullptr : it->second.get();
  }
};

std::string_view form_name(const Member& m) { return m.wire_name.empty() ? m.name : m.wire_name; }
std::string_view pick(std::string_view a, std::string_view b, std::string_view fallback) {
  return !a.empty() ? a : !b.empty() ? b : fallback;
}

class Reader {
 public:
  explicit Reader(Violations& violations) : violations_(violations) {}

  bool structure(const Node& node, const Shape& shape, void* out) {
    for (const Member& m : shape.members) {
      Violations::Scope scope(violations_, m.name);
      const Node* found = node.child(form_name(m));
      if (!found) {
        if (m.is_required) violations_.missing();
        continue;
      }
      const Shape& target = *m.shape(m);
      void* member_value = m.emplace(m, out);
      if (!value(*found, &m, target, member_value)) return false;
      violations_.check(m, target, member_value);
    }
    return true;
  }

  const std::string& message() const { return message_; }

 private:
  bool value(const Node& node, const Member* m, const Shape& shape, void* out) {
    switch (shape.kind) {
      case Kind::structure: return structure(node, shape, out);
      case Kind::list: {
        const Node* entries = &node;
        if (!m || !m->is_flattened)
          entries = node.child(pick(m ? m->entry_name : std::string_view{}, shape.entry_name, "member"));
        if (!entries) return true;  // "List=" is the empty list
        std::size_t index = 0;
        for (const auto& [key, item] : entries->children) {
          if (!Order::index(key))
            return fail("The index '" + std::string(key) + "' of " + violations_.path() + " is not a number");
          Violations::Scope scope(violations_, index++);
          if (!value(*item, nullptr, *shape.element(shape), shape.append(shape, out))) return false;
        }
        return true;
      }
      case Kind::map: {
        const Node* entries = m && m->is_flattened ? &node : node.child("entry");
        if (!entries) return true;
        for (const auto& [index, item] : entries->children) {
          const Node* key = item->child(pick(m ? m->key_name : std::string_view{}, shape.key_name, "key"));
          const Node* v = item->child(pick(m ? m->value_name : std::string_view{}, shape.value_name, "value"));
          if (!key || !key->value) return fail("A map entry of " + violations_.path() + " has no key");
          void* slot = shape.put(shape, out, *key->value);
          if (v && !value(*v, nullptr, *shape.element(shape), slot)) return false;
        }
        return true;
      }
      default: {
        const std::string empty;
        const std::string& text = node.value ? *node.value : empty;
        if (parse_scalar(text, shape, out, timestamp_format(m, shape, TimestampFormat::iso8601))) return true;
        return fail("The value '" + text + "' of " + violations_.path() + " is not valid");
      }
    }
  }

  bool fail(std::string message) {
    message_ = std::move(message);
    return false;
  }
  Violations& violations_;
  std::string message_;
};

}  // namespace

Result<QueryPairs> parse_query(std::string_view raw) {
  QueryPairs pairs;
  while (!raw.empty()) {
    const auto end = raw.find('&');
    const std::string_view pair = raw.substr(0, end);
    raw = end == std::string_view::npos ? std::string_view{} : raw.substr(end + 1);
    if (pair.empty()) continue;
    if (pairs.size() == kFormPairs) return Error{kMalformedQueryString, "The query string has too many parameters."};
    const auto equals = pair.find('=');
    auto key = percent_decode(pair.substr(0, equals), Plus::space);
    auto value =
        equals == std::string_view::npos ? std::string() : percent_decode(pair.substr(equals + 1), Plus::space);
    if (!key || !value) return Error{kMalformedQueryString, "The query string is malformed."};
    pairs.emplace_back(std::move(*key), std::move(*value));
  }
  return pairs;
}

Result<void> read_form(const QueryPairs& pairs, const Shape& shape, void* out, Violations& violations) {
  Node root;
  for (const auto& [key, value] : pairs) {
    Node* node = &root;
    std::string_view rest = key;
    for (int depth = 0;; ++depth) {
      if (depth == kFormDepth)
        return Error{kMalformedQueryString, "The parameter " + key.substr(0, 64) + "... nests too deep."};
      const auto dot = rest.find('.');
      auto& slot = node->children[rest.substr(0, dot)];
      if (!slot) slot = std::make_unique<Node>();
      node = slot.get();
      if (dot == std::string_view::npos) break;
      rest.remove_prefix(dot + 1);
    }
    if (!node->value) node->value = &value;
  }
  Reader reader(violations);
  if (!reader.structure(root, shape, out)) return Error{kMalformedInput, reader.message()};
  return {};
}

}  // namespace cumulet::wire
