#include <algorithm>

#include "aws/wire/json_codec.hpp"
#include "base/arn.hpp"
#include "services/cloudformation/prepared_change.hpp"
#include "services/cloudformation/service.hpp"
#include "services/cloudformation/statuses.hpp"

namespace cumulet::cloudformation::service {
namespace {

constexpr const char* kNoChanges =
    "The submitted information didn't contain changes. Submit different information to create a change set.";

Error no_such_change_set(const std::string& name) {
  return Error{kChangeSetNotFound, "ChangeSet [" + name + "] does not exist"};
}

// As it lies in its column: what is told of it, and what executing it takes.
struct ChangeSetBody {
  DescribeChangeSetOutput told;
  CreateChangeSetInput input;
  std::string template_body;
  Text processed_template;

  static wire::Shape shape() {
    return structure("ChangeSetBody", {member<&ChangeSetBody::told>("Told"), member<&ChangeSetBody::input>("Input"),
                                       member<&ChangeSetBody::template_body>("TemplateBody"),
                                       member<&ChangeSetBody::processed_template>("ProcessedTemplate")});
  }
};

Result<ChangeSetBody> body_of(const ChangeSetRow& row) {
  ChangeSetBody out;
  wire::Violations ignored;
  CUMULET_CHECK(wire::read_json(row.body, wire::shape_of<ChangeSetBody>(), &out, wire::Members::all, ignored));
  return out;
}

std::string text_of(const ChangeSetBody& body) {
  std::string out;
  wire::write_json(out, wire::shape_of<ChangeSetBody>(), &body, wire::Members::all);
  return out;
}

std::vector<ChangeOfStack> changes_of(const Plan& plan) {
  struct Changes {
    std::vector<ChangeOfStack> changes;
    static wire::Shape shape() { return structure("Changes", {member<&Changes::changes>("Changes")}); }
  } out;
  wire::Violations ignored;
  const std::string text = json::text(json::object{{"Changes", to_json(plan)}});
  if (!wire::read_json(text, wire::shape_of<Changes>(), &out, wire::Members::all, ignored).ok()) return {};
  return std::move(out.changes);
}

}  // namespace

Result<std::optional<ChangeSetRow>> CloudFormation::find_change_set(const wire::CallContext& context,
                                                                    const ChangeSetInput& input) {
  if (input.change_set_name.starts_with("arn:")) {
    CUMULET_TRY(auto row, rows_.change_set(input.change_set_name));
    if (row && row->region != context.region) row.reset();
    return row;
  }
  if (!input.stack_name)
    return template_error(0, "StackName must be specified if ChangeSetName is not specified as an ARN.");
  CUMULET_TRY(const StackRow stack,
              stack_of(context, *input.stack_name, "Stack [" + *input.stack_name + "] does not exist"));
  CUMULET_TRY(auto rows, rows_.change_sets(stack.stack.id));
  const auto found = std::ranges::find(rows, input.change_set_name, &ChangeSetRow::name);
  if (found == rows.end()) return std::optional<ChangeSetRow>();
  return std::optional<ChangeSetRow>(std::move(*found));
}

Result<CreateChangeSetOutput> CloudFormation::create_change_set(const wire::CallContext& context,
                                                                const CreateChangeSetInput& input) {
  const std::string type = input.change_set_type.value_or("UPDATE");
  if (type == "IMPORT") return template_error(0, "Change sets of the type IMPORT are not offered here.");
  std::lock_guard lock(changing_);
  CUMULET_TRY(auto row, rows_.find(context.region, input.stack_name));
  if (row && !row->is_live) row.reset();
  if (!row && type == "UPDATE") return template_error(0, "Stack [" + input.stack_name + "] does not exist");
  if (row && type == "CREATE" && row->stack.status != kReview)
    return template_error(0, "Stack [" + row->stack.name +
                                 "] already exists and cannot be created again with the "
                                 "changeSet [" +
                                 input.change_set_name + "].");
  if (row && type == "UPDATE" && !is_updatable(row->stack.status))
    return template_error(0,
                          "Stack:" + row->stack.id + " is in " + row->stack.status + " state and can not be updated.");
  const bool is_new = !row;
  if (is_new) {
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    const std::string& name = input.stack_name;
    if (name.empty() || name.size() > 128 || !letter(name.front()) ||
        !std::ranges::all_of(name, [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '-'; }))
      return template_error(0, "1 validation error detected: Value '" + name +
                                   "' at 'stackName' failed to satisfy constraint: Member must satisfy regular "
                                   "expression pattern: [a-zA-Z][-a-zA-Z0-9]*");
    row = new_row(context, name);
  }
  std::string text = row->details.template_body;
  if (!input.use_previous_template.value_or(false) || is_new) {
    CUMULET_TRY(text, template_text(context, input.template_body, input.template_url));
  }
  CUMULET_TRY(const auto others, rows_.change_sets(row->stack.id));
  if (std::ranges::find(others, input.change_set_name, &ChangeSetRow::name) != others.end())
    return Error{kAlreadyExists, "ChangeSet " + input.change_set_name + " already exists"};

  ChangeSetBody body;
  body.input = input;
  body.template_body = text;
  DescribeChangeSetOutput& told = body.told;
  told.change_set_name = input.change_set_name;
  told.change_set_id = "arn:aws:cloudformation:" + context.region + ":" + std::string(kAccountId) + ":changeSet/" +
                       input.change_set_name + "/" + uuid4(random_);
  told.stack_id = row->stack.id;
  told.stack_name = row->stack.name;
  told.description = input.description;
  told.creation_time = clock_.now();
  told.notification_arns = input.notification_arns.value_or(std::vector<std::string>{});
  told.capabilities = input.capabilities;
  told.tags = input.tags;
  told.on_stack_failure = input.on_stack_failure;
  told.status = "CREATE_COMPLETE";
  told.execution_status = "AVAILABLE";

  auto prepared = prepare(context, input, *row, text, type == "CREATE" ? Purpose::creation : Purpose::update);
  if (!prepared.ok() && prepared.error().is(kInsufficientCapabilities)) return std::move(prepared).error();
  if (!prepared.ok()) {
    told.status = "FAILED";
    told.execution_status = "UNAVAILABLE";
    told.status_reason = prepared.error().message();
    // What cannot even be read is refused at once, as on AWS.
    if (const auto facts = template_facts(text); !facts.ok() && !facts.error().message().starts_with("Transform "))
      return std::move(prepared).error();
    if (told.status_reason->starts_with("Parameter")) return std::move(prepared).error();
  } else {
    if (!prepared->details.parameters.empty()) told.parameters = prepared->details.parameters;
    body.processed_template = prepared->details.processed_template;
    told.changes = changes_of(prepared->plan);
    if (type == "UPDATE" && !prepared->changes_anything) {
      told.status = "FAILED";
      told.execution_status = "UNAVAILABLE";
      told.status_reason = kNoChanges;
    }
  }
  if (is_new) {
    row->stack.status = kReview;
    row->stack.status_reason = "User Initiated";
    row->stack.events.push_back({.timestamp = iso8601_millis(clock_.now()),
                                 .logical_id = row->stack.name,
                                 .physical_id = row->stack.id,
                                 .type = "AWS::CloudFormation::Stack",
                                 .status = std::string(kReview),
                                 .reason = "User Initiated"});
    row->details.tags = input.tags.value_or(std::vector<StackTag>{});
    CUMULET_CHECK(rows_.insert(*row));
  }
  CUMULET_CHECK(
      rows_.save_change_set({told.change_set_id, row->stack.id, input.change_set_name, context.region, text_of(body)}));
  return CreateChangeSetOutput{told.change_set_id, row->stack.id};
}

Result<DescribeChangeSetOutput> CloudFormation::describe_change_set(const wire::CallContext& context,
                                                                    const DescribeChangeSetInput& input) {
  CUMULET_TRY(const auto row, find_change_set(context, input));
  if (!row) return no_such_change_set(input.change_set_name);
  CUMULET_TRY(ChangeSetBody body, body_of(*row));
  return std::move(body.told);
}

Result<NothingToSay> CloudFormation::execute_change_set(const wire::CallContext& context,
                                                        const ExecuteChangeSetInput& input) {
  std::lock_guard lock(changing_);
  CUMULET_TRY(const auto found, find_change_set(context, input));
  if (!found) return no_such_change_set(input.change_set_name);
  CUMULET_TRY(ChangeSetBody body, body_of(*found));
  if (body.told.execution_status != "AVAILABLE")
    return Error{kInvalidChangeSetStatus, "ChangeSet [" + body.told.change_set_id +
                                              "] cannot be executed in its current status of [" + body.told.status +
                                              "]"};
  CUMULET_TRY(StackRow row, stack_of(context, body.told.stack_id, "Stack [" + body.told.stack_id + "] does not exist"));
  const bool is_creation = row.stack.status == kReview;
  if (!is_creation && !is_updatable(row.stack.status))
    return template_error(0, "Stack:" + row.stack.id + " is in " + row.stack.status + " state and can not be updated.");
  const Purpose purpose = is_creation ? Purpose::creation : Purpose::update;
  CUMULET_TRY(PreparedChange change, prepare(context, body.input, row, body.template_body, purpose));
  change.on_failure = body.input.on_stack_failure.value_or("ROLLBACK");
  if (input.disable_rollback.value_or(false)) change.on_failure = "DO_NOTHING";
  change.details.on_failure = change.on_failure;
  change.details.client_request_token = input.client_request_token;
  change.details.change_set_id = body.told.change_set_id;
  if (is_creation) {
    row.details = change.details;
    CUMULET_CHECK(rows_.save_details(row.stack.id, row.details));
  }
  // The others were made for a stack that is going to be another.
  CUMULET_CHECK(rows_.delete_change_sets_of(row.stack.id));
  body.told.execution_status = "EXECUTE_COMPLETE";
  CUMULET_CHECK(rows_.save_change_set({found->id, found->stack_id, found->name, found->region, text_of(body)}));
  CUMULET_CHECK(begin(std::move(row), std::move(change), purpose));
  return NothingToSay{};
}

Result<NothingToSay> CloudFormation::delete_change_set(const wire::CallContext& context, const ChangeSetInput& input) {
  CUMULET_TRY(const auto found, find_change_set(context, input));
  if (!found) return NothingToSay{};
  CUMULET_CHECK(rows_.delete_change_set(found->id));
  return NothingToSay{};
}

Result<ListChangeSetsOutput> CloudFormation::list_change_sets(const wire::CallContext& context,
                                                              const ListChangeSetsInput& input) {
  CUMULET_TRY(const StackRow stack,
              stack_of(context, input.stack_name, "Stack [" + input.stack_name + "] does not exist"));
  CUMULET_TRY(const auto rows, rows_.change_sets(stack.stack.id));
  ListChangeSetsOutput out;
  for (const ChangeSetRow& row : rows) {
    CUMULET_TRY(const ChangeSetBody body, body_of(row));
    const DescribeChangeSetOutput& told = body.told;
    if (told.execution_status == "EXECUTE_COMPLETE") continue;
    ChangeSetSummary one;
    one.stack_id = told.stack_id;
    one.stack_name = told.stack_name;
    one.change_set_id = told.change_set_id;
    one.change_set_name = told.change_set_name;
    one.execution_status = told.execution_status;
    one.status = told.status;
    one.status_reason = told.status_reason;
    one.creation_time = told.creation_time;
    one.description = told.description;
    out.summaries.push_back(std::move(one));
  }
  return out;
}

}  // namespace cumulet::cloudformation::service
