#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "aws/wire/shape.hpp"
#include "base/result.hpp"

namespace cumulet::wire {

// Collects what an input breaks of its shape's constraints, in AWS's wording:
// "2 validation errors detected: Value 'x' at 'tags.1.member.key' failed to satisfy constraint: ...; Value null at
// ...".
class Violations {
 public:
  // A step of the path, taken back at the end of the scope. Members begin with a lower-case letter.
  class Scope {
   public:
    Scope(Violations& violations, std::string_view member_name);
    Scope(Violations& violations, std::size_t list_index);  // zero-based
    ~Scope() { violations_.path_.resize(length_); }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Violations& violations_;
    std::size_t length_;
  };

  // Both for the current path.
  void missing();
  void check(const Member& member, const Shape& shape, const void* value);

  bool empty() const { return messages_.empty(); }
  const std::string& path() const { return path_; }
  Result<void> result(const ErrorKind& kind) const;

 private:
  void add(const std::string& shown, const std::string& constraint);
  std::string path_;
  std::vector<std::string> messages_;
};

// Whole-value match of an ECMAScript pattern; false too where matching would take too long.
bool matches_pattern(std::string_view pattern, std::string_view value);

}  // namespace cumulet::wire
