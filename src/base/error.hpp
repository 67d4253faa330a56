#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cumulet {

// One row of a service's error table: what the error is called on each protocol and its HTTP status.
// Rows are constants (`inline constexpr ErrorKind kNoSuchBucket{...}`), compared by address.
struct ErrorKind {
  std::string_view code;             // code in JSON and REST protocols ("ResourceNotFoundException", "NoSuchBucket")
  int status = 400;                  // HTTP status
  std::string_view query_code = {};  // code on the Query protocol where it differs; empty: same as `code`
};

inline constexpr ErrorKind kInternalFailure{"InternalFailure", 500};
inline constexpr ErrorKind kServiceUnavailable{"ServiceUnavailable", 503};
inline constexpr ErrorKind kRequestTimeout{"RequestTimeout", 408};

// An expected failure, as a value. `fields` are further members of the error's wire shape ("Type" -> "User",
// "BucketName" -> "b"), written in order beside code and message.
class Error {
 public:
  Error(const ErrorKind& kind, std::string message, std::vector<std::pair<std::string, std::string>> fields = {})
      : kind_(&kind), message_(std::move(message)), fields_(std::move(fields)) {}

  const ErrorKind& kind() const { return *kind_; }
  bool is(const ErrorKind& kind) const { return kind_ == &kind; }
  std::string_view code() const { return kind_->code; }
  int status() const { return kind_->status; }
  const std::string& message() const { return message_; }
  const std::vector<std::pair<std::string, std::string>>& fields() const { return fields_; }

  Error with(std::string name, std::string value) && {
    fields_.emplace_back(std::move(name), std::move(value));
    return std::move(*this);
  }

 private:
  const ErrorKind* kind_;
  std::string message_;
  std::vector<std::pair<std::string, std::string>> fields_;
};

}  // namespace cumulet
