#include <algorithm>

#include "cloudformation/sam.hpp"
#include "cloudformation/stack_writer.hpp"

namespace cumulet::cloudformation {
namespace {

bool is_same(const StackResource& a, const StackResource& b) {
  return a.type == b.type && a.physical_id == b.physical_id && a.name == b.name;
}

// Everything that an unfinished change may have left goes as well: what it made, and what that was to replace.
void join_former(Stack& stack) {
  if (!stack.former) return;
  for (StackResource& old : stack.former->resources)
    if (std::ranges::none_of(stack.resources, [&](const StackResource& r) { return is_same(r, old); }))
      stack.replaced.push_back(std::move(old));
  stack.former.reset();
}

Result<void> delete_one(StackWriter& w, StackResource r, Buckets buckets) {
  if (r.deletion_policy != DeletionPolicy::remove) {
    w.note(r, "DELETE_SKIPPED");
    w.report(Action::retained, r);
    return {};
  }
  w.note(r, "DELETE_IN_PROGRESS");
  const auto outcome = w.remove(r, buckets);
  if (outcome.ok()) {
    w.note(r, "DELETE_COMPLETE");
    if (!r.physical_id.empty()) w.report(Action::deleted, r);
    return {};
  }
  const std::string why = described(outcome.error());
  w.note(r, "DELETE_FAILED", why);
  return resource_error(r.logical_id, 0, "cannot delete " + r.physical_id + ": " + why)
      .with("ResourceErrorCode", error_code(outcome.error()));
}

Result<void> delete_all(StackWriter& w, Buckets buckets) {
  for (const std::string& id : deletion_order(w.stack.resources)) {
    CUMULET_CHECK(delete_one(w, *w.stack.find(id), buckets));
    std::erase_if(w.stack.resources, [&](const StackResource& r) { return r.logical_id == id; });
    CUMULET_CHECK(w.save());
  }
  while (!w.stack.replaced.empty()) {
    CUMULET_CHECK(delete_one(w, w.stack.replaced.back(), buckets));
    w.stack.replaced.pop_back();
    CUMULET_CHECK(w.save());
  }
  return {};
}

}  // namespace

Result<void> begin_deletion(Surroundings& surroundings, Stack& stack) {
  StackWriter w(surroundings, std::move(stack));
  auto begun = w.set_status("DELETE_IN_PROGRESS", "User Initiated");
  stack = std::move(w.stack);
  return begun;
}

Result<void> delete_stack(Surroundings& surroundings, Stack stack, Buckets buckets) {
  join_former(stack);
  if (stack.status != "DELETE_IN_PROGRESS") CUMULET_CHECK(begin_deletion(surroundings, stack));
  StackWriter w(surroundings, std::move(stack));
  auto outcome = delete_all(w, buckets);
  if (outcome.ok()) return surroundings.store.forget(w.stack.name);
  if (!w.is_lost()) CUMULET_CHECK(w.set_status("DELETE_FAILED", outcome.error().message()));
  return outcome;
}

}  // namespace cumulet::cloudformation
