#include "cloudformation/rollback.hpp"

#include <algorithm>

#include "cloudformation/sam.hpp"

namespace cumulet::cloudformation {
namespace {

constexpr const char* kRolledBack = "rolled back";

// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stack-failure-options.html: first what was changed
// gets back what it had, then what was made goes.
class Rollback {
 public:
  explicit Rollback(StackWriter& writer) : w_(writer), creating_(is_creating(writer.stack.status)) {}

  Result<RollbackFailures> run(const std::string& reason) {
    const std::string prefix = creating_ ? "ROLLBACK_" : "UPDATE_ROLLBACK_";
    CUMULET_CHECK(w_.set_status(prefix + "IN_PROGRESS", reason));
    CUMULET_CHECK(restore_changed());
    if (!failures_.rollback) {
      if (!creating_) CUMULET_CHECK(w_.set_status(prefix + "COMPLETE_CLEANUP_IN_PROGRESS", ""));
      CUMULET_CHECK(delete_made());
    }
    if (failures_.rollback) {
      CUMULET_CHECK(w_.set_status(prefix + "FAILED", failures_.rollback->message()));
      return std::move(failures_);
    }
    w_.stack = as_before(w_.stack);
    CUMULET_CHECK(w_.set_status(prefix + "COMPLETE", failures_.cleanup ? failures_.cleanup->message() : ""));
    return std::move(failures_);
  }

 private:
  static bool is_creating(const std::string& status) {
    return status.starts_with("CREATE_") || status.starts_with("ROLLBACK_");
  }

  const StackResource* former(const std::string& id) const {
    const auto& all = w_.stack.former->resources;
    const auto it = std::ranges::find(all, id, &StackResource::logical_id);
    return it == all.end() ? nullptr : &*it;
  }

  Result<void> restore_changed() {
    for (const std::string& id : deletion_order(w_.stack.resources)) {
      StackResource& now = *w_.stack.find(id);
      if (now.touch != Touch::updated) continue;
      w_.note(now, "UPDATE_IN_PROGRESS");
      CUMULET_CHECK(w_.save());
      const auto outcome = restore(now);
      if (outcome.ok()) {
        w_.note(now, "UPDATE_COMPLETE");
        w_.report(Action::restored, now, kRolledBack);
      } else {
        w_.note(now, "UPDATE_FAILED", described(outcome.error()));
        if (!failures_.rollback)
          failures_.rollback = resource_error(
              id, 0, "cannot give " + now.physical_id + " back what it had: " + described(outcome.error()));
      }
    }
    return {};
  }

  // From whatever it has now, of which the record tells the most it may be.
  Result<void> restore(StackResource& now) {
    const StackResource* before = former(now.logical_id);
    const ResourceType* type = resource_type(now.type);
    if (!before || !type || !type->update) return template_error(0, "its record is damaged");
    const Desired desired{.logical_id = now.logical_id, .properties = from_json(before->properties), .name = now.name};
    StackResource at = now;
    at.incomplete = true;
    Provisioning p = w_.provisioning();
    CUMULET_CHECK(type->update(p, desired, at));
    const bool was_incomplete = before->incomplete;
    now = *before;
    now.incomplete = was_incomplete;
    return {};
  }

  Result<void> delete_made() {
    for (const std::string& id : deletion_order(w_.stack.resources)) {
      const StackResource& made = *w_.stack.find(id);
      if (made.touch != Touch::created && made.touch != Touch::refused) continue;
      if (made.touch == Touch::created) {
        CUMULET_TRY(const bool done, delete_one(made));
        if (!done) continue;
      }
      std::erase_if(w_.stack.resources, [&](const StackResource& r) { return r.logical_id == id; });
      CUMULET_CHECK(w_.save());
    }
    return {};
  }

  // Whether it has left the stack's resources.
  Result<bool> delete_one(StackResource made) {
    const bool known = !made.physical_id.empty();
    if (made.deletion_policy == DeletionPolicy::retain) {
      w_.note(made, "DELETE_SKIPPED");
      if (known) w_.report(Action::retained, made, kRolledBack);
      return true;
    }
    w_.note(made, "DELETE_IN_PROGRESS");
    CUMULET_CHECK(w_.save());
    const auto outcome = w_.remove(made);
    if (outcome.ok()) {
      w_.note(made, "DELETE_COMPLETE");
      if (known || !made.physical_id.empty()) w_.report(Action::deleted, made, kRolledBack);
      return true;
    }
    const std::string why = described(outcome.error());
    w_.note(made, "DELETE_FAILED", why);
    Error error = resource_error(made.logical_id, 0, "cannot delete " + made.physical_id + ": " + why);
    if (creating_) {
      *w_.stack.find(made.logical_id) = std::move(made);
      if (!failures_.rollback) failures_.rollback = std::move(error);
      return false;
    }
    made.touch = Touch::none;
    w_.stack.replaced.push_back(std::move(made));
    if (!failures_.cleanup) failures_.cleanup = std::move(error);
    return true;
  }

  StackWriter& w_;
  bool creating_;
  RollbackFailures failures_;
};

}  // namespace

Result<RollbackFailures> roll_back(StackWriter& writer, const std::string& reason) {
  return Rollback(writer).run(reason);
}

Result<Outcome> roll_back(Surroundings& surroundings, Stack stack, const std::string& reason) {
  StackWriter writer(surroundings, std::move(stack));
  CUMULET_TRY(RollbackFailures failures, roll_back(writer, reason));
  return Outcome{.stack = std::move(writer.stack),
                 .failure = {},
                 .rollback_failure = std::move(failures.rollback),
                 .cleanup_failure = std::move(failures.cleanup)};
}

}  // namespace cumulet::cloudformation
