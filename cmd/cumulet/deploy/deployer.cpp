#include "cmd/cumulet/deploy/deployer.hpp"

#include <algorithm>

#include "cmd/cumulet/deploy/package.hpp"

namespace cumulet::deploy {

using namespace cloudformation;

namespace {

std::string stack_id(const Environment& e, const std::string& name, Random& random) {
  return "arn:" + e.partition + ":cloudformation:" + e.region + ":" + e.account_id + ":stack/" + name + "/" +
         uuid4(random);
}

bool is_stack_name(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return !name.empty() && name.size() <= 128 && letter(name.front()) &&
         std::ranges::all_of(name, [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '-'; });
}

Error no_such_stack(const std::string& name) { return template_error(0, "Stack with id " + name + " does not exist"); }

class Deployment {
 public:
  Deployment(Surroundings& s, const DeployRequest& request)
      : s_(s),
        request_(request),
        store_(s.aws, s.environment),
        artifacts_(request.folder, store_.bucket(), store_.prefix(request.stack_name) + "code/"),
        around_{.aws = s.aws,
                .store = store_,
                .artifacts = artifacts_,
                .environment = s.environment,
                .random = s.random,
                .clock = s.clock,
                .pause = s.pause,
                .on_step = s.on_step} {}

  Result<Outcome> run() {
    if (!is_stack_name(request_.stack_name))
      return template_error(0,
                            "1 validation error detected: Value '" + request_.stack_name +
                                "' at 'stackName' failed to satisfy constraint: Member must satisfy regular expression "
                                "pattern: [a-zA-Z][-a-zA-Z0-9]*");
    CUMULET_TRY(const Stack before, recorded());
    CUMULET_TRY(const Plan plan, planned(as_before(before), {}));  // a template that cannot work changes nothing
    for (const std::string& note : plan.notes) s_.on_note(note);
    CUMULET_CHECK(store_.prepare());
    CUMULET_CHECK(store_.lock(request_.stack_name, s_.owner, s_.clock.now()));
    auto outcome = run_locked();
    auto unlocked = store_.unlock(request_.stack_name);
    if (outcome.ok()) CUMULET_CHECK(unlocked);
    return outcome;
  }

 private:
  Result<Outcome> run_locked() {
    CUMULET_TRY(Stack stack, recorded());  // another deploy may have ended meanwhile
    if (is_unfinished(stack)) {
      s_.on_note("the last change of " + stack.name + " ended in " + stack.status + ": it is rolled back first");
      CUMULET_TRY(Outcome outcome, roll_back(around_, std::move(stack), "The last change was cut off"));
      if (outcome.rollback_failure) return outcome;
      stack = std::move(outcome.stack);
      if (is_rolled_back_creation(stack)) stack = new_stack();
    }
    CUMULET_TRY(const auto gone, find_gone(around_, stack));
    CUMULET_TRY(const Plan plan, planned(stack, gone));
    CUMULET_CHECK(artifacts_.deliver(s_.aws));
    CUMULET_TRY(Outcome outcome, apply(around_, plan, std::move(stack)));
    if (!outcome.failure && !outcome.cleanup_failure)
      CUMULET_CHECK(store_.sweep(request_.stack_name, artifacts_.keys()));
    return outcome;
  }

  Stack new_stack() {
    if (new_id_.empty()) new_id_ = stack_id(s_.environment, request_.stack_name, s_.random);
    Stack stack;
    stack.name = request_.stack_name;
    stack.id = new_id_;
    return stack;
  }

  // As it is, or where nothing is of it, a new one.
  Result<Stack> recorded() {
    CUMULET_TRY(auto stack, store_.load(request_.stack_name));
    if (!stack || is_rolled_back_creation(*stack)) return new_stack();
    return std::move(*stack);
  }

  Result<Plan> planned(const Stack& stack, const std::set<std::string>& gone) {
    Environment environment = s_.environment;
    environment.stack_name = stack.name;
    environment.stack_id = stack.id;
    return make_plan({.template_text = request_.template_text, .parameters = request_.parameters}, environment, stack,
                     gone, artifacts_);
  }

  Surroundings& s_;
  const DeployRequest& request_;
  S3StackStore store_;
  LocalArtifacts artifacts_;
  cloudformation::Surroundings around_;
  std::string new_id_;
};

}  // namespace

Result<Outcome> deploy(Surroundings& surroundings, const DeployRequest& request) {
  return Deployment(surroundings, request).run();
}

Result<void> destroy(Surroundings& s, const std::string& stack_name, Buckets buckets) {
  S3StackStore store(s.aws, s.environment);
  NoArtifacts none;
  cloudformation::Surroundings around{.aws = s.aws,
                                      .store = store,
                                      .artifacts = none,
                                      .environment = s.environment,
                                      .random = s.random,
                                      .clock = s.clock,
                                      .pause = s.pause,
                                      .on_step = s.on_step};
  CUMULET_TRY(const auto known, store.load(stack_name));
  if (!known) return no_such_stack(stack_name);
  CUMULET_CHECK(store.lock(stack_name, s.owner, s.clock.now()));
  const auto delete_locked = [&]() -> Result<void> {
    CUMULET_TRY(auto stack, store.load(stack_name));
    if (!stack) return no_such_stack(stack_name);
    return delete_stack(around, std::move(*stack), buckets);  // and its lock
  };
  auto outcome = delete_locked();
  if (!outcome.ok()) (void)store.unlock(stack_name);  // what it would say is less than what is said already
  return outcome;
}

}  // namespace cumulet::deploy
