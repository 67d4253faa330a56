#include "services/cloudformation/service.hpp"

#include <algorithm>

#include "base/arn.hpp"
#include "base/log.hpp"
#include "services/cloudformation/prepared_change.hpp"
#include "services/cloudformation/statuses.hpp"

namespace cumulet::cloudformation::service {
namespace {

constexpr std::size_t kStacksInARegion = 2'000;

bool is_stack_name(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return !name.empty() && name.size() <= 128 && letter(name.front()) &&
         std::ranges::all_of(name, [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '-'; });
}

Error not_updatable(const Stack& stack) {
  return template_error(0, "Stack:" + stack.id + " is in " + stack.status + " state and can not be updated.");
}

std::string on_failure_of(const CreateStackInput& input) {
  if (input.on_failure) return *input.on_failure;
  return input.disable_rollback.value_or(false) ? "DO_NOTHING" : "ROLLBACK";
}

OnBehalfOf maker_of(const StackRow& row) {
  const StackDetails& d = row.shown();
  OnBehalfOf who;
  who.region = row.region;
  who.endpoint = d.endpoint;
  who.caller.access_key_id = d.caller_key;
  who.caller.account = d.caller_account;
  who.caller.arn = d.caller_arn;
  who.caller.user_id = d.caller_id;
  who.caller.is_root = d.caller_is_root;
  return who;
}

void tell(const Result<Outcome>& outcome, const std::string& stack) {
  if (!outcome.ok()) {
    log::warn("the stack {} could not be recorded: {}", stack, outcome.error().message());
  } else if (outcome->failure) {
    log::info("stack {}: {}: {}", stack, outcome->stack.status, described(*outcome->failure));
  }
}

}  // namespace

CloudFormation::CloudFormation(Dependencies with)
    : rows_(with.database, with.clock),
      clock_(with.clock),
      random_(with.random),
      make_caller_(std::move(with.make_caller)) {}

Result<void> CloudFormation::load() { return rows_.load(); }

void CloudFormation::start() {
  auto rows = rows_.of_all_regions();
  if (!rows.ok()) {
    log::error("stacks cannot be read: {}", rows.error().message());
    return;
  }
  for (StackRow& row : *rows)
    if (is_being_changed(row.stack.status)) work_.post([this, row] { go_on(row); });
}

void CloudFormation::stop() { work_.stop(); }

Surroundings CloudFormation::surroundings(Caller& caller, StackStore& store, Artifacts& artifacts,
                                          const std::string& region) {
  Environment environment;
  environment.account_id = kAccountId;
  environment.region = region;
  return {.aws = caller,
          .store = store,
          .artifacts = artifacts,
          .environment = std::move(environment),
          .random = random_,
          .clock = clock_,
          .pause = [this](std::chrono::milliseconds time) { work_.pause(time); },
          .on_step = {}};
}

// What the last run was killed in: deletions and the cleaning up after updates go on, everything else is taken back.
void CloudFormation::go_on(StackRow row) {
  const auto caller = make_caller_(maker_of(row));
  RowStore store(rows_, row.region, work_.is_over());
  NoArtifacts none;
  Surroundings around = surroundings(*caller, store, none, row.region);
  const std::string name = row.stack.name;
  log::info("stack {}: it was in {} when the engine ended", name, row.stack.status);
  if (row.stack.status == "DELETE_IN_PROGRESS") {
    if (const auto done = cloudformation::delete_stack(around, std::move(row.stack), Buckets::keep_full); !done.ok())
      log::info("stack {}: {}", name, done.error().message());
    return;
  }
  if (row.stack.status == "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS") {
    tell(finish_cleanup(around, std::move(row.stack)), name);
    return;
  }
  if (!is_unfinished(row.stack)) row.stack.former.emplace();  // begun, and nothing made yet
  tell(roll_back(around, std::move(row.stack), "The engine ended while the stack was being changed"), name);
}

Result<StackRow> CloudFormation::stack_of(const wire::CallContext& context, std::string_view name_or_id,
                                          std::string message) {
  CUMULET_TRY(auto row, rows_.find(context.region, name_or_id));
  if (!row) return template_error(0, std::move(message));
  return std::move(*row);
}

StackRow CloudFormation::new_row(const wire::CallContext& context, const std::string& name) {
  StackRow row;
  row.region = context.region;
  row.stack.name = name;
  row.stack.id = "arn:aws:cloudformation:" + context.region + ":" + std::string(kAccountId) + ":stack/" + name + "/" +
                 uuid4(random_);
  row.details.created = clock_.now();
  return row;
}

Result<StackIdOutput> CloudFormation::create_stack(const wire::CallContext& context, const CreateStackInput& input) {
  if (!is_stack_name(input.stack_name))
    return template_error(0, "1 validation error detected: Value '" + input.stack_name +
                                 "' at 'stackName' failed to satisfy constraint: Member must satisfy regular "
                                 "expression pattern: [a-zA-Z][-a-zA-Z0-9]*");
  if (input.on_failure && input.disable_rollback)
    return template_error(0, "You can specify either DisableRollback or OnFailure, but not both.");
  CUMULET_TRY(std::string text, template_text(context, input.template_body, input.template_url));
  std::lock_guard lock(changing_);
  CUMULET_TRY(const auto there, rows_.find(context.region, input.stack_name));
  if (there && input.client_request_token && there->details.client_request_token == input.client_request_token)
    return StackIdOutput{there->stack.id};
  if (there) return Error{kAlreadyExists, "Stack [" + input.stack_name + "] already exists"};
  CUMULET_TRY(const auto all, rows_.list(context.region, StackRows::Which::live));
  if (all.size() >= kStacksInARegion) return Error{kLimitExceeded, "Limit for stack has been exceeded"};
  StackRow row = new_row(context, input.stack_name);
  CUMULET_TRY(PreparedChange change, prepare(context, input, row, std::move(text), Purpose::creation));
  change.on_failure = on_failure_of(input);
  change.details.on_failure = change.on_failure;
  change.details.timeout_in_minutes = input.timeout_in_minutes;
  change.details.client_request_token = input.client_request_token;
  change.details.is_protected = input.enable_termination_protection.value_or(false);
  row.details = change.details;
  CUMULET_CHECK(rows_.insert(row));
  const std::string id = row.stack.id;
  CUMULET_CHECK(begin(std::move(row), std::move(change), Purpose::creation));
  return StackIdOutput{id};
}

Result<StackIdOutput> CloudFormation::update_stack(const wire::CallContext& context, const UpdateStackInput& input) {
  std::lock_guard lock(changing_);
  CUMULET_TRY(StackRow row, stack_of(context, input.stack_name, "Stack [" + input.stack_name + "] does not exist"));
  if (row.pending && input.client_request_token && row.pending->client_request_token == input.client_request_token)
    return StackIdOutput{row.stack.id};
  if (!is_updatable(row.stack.status)) return not_updatable(row.stack);
  std::string text = row.details.template_body;
  const bool is_previous = input.use_previous_template.value_or(false);
  if (is_previous && (input.template_body || input.template_url))
    return template_error(0, "You cannot specify both usePreviousTemplate and Template Body/Template URL.");
  if (!is_previous) {
    CUMULET_TRY(text, template_text(context, input.template_body, input.template_url));
  }
  CUMULET_TRY(PreparedChange change, prepare(context, input, row, std::move(text), Purpose::update));
  if (!change.changes_anything) return template_error(0, "No updates are to be performed.");
  change.on_failure = input.disable_rollback.value_or(false) ? "DO_NOTHING" : "ROLLBACK";
  change.details.client_request_token = input.client_request_token;
  const std::string id = row.stack.id;
  CUMULET_CHECK(begin(std::move(row), std::move(change), Purpose::update));
  return StackIdOutput{id};
}

Result<void> CloudFormation::begin(StackRow row, PreparedChange prepared, Purpose purpose) {
  if (purpose == Purpose::update) CUMULET_CHECK(rows_.save_pending(row.stack.id, prepared.details));
  const std::string region = row.region;
  NoArtifacts none;
  const auto caller = make_caller_(prepared.who);
  RowStore store(rows_, region, work_.is_over());
  Surroundings around = surroundings(*caller, store, none, region);
  Stack stack = std::move(row.stack);
  if (auto begun = begin_change(around, stack); !begun.ok()) return begun;
  const auto change = std::make_shared<PreparedChange>(std::move(prepared));
  work_.post([this, change, stack, region] {
    const auto aws = make_caller_(change->who);
    RowStore rows(rows_, region, work_.is_over());
    NoArtifacts no_files;
    Surroundings s = surroundings(*aws, rows, no_files, region);
    s.on_failure = change->on_failure == "ROLLBACK" ? OnFailure::roll_back : OnFailure::keep;
    auto outcome = apply(s, change->plan, stack);
    tell(outcome, stack.name);
    if (!outcome.ok() || !outcome->failure || change->on_failure != "DELETE") return;
    if (const auto done = cloudformation::delete_stack(s, std::move(outcome->stack), Buckets::keep_full); !done.ok())
      log::info("stack {}: {}", stack.name, done.error().message());
  });
  return {};
}

Result<wire::Empty> CloudFormation::delete_stack(const wire::CallContext& context, const DeleteStackInput& input) {
  std::lock_guard lock(changing_);
  CUMULET_TRY(auto row, rows_.find(context.region, input.stack_name));
  if (!row || !row->is_live || row->stack.status == "DELETE_IN_PROGRESS") return wire::Empty{};
  if (row->details.is_protected)
    return template_error(0,
                          "Stack [" + row->stack.name + "] cannot be deleted while TerminationProtection is enabled");
  if (is_being_changed(row->stack.status))
    return template_error(0, "Stack [" + row->stack.id + "] cannot be deleted while in status " + row->stack.status);
  if (input.retain_resources && !input.retain_resources->empty()) {
    if (row->stack.status != "DELETE_FAILED")
      return template_error(0, "Invalid operation on stack [" + row->stack.id +
                                   "]. When you delete a stack, specify which resources to retain only when the stack "
                                   "is in the DELETE_FAILED state.");
    for (const std::string& id : *input.retain_resources) {
      StackResource* const resource = row->stack.find(id);
      if (!resource)
        return template_error(0, "The resources [" + id + "] do not exist in the stack [" + row->stack.name + "]");
      resource->deletion_policy = DeletionPolicy::retain;
    }
  }
  CUMULET_TRY(const auto others, rows_.list(context.region, StackRows::Which::live));
  for (const auto& [name, output] : row->stack.exports)
    for (const StackRow& other : others)
      if (other.stack.id != row->stack.id && other.stack.imports.contains(std::string(name)))
        return template_error(0, "Delete canceled. Cannot delete export " + std::string(name) + " as it is in use by " +
                                     other.stack.name + ".");
  if (row->stack.status == kReview) {
    CUMULET_CHECK(rows_.bury(row->stack.id));
    return wire::Empty{};
  }
  CUMULET_CHECK(begin_deleting(std::move(*row)));
  return wire::Empty{};
}

Result<void> CloudFormation::begin_deleting(StackRow row) {
  const auto who = maker_of(row);
  const auto caller = make_caller_(who);
  RowStore store(rows_, row.region, work_.is_over());
  NoArtifacts none;
  Surroundings around = surroundings(*caller, store, none, row.region);
  CUMULET_CHECK(begin_deletion(around, row.stack));
  work_.post([this, row, who] {
    const auto aws = make_caller_(who);
    RowStore rows(rows_, row.region, work_.is_over());
    NoArtifacts no_files;
    Surroundings s = surroundings(*aws, rows, no_files, row.region);
    if (const auto done = cloudformation::delete_stack(s, row.stack, Buckets::keep_full); !done.ok())
      log::info("stack {}: {}", row.stack.name, done.error().message());
  });
  return {};
}

Result<StackIdOutput> CloudFormation::update_termination_protection(const wire::CallContext& context,
                                                                    const UpdateTerminationProtectionInput& input) {
  std::lock_guard lock(changing_);
  CUMULET_TRY(StackRow row, stack_of(context, input.stack_name, "Stack [" + input.stack_name + "] does not exist"));
  row.details.is_protected = input.enable;
  CUMULET_CHECK(rows_.save_details(row.stack.id, row.details));
  if (row.pending) {
    row.pending->is_protected = input.enable;
    CUMULET_CHECK(rows_.save_pending(row.stack.id, *row.pending));
  }
  return StackIdOutput{row.stack.id};
}

Result<NothingToSay> CloudFormation::continue_update_rollback(const wire::CallContext& context,
                                                              const ContinueUpdateRollbackInput& input) {
  std::lock_guard lock(changing_);
  CUMULET_TRY(StackRow row, stack_of(context, input.stack_name, "Stack [" + input.stack_name + "] does not exist"));
  if (row.stack.status != "UPDATE_ROLLBACK_FAILED")
    return template_error(
        0, "Stack:" + row.stack.id + " is in " + row.stack.status + " state and can not continue rollback.");
  row.stack.status = "UPDATE_ROLLBACK_IN_PROGRESS";
  CUMULET_CHECK(rows_.save(row.stack));
  work_.post([this, row] {
    const auto caller = make_caller_(maker_of(row));
    RowStore store(rows_, row.region, work_.is_over());
    NoArtifacts none;
    Surroundings around = surroundings(*caller, store, none, row.region);
    tell(roll_back(around, row.stack, "User Initiated"), row.stack.name);
  });
  return NothingToSay{};
}

}  // namespace cumulet::cloudformation::service
