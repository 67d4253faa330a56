#pragma once
#include <regex>

#include "asl/json_path.hpp"

namespace cumulet::asl {

// A filter's expression: comparisons of @-paths, $-paths and literals, joined by && || !.
struct Filter {
  enum class Kind { all_of, any_of, negation, exists, compare };
  enum class Operator { eq, ne, lt, le, gt, ge, matches, in, nin, contains, empty, size };
  struct Operand {
    enum class From { current, root, literal } from = From::literal;
    JsonPath path;
    json::value literal;
  };

  Kind kind = Kind::exists;
  std::vector<Filter> parts;  // all_of, any_of, negation
  Operator op = Operator::eq;
  Operand left, right;
  std::shared_ptr<const std::regex> pattern;  // matches

  // What its paths visit is taken off `visits_left`; at 0 nothing passes.
  bool test(const json::value& current, const json::value& root, std::size_t& visits_left) const;
  Selection resolve(const Operand& operand, const json::value& current, const json::value& root,
                    std::size_t& visits_left) const;
};

// JSON equality with numbers by value: 1 equals 1.0.
bool json_equal(const json::value& a, const json::value& b);
// The number of a JSON number; nullopt for anything else.
std::optional<double> as_number(const json::value& v);

}  // namespace cumulet::asl
