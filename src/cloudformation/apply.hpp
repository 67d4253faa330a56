#pragma once
#include <chrono>
#include <functional>
#include <optional>
#include <set>
#include <string>

#include "base/time.hpp"
#include "cloudformation/artifacts.hpp"
#include "cloudformation/plan.hpp"
#include "cloudformation/stack_store.hpp"

namespace cumulet::cloudformation {

enum class Action { created, changed, replaced, unchanged, deleted, retained, restored };
std::string_view text(Action action);

// One thing done to a resource, reported as it is done.
struct Step {
  Action action;
  std::string logical_id;
  std::string type;
  std::string physical_id;
  std::string detail;  // the properties that changed, why it was made again, or that it was rolled back
};

// What becomes of what a failed change has made and changed: it is taken back, or left for somebody to look at
// (CREATE_FAILED, UPDATE_FAILED).
enum class OnFailure { roll_back, keep };

// What changing a stack uses from outside. It waits for answers and pauses between questions: a worker's business,
// never an I/O thread's. Callers see to it that a stack is changed by one at a time.
struct Surroundings {
  Caller& aws;
  StackStore& store;
  Artifacts& artifacts;
  Environment environment;  // the stack's name and id are filled in
  Random& random;
  const Clock& clock;
  std::function<void(std::chrono::milliseconds)> pause;
  std::function<void(const Step&)> on_step;
  OnFailure on_failure = OnFailure::roll_back;
};

// How a change ended. The stack's status and events tell it in CloudFormation's words.
struct Outcome {
  Stack stack;
  std::optional<Error> failure;           // resource, line and AWS's answer; what had been done was then rolled back,
  std::optional<Error> rollback_failure;  // unless this says why not: the stack is in ROLLBACK_FAILED or the like
  std::optional<Error>
      cleanup_failure;  // what is of the stack no more could not be deleted: the next change tries again
};

// Records that a change begins: the stack as it was, and CREATE_IN_PROGRESS or UPDATE_IN_PROGRESS. apply() does it
// where nobody has; who answers before the change is carried out does it himself, so that it is not forgotten.
Result<void> begin_change(Surroundings& surroundings, Stack& stack);

// Carries a plan out: in its order resources are made, changed, and replaced beside the old ones; then, when nothing
// can fail any more, what the template lost and what was replaced is deleted, dependents first. When a resource fails,
// those that were changed get back what they had, and those that were made are deleted, in reverse order. The stack is
// recorded before each call that changes something. A process that is killed leaves a stack behind that
// is_unfinished(); whatever it made is in there or is found by roll_back().
// Error: the stack could not be recorded; nothing more is done then, not rolled back either.
Result<Outcome> apply(Surroundings& surroundings, const Plan& plan, Stack stack);

// Rolls an unfinished stack back, as apply() does when something fails. `reason` stands in the stack's events.
Result<Outcome> roll_back(Surroundings& surroundings, Stack stack, const std::string& reason);

enum class Buckets { keep_full, empty };  // a bucket with objects makes deletion fail, or is emptied first

// Goes on with the deletion of what is of the stack no more, where the process was killed in
// UPDATE_COMPLETE_CLEANUP_IN_PROGRESS.
Result<Outcome> finish_cleanup(Surroundings& surroundings, Stack stack);

// Records that a deletion begins, as begin_change() does of a change.
Result<void> begin_deletion(Surroundings& surroundings, Stack& stack);

// Deletes every resource of a stack, dependents first, also what an unfinished change has made, and its record. Error:
// the first that could not be deleted, which stops it; fields: ("ResourceErrorCode", AWS's code).
Result<void> delete_stack(Surroundings& surroundings, Stack stack, Buckets buckets);

// The resources, by logical id, that are there no more: somebody else deleted them.
Result<std::set<std::string>> find_gone(Surroundings& surroundings, const Stack& stack);

}  // namespace cumulet::cloudformation
