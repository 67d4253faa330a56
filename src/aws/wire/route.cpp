#include <algorithm>

#include "aws/wire/codec.hpp"
#include "base/encoding.hpp"

namespace cumulet::wire {
namespace {

// Where labels were found, still encoded.
using Found = std::vector<std::pair<std::string_view, std::string_view>>;

std::string_view pop_segment(std::string_view& path) {  // path begins with '/'
  const auto end = path.find('/', 1);
  const std::string_view segment = path.substr(1, end == std::string_view::npos ? end : end - 1);
  path = end == std::string_view::npos ? std::string_view{} : path.substr(end);
  return segment;
}

bool is_end(std::string_view rest) { return rest.empty() || rest == "/"; }

bool match_path(std::string_view pattern, std::string_view path, Found& found) {
  while (!is_end(pattern)) {
    if (path.empty()) return false;
    std::string_view segment = pop_segment(pattern);
    if (segment.starts_with('{') && segment.ends_with("+}")) {
      // A greedy label takes all but what the literal rest of the pattern needs.
      std::string_view value = path.substr(1);
      if (!pattern.empty()) {
        if (!value.ends_with(pattern)) return false;
        value.remove_suffix(pattern.size());
      }
      if (value.empty()) return false;
      found.emplace_back(segment.substr(1, segment.size() - 3), value);
      return true;
    }
    const std::string_view actual = pop_segment(path);
    if (segment.starts_with('{') && segment.ends_with('}')) {
      if (actual.empty()) return false;
      found.emplace_back(segment.substr(1, segment.size() - 2), actual);
    } else if (segment != actual) {
      return false;
    }
  }
  return is_end(path);
}

// How many query constraints hold; nullopt when one does not.
std::optional<int> match_query_keys(std::string_view constraints, const QueryPairs& query) {
  int count = 0;
  while (!constraints.empty()) {
    const auto end = constraints.find('&');
    const std::string_view constraint = constraints.substr(0, end);
    constraints = end == std::string_view::npos ? std::string_view{} : constraints.substr(end + 1);
    const auto equals = constraint.find('=');
    const std::string_view key = constraint.substr(0, equals);
    const bool holds = std::any_of(query.begin(), query.end(), [&](const auto& pair) {
      return pair.first == key && (equals == std::string_view::npos || pair.second == constraint.substr(equals + 1));
    });
    if (!holds) return std::nullopt;
    ++count;
  }
  return count;
}

std::size_t literal_length(std::string_view pattern) {
  std::size_t length = 0;
  bool inside = false;
  for (const char c : pattern) {
    if (c == '{') inside = true;
    if (!inside) ++length;
    if (c == '}') inside = false;
  }
  return length;
}

}  // namespace

RouteMatch match_route(const ServiceDescriptor& service, std::string_view method, std::string_view raw_path,
                       const QueryPairs& query, const http::Headers& headers) {
  RouteMatch best;
  Found best_labels, labels;
  int best_keys = -1;
  bool best_header = false;
  std::size_t best_literal = 0;
  for (const Operation& op : service.operations) {
    if (op.method != method) continue;
    const auto mark = op.uri.find('?');
    const std::string_view pattern = op.uri.substr(0, mark);
    labels.clear();
    if (!match_path(pattern, raw_path, labels)) continue;
    const auto keys =
        match_query_keys(mark == std::string_view::npos ? std::string_view{} : op.uri.substr(mark + 1), query);
    if (!keys || (!op.required_header.empty() && !headers.has(op.required_header))) continue;
    const bool header = !op.required_header.empty();
    const std::size_t literal = literal_length(pattern);
    const bool wins =
        !best.operation || *keys > best_keys ||
        (*keys == best_keys && (header > best_header || (header == best_header && literal > best_literal)));
    if (!wins) continue;
    best.operation = &op;
    best_keys = *keys;
    best_header = header;
    best_literal = literal;
    best_labels.swap(labels);
  }
  for (const auto& [name, raw] : best_labels) {
    auto value = percent_decode(raw);
    if (!value) return {};
    best.labels.emplace_back(name, std::move(*value));
  }
  return best;
}

}  // namespace cumulet::wire
