#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/json.hpp"

namespace cumulet::asl {

inline constexpr ErrorKind kInvalidPath{"InvalidPath"};

// What a path finds. A definite path (no wildcard, filter, slice or descent) gives one node or none; any other gives
// the list of its matches, empty when there are none, as AWS's interpreter does.
class Selection {
 public:
  static Selection node(const json::value& v) { return Selection(&v, {}, {}); }
  static Selection list(json::value v) { return Selection(nullptr, std::move(v), {}); }
  static Selection missing(std::string why) { return Selection(nullptr, {}, std::move(why)); }

  explicit operator bool() const { return node_ || list_; }
  const json::value& value() const { return node_ ? *node_ : *list_; }
  const std::string& why_missing() const { return why_; }

 private:
  Selection(const json::value* node, std::optional<json::value> list, std::string why)
      : node_(node), list_(std::move(list)), why_(std::move(why)) {}
  const json::value* node_;
  std::optional<json::value> list_;
  std::string why_;
};

struct Filter;

// A JSONPath as AWS Step Functions reads it: .name ['name'] ['a','b'] [n] [-n] [a,b] [a:b] [*] .* .. [?(...)] and the
// functions length() min() max() sum() avg() at its end.
// https://docs.aws.amazon.com/step-functions/latest/dg/amazon-states-language-paths.html
class JsonPath {
 public:
  // `text` begins with '$'. At most kMaxSteps steps and kMaxFilterDepth nested filters. Error: kInvalidPath.
  static Result<JsonPath> compile(std::string_view text);

  bool is_root() const { return steps_.empty(); }
  bool is_definite() const;
  // Only names and indexes: a Reference Path, which can be written to.
  bool is_reference() const;

  // The selection points into `root`, which must outlive it. What would visit or take more than bounds.hpp allows is
  // missing.
  Selection select(const json::value& root) const;
  // Puts `v` where a reference path points, making objects on the way. Where the path meets something that is neither
  // object nor array, or an index outside its array: kInvalidPath with AWS's words for it; `root` is then half written.
  Result<void> assign(json::value& root, json::value v) const;

 private:
  friend class PathParser;
  friend struct Filter;
  friend class Selector;
  enum class Function { none, length, min, max, sum, avg };
  struct Names {
    std::vector<std::string> names;
  };
  struct Indexes {
    std::vector<std::int64_t> indexes;
  };
  struct Slice {
    std::optional<std::int64_t> from, to;
    std::int64_t step = 1;
  };
  struct Wildcard {};
  struct Descent {};  // the steps that follow apply to every descendant
  struct Filtered {
    std::shared_ptr<const Filter> filter;
  };
  using Step = std::variant<Names, Indexes, Slice, Wildcard, Descent, Filtered>;

  static constexpr std::size_t kMaxSteps = 256;
  static constexpr int kMaxFilterDepth = 16;

  Selection select(const json::value& root, std::size_t& visits_left) const;

  std::vector<Step> steps_;
  Function function_ = Function::none;
};

}  // namespace cumulet::asl
