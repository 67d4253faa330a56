#pragma once
#include <string>

#include "cloudformation/apply.hpp"

namespace cumulet::cloudformation {

// A stack while it is changed: what is common to applying, rolling back and deleting. Events go into the record; it is
// kept by save().
class StackWriter {
 public:
  StackWriter(Surroundings& surroundings, Stack stack);

  Stack stack;

  // An event of the stack itself, recorded at once.
  Result<void> set_status(const std::string& status, const std::string& reason);
  // An event of a resource, which takes the status on.
  void note(StackResource& resource, const std::string& status, const std::string& reason = {});
  void report(Action action, const StackResource& resource, std::string detail = {});
  Result<void> save();
  // save() has failed: what happens now could not be known to anybody later.
  bool is_lost() const { return lost_; }

  Provisioning provisioning(Buckets buckets = Buckets::keep_full);
  // Deletes a resource that is recorded, whether it is known to have been made or not. Its error is of AWS.
  Result<void> remove(StackResource& resource, Buckets buckets = Buckets::keep_full);
  // Deletes what is of the stack no more; the first error. What could not be deleted stays in stack.replaced.
  Result<std::optional<Error>> clean_up();

  Surroundings& surroundings() { return s_; }

 private:
  Surroundings& s_;
  Environment environment_;
  bool lost_ = false;
};

}  // namespace cumulet::cloudformation
