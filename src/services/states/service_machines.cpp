#include <algorithm>

#include "services/states/names.hpp"
#include "services/states/service.hpp"

// State machines, their validation and their tags.
namespace cumulet::states {
namespace {

constexpr std::size_t kMaxTags = 50;
constexpr int kDefaultPage = 100;

LoggingConfiguration normalised(const std::optional<LoggingConfiguration>& given) {
  LoggingConfiguration out = given.value_or(LoggingConfiguration{});
  if (!out.level) out.level = "OFF";
  if (!out.include_execution_data) out.include_execution_data = false;
  return out;
}

bool same_groups(const LoggingConfiguration& a, const LoggingConfiguration& b) {
  const auto groups = [](const LoggingConfiguration& l) {
    std::vector<std::string> out;
    if (l.destinations)
      for (const auto& d : *l.destinations)
        out.push_back(d.cloud_watch_logs_log_group ? d.cloud_watch_logs_log_group->log_group_arn.value_or("") : "");
    return out;
  };
  return groups(a) == groups(b);
}
bool same(const LoggingConfiguration& a, const LoggingConfiguration& b) {
  return a.level == b.level && a.include_execution_data == b.include_execution_data && same_groups(a, b);
}

std::string_view type_name(asl::MachineType type) { return type == asl::MachineType::express ? "EXPRESS" : "STANDARD"; }
asl::MachineType type_of(const std::optional<std::string>& name) {
  return name == "EXPRESS" ? asl::MachineType::express : asl::MachineType::standard;
}

Result<void> check_definition(std::string_view definition, asl::MachineType type) {
  if (auto errors = asl::joined(asl::validate(definition, type)); !errors.empty())
    return Error{kInvalidDefinition, "Invalid State Machine Definition: '" + errors + "'"};
  return {};
}

Result<void> no_versions(const std::optional<bool>& publish, const std::optional<std::string>& description) {
  if (publish.value_or(false))
    return Error{kValidationException, "Versions of state machines (publish) are not implemented by Cumulet"};
  if (description && !description->empty())
    return Error{kValidationException, "Version description can only be set when publish is true"};
  return {};
}

Result<void> check_encryption(const std::optional<EncryptionConfiguration>& encryption) {
  if (encryption && encryption->type == "CUSTOMER_MANAGED_KMS_KEY")
    return Error{kInvalidEncryptionConfiguration, "Customer managed keys are not implemented by Cumulet"};
  return {};
}

Error no_such_machine(std::string_view arn) {
  return Error{kStateMachineDoesNotExist, "State Machine Does Not Exist: '" + std::string(arn) + "'"};
}
Error no_such_resource(std::string_view arn) {
  return Error{kResourceNotFound, "Resource not found: '" + std::string(arn) + "'"};
}

}  // namespace

Result<void> States::check_logging(const std::optional<LoggingConfiguration>& logging) {
  if (!logging) return {};
  const auto refuse = [](std::string_view what) {
    return Error{kInvalidLoggingConfiguration, "Invalid Logging Configuration: " + std::string(what)};
  };
  const auto count = logging->destinations ? logging->destinations->size() : 0;
  if (count > 1 || (count == 0 && logging->level.value_or("OFF") != "OFF"))
    return refuse("Must specify exactly one Log Destination.");
  if (count == 0) return {};
  const auto& destination = logging->destinations->front();
  if (!destination.cloud_watch_logs_log_group || !destination.cloud_watch_logs_log_group->log_group_arn)
    return refuse("Must set valid CloudWatch Log Group ARN.");
  const auto group = Arn::parse(*destination.cloud_watch_logs_log_group->log_group_arn);
  if (!group || group->service != "logs" || !group->resource.starts_with("log-group:"))
    return refuse("Provided ARN is not CloudWatch Logs Log Group ARN.");
  if (!group->resource.ends_with(":*")) return refuse("Log Group ARN must be provided with '*' qualifier.");
  if (logs_ && !logs_->exists(*destination.cloud_watch_logs_log_group->log_group_arn))
    return refuse("Log Destination not found.");
  return {};
}

Result<void> States::check_role(std::string_view arn) {
  const auto parsed = Arn::parse(arn);
  const bool account =
      parsed && parsed->account.size() == 12 &&
      std::all_of(parsed->account.begin(), parsed->account.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!account || parsed->service != "iam" || !parsed->resource.starts_with("role/"))
    return Error{kInvalidArn, "Invalid Role Arn: '" + std::string(arn) + "'"};
  if (roles_ && !roles_(arn))
    return Error{kAccessDenied,
                 "Neither the global service principal states.amazonaws.com, nor the regional one is authorized to "
                 "assume the provided role."};
  return {};
}

Result<Machine> States::machine(const std::string& arn) {
  CUMULET_CHECK(check_machine_arn(arn));
  CUMULET_TRY(auto found, database_.read_value<std::optional<Machine>>(
                              [&](storage::Connection& c) -> Result<std::optional<Machine>> {
                                return store::find_machine(c, arn);
                              }));
  if (!found) return no_such_machine(arn);
  return std::move(*found);
}

Result<CreateStateMachineResponse> States::create_state_machine(const wire::CallContext& call,
                                                                const CreateStateMachineRequest& request) {
  CUMULET_CHECK(check_name(request.name));
  CUMULET_CHECK(check_role(request.role_arn));
  CUMULET_CHECK(no_versions(request.publish, request.version_description));
  CUMULET_CHECK(check_encryption(request.encryption_configuration));
  CUMULET_CHECK(check_definition(request.definition, type_of(request.type)));
  CUMULET_CHECK(check_logging(request.logging_configuration));
  if (request.tags && request.tags->size() > kMaxTags)
    return Error{kTooManyTags, "Too many tags: at most 50 are allowed"};

  Machine machine;
  machine.arn = machine_arn(call.region, request.name);
  machine.name = request.name;
  machine.region = call.region;
  machine.created = clock_.now();
  auto& revision = machine.revision;
  revision.machine_arn = machine.arn;
  revision.machine_name = machine.name;
  revision.definition = request.definition;
  revision.role_arn = request.role_arn;
  revision.type = type_of(request.type);
  revision.logging = normalised(request.logging_configuration);
  revision.tracing = request.tracing_configuration && request.tracing_configuration->enabled.value_or(false);
  revision.made = machine.created;

  return database_.write_value_blocking<CreateStateMachineResponse>(
      [&](storage::Transaction& tx) -> Result<CreateStateMachineResponse> {
        if (const auto other = store::find_machine(tx, machine.arn)) {
          // Role and tags do not count:
          // https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachine.html
          const auto& old = other->revision;
          if (old.definition == revision.definition && old.type == revision.type &&
              same(old.logging, revision.logging) && old.tracing == revision.tracing)
            return CreateStateMachineResponse{other->arn, other->created};
          return Error{kStateMachineAlreadyExists, "State Machine Already Exists: '" + machine.arn + "'"};
        }
        store::insert_machine(tx, machine);
        if (request.tags) store::put_tags(tx, machine.arn, *request.tags);
        return CreateStateMachineResponse{machine.arn, machine.created};
      });
}

Result<UpdateStateMachineResponse> States::update_state_machine(const wire::CallContext&,
                                                                const UpdateStateMachineRequest& request) {
  CUMULET_CHECK(check_machine_arn(request.state_machine_arn));
  CUMULET_CHECK(no_versions(request.publish, request.version_description));
  CUMULET_CHECK(check_encryption(request.encryption_configuration));
  if (!request.definition && !request.role_arn && !request.logging_configuration && !request.tracing_configuration)
    return Error{
        kMissingRequiredParameter,
        "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified"};
  CUMULET_TRY(const Machine current, this->machine(request.state_machine_arn));
  if (request.role_arn) CUMULET_CHECK(check_role(*request.role_arn));
  if (request.definition) CUMULET_CHECK(check_definition(*request.definition, current.revision.type));
  CUMULET_CHECK(check_logging(request.logging_configuration));
  const auto now = clock_.now();
  return database_.write_value_blocking<UpdateStateMachineResponse>(
      [&](storage::Transaction& tx) -> Result<UpdateStateMachineResponse> {
        const auto found = store::find_machine(tx, request.state_machine_arn);
        if (!found) return no_such_machine(request.state_machine_arn);
        Revision revision = found->revision;
        if (request.definition) revision.definition = *request.definition;
        if (request.role_arn) revision.role_arn = *request.role_arn;
        if (request.logging_configuration) revision.logging = normalised(request.logging_configuration);
        if (request.tracing_configuration) revision.tracing = request.tracing_configuration->enabled.value_or(false);
        const auto& old = found->revision;
        if (old.definition == revision.definition && old.role_arn == revision.role_arn &&
            same(old.logging, revision.logging) && old.tracing == revision.tracing)
          return UpdateStateMachineResponse{now, old.revision_id};
        revision.made = now;
        revision.revision_id = uuid4(random_);
        store::insert_revision(tx, revision);
        return UpdateStateMachineResponse{now, revision.revision_id};
      });
}

Result<DescribeStateMachineResponse> States::describe_state_machine(const wire::CallContext&,
                                                                    const StateMachineArnRequest& request) {
  CUMULET_TRY(Machine machine, this->machine(request.state_machine_arn));
  auto& revision = machine.revision;
  DescribeStateMachineResponse out;
  out.state_machine_arn = machine.arn;
  out.name = machine.name;
  out.status = "ACTIVE";
  out.definition = request.included_data == "METADATA_ONLY" ? "{}" : std::move(revision.definition);
  out.role_arn = revision.role_arn;
  out.type = type_name(revision.type);
  out.creation_date = machine.created;
  out.logging_configuration = revision.logging;
  out.tracing_configuration.enabled = revision.tracing;
  out.encryption_configuration.type = "AWS_OWNED_KEY";
  out.revision_id = revision.revision_id;
  return out;
}

Result<wire::Empty> States::delete_state_machine(const wire::CallContext&, const StateMachineArnRequest& request) {
  CUMULET_CHECK(check_machine_arn(request.state_machine_arn));
  CUMULET_CHECK(database_.write_blocking(
      [&](storage::Transaction& tx) -> Result<void> {
        store::delete_machine(tx, request.state_machine_arn);
        return {};
      },
      storage::Room::reserved));
  return wire::Empty{};
}

Result<ListStateMachinesResponse> States::list_state_machines(const wire::CallContext& call,
                                                              const ListStateMachinesRequest& request) {
  std::string after;
  if (request.next_token) {
    CUMULET_TRY(after, page_position(*request.next_token));
  }
  const int limit = request.max_results.value_or(0) == 0 ? kDefaultPage : *request.max_results;
  return database_.read_value<ListStateMachinesResponse>(
      [&](storage::Connection& c) -> Result<ListStateMachinesResponse> {
        ListStateMachinesResponse page;
        page.state_machines = store::list_machines(c, call.region, after, limit + 1);
        if (page.state_machines.size() > static_cast<std::size_t>(limit)) {
          page.state_machines.pop_back();
          page.next_token = page_token(page.state_machines.back().name);
        }
        return page;
      });
}

Result<ValidateStateMachineDefinitionResponse> States::validate_state_machine_definition(
    const wire::CallContext&, const ValidateStateMachineDefinitionRequest& request) {
  const bool warnings = request.severity == "WARNING";
  const auto most = static_cast<std::size_t>(request.max_results.value_or(0) == 0 ? 100 : *request.max_results);
  ValidateStateMachineDefinitionResponse out;
  out.result = "OK";
  for (const auto& d : asl::validate(request.definition, type_of(request.type))) {
    const bool error = d.severity == asl::Severity::error;
    if (error) out.result = "FAIL";
    if (!error && !warnings) continue;
    if (out.diagnostics.size() == most) {
      out.truncated = true;
      break;
    }
    out.diagnostics.push_back({error ? "ERROR" : "WARNING", d.code, d.message, d.location});
  }
  return out;
}

Result<wire::Empty> States::tag_resource(const wire::CallContext&, const TagResourceRequest& request) {
  CUMULET_CHECK(check_arn(request.resource_arn));
  CUMULET_CHECK(database_.write_blocking([&](storage::Transaction& tx) -> Result<void> {
    if (!store::find_machine(tx, request.resource_arn)) return no_such_resource(request.resource_arn);
    store::put_tags(tx, request.resource_arn, request.tags);
    if (store::tags(tx, request.resource_arn).size() > kMaxTags)
      return Error{kTooManyTags, "Too many tags: at most 50 are allowed"};
    return {};
  }));
  return wire::Empty{};
}

Result<wire::Empty> States::untag_resource(const wire::CallContext&, const UntagResourceRequest& request) {
  CUMULET_CHECK(check_arn(request.resource_arn));
  CUMULET_CHECK(database_.write_blocking([&](storage::Transaction& tx) -> Result<void> {
    if (!store::find_machine(tx, request.resource_arn)) return no_such_resource(request.resource_arn);
    store::delete_tags(tx, request.resource_arn, request.tag_keys);
    return {};
  }));
  return wire::Empty{};
}

Result<ListTagsForResourceResponse> States::list_tags_for_resource(const wire::CallContext&,
                                                                   const ListTagsForResourceRequest& request) {
  CUMULET_CHECK(check_arn(request.resource_arn));
  return database_.read_value<ListTagsForResourceResponse>(
      [&](storage::Connection& c) -> Result<ListTagsForResourceResponse> {
        if (!store::find_machine(c, request.resource_arn)) return no_such_resource(request.resource_arn);
        return ListTagsForResourceResponse{store::tags(c, request.resource_arn)};
      });
}

}  // namespace cumulet::states
