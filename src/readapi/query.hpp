#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"

namespace cumulet::readapi {

// The parameters of one request. Each is asked for once; what nobody asked for is an error, so that a misspelt one is
// not passed over. Errors: kInvalidParameter.
class Query {
 public:
  static Result<Query> parse(std::string_view raw);

  std::string text(std::string_view name);
  Result<std::optional<std::int64_t>> number(std::string_view name, std::int64_t low, std::int64_t high);
  Result<std::optional<TimePoint>> time(std::string_view name);  // ISO 8601
  // After all were asked for.
  Result<void> check_rest() const;

 private:
  std::map<std::string, std::string, std::less<>> left_;
};

}  // namespace cumulet::readapi
