#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "services/lambda/model_event_source.hpp"

namespace cumulet::lambda {

// FilterCriteria of an event source mapping: which records reach the function. A record passes when one of the filters
// matches it. Patterns as EventBridge writes them: {"body": {"city": ["Lyon", {"prefix": "St"}], "n": [{"numeric":
// [">", 5]}]}}; values, null, "prefix", "suffix", "equals-ignore-case", "numeric", "exists", "anything-but", "$or".
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
// https://docs.aws.amazon.com/lambda/latest/dg/with-sqs-filtering.html
class EventFilter {
 public:
  static constexpr std::size_t kMost = 5;       // filters of a mapping, AWS's quota
  static constexpr std::size_t kDepth = 32;     // objects within one another
  static constexpr std::size_t kLength = 4096;  // of a pattern

  // Error: InvalidParameterValueException, "Invalid filter pattern definition."
  static Result<EventFilter> parse(const FilterCriteria& criteria);

  // `record` as the function would get it, its body a string. A body that is a JSON object or array is met by a pattern
  // for its members only, any other body by a pattern for the text only: else the record does not pass.
  bool passes(const json::value& record) const;

  struct Rule;
  struct Node;

 private:
  std::vector<std::shared_ptr<const Node>> filters_;
};

}  // namespace cumulet::lambda
