#include "services/lambda/event_sources.hpp"

#include <algorithm>
#include <array>

#include "aws/wire/json_codec.hpp"
#include "base/arn.hpp"
#include "base/encoding.hpp"
#include "services/lambda/errors.hpp"
#include "services/lambda/event_filter.hpp"
#include "services/lambda/page.hpp"

namespace cumulet::lambda {
namespace {

constexpr std::size_t kPage = 100;
constexpr int kUnwindowed = 10;  // messages: what one ReceiveMessage gives
constexpr std::string_view kReportBatchItemFailures = "ReportBatchItemFailures";

constexpr std::array<std::string_view, 1> kMigrations{
    "CREATE TABLE lambda_event_source_mapping(uuid TEXT PRIMARY KEY, mapping TEXT NOT NULL) WITHOUT ROWID"};

Error no_mapping() { return user_error(kResourceNotFound, "The resource you requested does not exist."); }

Error no_tagged_mapping(const std::string& arn) {
  return user_error(kResourceNotFound, "Event source mapping not found: " + arn);
}

Error invalid(std::string text) { return user_error(kInvalidParameterValue, std::move(text)); }

Error too_short(const QueueFacts& queue, int timeout) {
  return invalid("Queue visibility timeout: " + std::to_string(queue.visibility_timeout.count()) +
                 " seconds is less than Function timeout: " + std::to_string(timeout) + " seconds");
}

// What a mapping of a queue cannot have. `name` is the parameter's.
Error unsupported(std::string_view name) {
  return invalid("Unsupported " + std::string(name) + " parameter for given event source mapping type.");
}

template <class Request>
Result<void> refuse_stream_settings(const Request& request) {
  if (request.parallelization_factor) return unsupported("ParallelizationFactor");
  if (request.maximum_retry_attempts) return unsupported("MaximumRetryAttempts");
  if (request.maximum_record_age_in_seconds) return unsupported("MaximumRecordAgeInSeconds");
  if (request.tumbling_window_in_seconds) return unsupported("TumblingWindowInSeconds");
  if (request.bisect_batch_on_function_error) return unsupported("BisectBatchOnFunctionError");
  if (request.destination_config) return unsupported("DestinationConfig");
  if (request.provisioned_poller_config) return invalid("Provisioned mode is not available in Cumulet.");
  return {};
}

Result<void> check_response_types(const std::vector<std::string>& types) {
  for (const auto& type : types)
    if (type != kReportBatchItemFailures)
      return user_error(kValidation, "1 validation error detected: Value '[" + type +
                                         "]' at 'functionResponseTypes' failed to satisfy constraint: Member must "
                                         "satisfy constraint: [Member must satisfy enum value set: "
                                         "[ReportBatchItemFailures]]");
  return {};
}

// No filters are no criteria.
std::optional<FilterCriteria> criteria_of(const FilterCriteria& given) {
  if (!given.filters || given.filters->empty()) return std::nullopt;
  return given;
}

std::optional<ScalingConfig> scaling_of(const ScalingConfig& given) {
  if (!given.maximum_concurrency) return std::nullopt;
  return given;
}

std::string mapping_arn(std::string_view region, std::string_view uuid) {
  return "arn:aws:lambda:" + std::string(region) + ':' + std::string(kAccountId) +
         ":event-source-mapping:" + std::string(uuid);
}

}  // namespace

EventSources::EventSources(storage::Database& database, const FunctionStore& functions, QueueSource* queues,
                           const Clock& clock, Random& random)
    : database_(database), functions_(functions), queues_(queues), clock_(clock), random_(random) {}

Result<void> EventSources::load() {
  CUMULET_CHECK(database_.migrate("lambda_event_sources", kMigrations));
  return database_.read([this](storage::Connection& connection) -> Result<void> {
    auto rows = connection.prepare("SELECT mapping FROM lambda_event_source_mapping");
    while (rows.step()) {
      auto mapping = std::make_shared<EventSourceMapping>();
      wire::Violations violations;
      CUMULET_CHECK(wire::read_json(rows.text(0), wire::shape_of<EventSourceMapping>(), mapping.get(),
                                    wire::Members::all, violations));
      mappings_[mapping->uuid()] = std::move(mapping);
    }
    return {};
  });
}

std::vector<EventSourceMappingRef> EventSources::all() const {
  std::vector<EventSourceMappingRef> out;
  std::shared_lock lock(mutex_);
  for (const auto& [uuid, mapping] : mappings_) out.push_back(mapping);
  return out;
}

void EventSources::set_problem(const std::string& uuid, std::string problem) {
  std::unique_lock lock(mutex_);
  if (problem.empty())
    problems_.erase(uuid);
  else if (mappings_.contains(uuid))
    problems_[uuid] = std::move(problem);
}

EventSourceMappingRef EventSources::find(std::string_view region, const std::string& uuid) const {
  std::shared_lock lock(mutex_);
  const auto found = mappings_.find(uuid);
  return found == mappings_.end() || found->second->region != region ? nullptr : found->second;
}

Result<EventSources::Target> EventSources::target(std::string_view region, const std::string& function_name) const {
  auto name = FunctionName::parse(function_name, region);
  if (!name.ok()) return std::move(name).error();
  FunctionRef function = functions_.find(name->region, name->name);
  if (!function || (name->qualifier && !function->has(*name->qualifier))) return invalid("Function does not exist");
  VersionRef version = version_to_run(function, name->qualifier, 1);
  return Target{std::move(*name), std::move(version)};
}

Result<QueueFacts> EventSources::queue(std::string_view region, const std::string& arn) const {
  const auto parsed = Arn::parse(arn);
  if (!parsed) return invalid("Unrecognized event source.");
  if (parsed->service != "sqs") {
    constexpr std::string_view kStreams[] = {"kinesis", "dynamodb", "kafka", "mq", "docdb", "rds"};
    if (std::find(std::begin(kStreams), std::end(kStreams), parsed->service) == std::end(kStreams))
      return invalid("Unrecognized event source.");
    return invalid("Event sources of " + parsed->service + " are not available in Cumulet: queues of SQS are.");
  }
  if (parsed->region != region)
    return invalid("The event source must be in the function's region (" + std::string(region) + "): " + arn);
  if (queues_)
    if (auto facts = queues_->find(arn)) return std::move(*facts);
  return invalid(
      "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS Error "
      "Message: "
      "The specified queue does not exist.");
}

Result<void> EventSources::check(const EventSourceMapping& mapping, const QueueFacts& queue) const {
  const Configuration& c = mapping.configuration;
  if (c.batch_size > kUnwindowed && c.maximum_batching_window_in_seconds == 0)
    return invalid("Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10");
  if (queue.is_fifo && c.maximum_batching_window_in_seconds > 0)
    return invalid("Batching window is not supported for FIFO queues");
  CUMULET_CHECK(check_response_types(c.function_response_types));
  if (c.filter_criteria) CUMULET_CHECK(EventFilter::parse(*c.filter_criteria));
  return {};
}

Result<void> EventSources::check_duplicate(const EventSourceMapping& mapping, const Target& target) const {
  std::shared_lock lock(mutex_);
  for (const auto& [uuid, other] : mappings_)
    if (uuid != mapping.uuid() && other->configuration.event_source_arn == mapping.configuration.event_source_arn &&
        other->configuration.function_arn == mapping.configuration.function_arn)
      return user_error(kResourceConflict, "An event source mapping with SQS arn (\" " +
                                               mapping.configuration.event_source_arn + " \") and function (\" " +
                                               target.name.name +
                                               " \") already exists. Please update or delete the existing mapping with "
                                               "UUID " +
                                               uuid);
  return {};
}

Result<void> EventSources::store(const EventSourceMappingRef& before, const EventSourceMappingRef& after) {
  CUMULET_CHECK(database_.write_blocking(
      [&](storage::Transaction& tx) -> Result<void> {
        if (after) {
          std::string text;
          wire::write_json(text, wire::shape_of<EventSourceMapping>(), after.get(), wire::Members::all);
          tx.run(
              "INSERT INTO lambda_event_source_mapping(uuid, mapping) VALUES(?1, ?2)"
              " ON CONFLICT DO UPDATE SET mapping = excluded.mapping",
              after->uuid(), text);
        } else {
          tx.run("DELETE FROM lambda_event_source_mapping WHERE uuid = ?1", before->uuid());
        }
        return {};
      },
      after ? storage::Room::ordinary : storage::Room::reserved));
  {
    std::unique_lock lock(mutex_);
    if (after) {
      mappings_[after->uuid()] = after;
    } else {
      mappings_.erase(before->uuid());
      problems_.erase(before->uuid());
    }
  }
  if (listener_) listener_(before, after);
  return {};
}

EventSources::Configuration EventSources::shown(const EventSourceMapping& mapping) const {
  Configuration out = mapping.configuration;
  std::shared_lock lock(mutex_);
  if (const auto problem = problems_.find(out.uuid); problem != problems_.end())
    out.last_processing_result = "PROBLEM: " + problem->second;
  return out;
}

Result<void> EventSources::check_timeout(const FunctionVersion& latest) const {
  if (!queues_) return {};
  for (const auto& mapping : all()) {
    const auto name = FunctionName::parse(mapping->configuration.function_arn, mapping->region);
    if (!name.ok() || name->region != latest.region || name->name != latest.name()) continue;
    if (name->qualifier && *name->qualifier != kLatest) continue;  // what was published does not change
    const auto queue = queues_->find(mapping->configuration.event_source_arn);
    if (queue && queue->visibility_timeout < Seconds{latest.configuration.timeout})
      return too_short(*queue, latest.configuration.timeout);
  }
  return {};
}

Result<EventSources::Configuration> EventSources::create(const wire::CallContext& context,
                                                         const CreateEventSourceMappingRequest& request) {
  if (!request.event_source_arn) return invalid("Unrecognized event source.");
  const auto arn = Arn::parse(*request.event_source_arn);
  if (arn && arn->service == "sqs" && (request.starting_position || request.starting_position_timestamp))
    return invalid("StartingPosition is not valid for SQS event sources.");
  if (arn && arn->service == "sqs") CUMULET_CHECK(refuse_stream_settings(request));
  CUMULET_TRY(const Target to, target(context.region, request.function_name));
  if (request.tags) CUMULET_CHECK(check_tags(*request.tags));

  auto mapping = std::make_shared<EventSourceMapping>();
  mapping->region = context.region;
  if (request.tags) mapping->tags = *request.tags;
  Configuration& c = mapping->configuration;
  c.uuid = uuid4(random_);
  c.batch_size = request.batch_size.value_or(kUnwindowed);
  c.maximum_batching_window_in_seconds = request.maximum_batching_window_in_seconds.value_or(0);
  c.event_source_arn = *request.event_source_arn;
  c.event_source_mapping_arn = mapping_arn(context.region, c.uuid);
  if (request.filter_criteria) c.filter_criteria = criteria_of(*request.filter_criteria);
  c.function_arn = to.name.qualified_arn();
  if (request.function_response_types) c.function_response_types = *request.function_response_types;
  c.last_modified = clock_.now();
  if (request.scaling_config) c.scaling_config = scaling_of(*request.scaling_config);
  c.state = request.enabled.value_or(true) ? "Enabled" : "Disabled";

  std::lock_guard one_at_a_time(changing_);
  CUMULET_TRY(const QueueFacts facts, queue(context.region, c.event_source_arn));
  CUMULET_CHECK(check(*mapping, facts));
  CUMULET_CHECK(check_duplicate(*mapping, to));
  if (facts.visibility_timeout < Seconds{to.version->configuration.timeout})
    return too_short(facts, to.version->configuration.timeout);
  CUMULET_CHECK(store(nullptr, mapping));
  // It works from here on; AWS tells of the moment before.
  Configuration answer = mapping->configuration;
  if (mapping->is_enabled()) answer.state = "Creating";
  return answer;
}

Result<EventSources::Configuration> EventSources::get(const wire::CallContext& context,
                                                      const EventSourceMappingRequest& request) {
  const auto mapping = find(context.region, request.uuid);
  if (!mapping) return no_mapping();
  return shown(*mapping);
}

Result<ListEventSourceMappingsResponse> EventSources::list(const wire::CallContext& context,
                                                           const ListEventSourceMappingsRequest& request) {
  CUMULET_TRY(const std::string after, marker_text(request.marker));
  std::optional<FunctionName> wanted;
  if (request.function_name) {
    CUMULET_TRY(wanted, FunctionName::parse(*request.function_name, context.region));
  }
  const std::size_t limit =
      std::min(static_cast<std::size_t>(request.max_items.value_or(static_cast<int>(kPage))), kPage);
  ListEventSourceMappingsResponse page;
  for (const auto& mapping : all()) {
    const Configuration& c = mapping->configuration;
    if (mapping->region != context.region || c.uuid <= after) continue;
    if (request.event_source_arn && c.event_source_arn != *request.event_source_arn) continue;
    if (wanted && c.function_arn != wanted->qualified_arn()) continue;
    if (page.event_source_mappings.size() == limit) {
      page.next_marker = base64_encode(page.event_source_mappings.back().uuid);
      break;
    }
    page.event_source_mappings.push_back(shown(*mapping));
  }
  return page;
}

Result<EventSources::Configuration> EventSources::update(const wire::CallContext& context,
                                                         const UpdateEventSourceMappingRequest& request) {
  std::lock_guard one_at_a_time(changing_);
  const auto before = find(context.region, request.uuid);
  if (!before) return no_mapping();
  CUMULET_CHECK(refuse_stream_settings(request));
  auto after = std::make_shared<EventSourceMapping>(*before);
  Configuration& c = after->configuration;
  if (request.batch_size) c.batch_size = *request.batch_size;
  if (request.maximum_batching_window_in_seconds)
    c.maximum_batching_window_in_seconds = *request.maximum_batching_window_in_seconds;
  if (request.filter_criteria) c.filter_criteria = criteria_of(*request.filter_criteria);
  if (request.function_response_types) c.function_response_types = *request.function_response_types;
  if (request.scaling_config) c.scaling_config = scaling_of(*request.scaling_config);
  if (request.enabled) c.state = *request.enabled ? "Enabled" : "Disabled";
  c.last_modified = clock_.now();
  // What only disables a mapping is let through when its queue is gone.
  const bool only_disables = request.enabled && !*request.enabled && !request.batch_size && !request.filter_criteria &&
                             !request.maximum_batching_window_in_seconds && !request.function_response_types &&
                             !request.scaling_config;
  if (request.function_name) {
    CUMULET_TRY(const Target to, target(context.region, *request.function_name));
    c.function_arn = to.name.qualified_arn();
    CUMULET_CHECK(check_duplicate(*after, to));
    CUMULET_TRY(const QueueFacts facts, queue(context.region, c.event_source_arn));
    if (facts.visibility_timeout < Seconds{to.version->configuration.timeout})
      return too_short(facts, to.version->configuration.timeout);
  }
  if (!only_disables) {
    CUMULET_TRY(const QueueFacts facts, queue(context.region, c.event_source_arn));
    CUMULET_CHECK(check(*after, facts));
  }
  CUMULET_CHECK(store(before, after));
  Configuration answer = shown(*after);
  if (before->is_enabled() != after->is_enabled())
    answer.state = after->is_enabled() ? "Enabling" : "Disabling";
  else
    answer.state = "Updating";
  return answer;
}

Result<EventSources::Configuration> EventSources::remove(const wire::CallContext& context,
                                                         const EventSourceMappingRequest& request) {
  std::lock_guard one_at_a_time(changing_);
  const auto before = find(context.region, request.uuid);
  if (!before) return no_mapping();
  Configuration answer = shown(*before);
  answer.state = "Deleting";
  CUMULET_CHECK(store(before, nullptr));
  return answer;
}

bool EventSources::is_mapping_arn(std::string_view arn) {
  const auto parsed = Arn::parse(arn);
  return parsed && parsed->service == "lambda" && parsed->resource.starts_with("event-source-mapping:");
}

Result<ListTagsResponse> EventSources::list_tags(const wire::CallContext& context, const ResourceTagsRequest& request) {
  const auto mapping = find(context.region, request.resource.substr(request.resource.rfind(':') + 1));
  if (!mapping) return no_tagged_mapping(request.resource);
  return ListTagsResponse{mapping->tags};
}

Result<void> EventSources::edit_tags(const wire::CallContext& context, const std::string& arn,
                                     const std::function<void(std::map<std::string, std::string>&)>& change) {
  std::lock_guard one_at_a_time(changing_);
  const auto before = find(context.region, arn.substr(arn.rfind(':') + 1));
  if (!before) return no_tagged_mapping(arn);
  auto after = std::make_shared<EventSourceMapping>(*before);
  change(after->tags);
  CUMULET_CHECK(check_tags(after->tags));
  return store(before, after);
}

Result<wire::Empty> EventSources::tag(const wire::CallContext& context, const TagResourceRequest& request) {
  CUMULET_CHECK(edit_tags(context, request.resource, [&](auto& tags) {
    for (const auto& [key, value] : request.tags) tags[key] = value;
  }));
  return wire::Empty{};
}

Result<wire::Empty> EventSources::untag(const wire::CallContext& context, const UntagResourceRequest& request) {
  CUMULET_CHECK(edit_tags(context, request.resource, [&](auto& tags) {
    for (const auto& key : request.tag_keys) tags.erase(key);
  }));
  return wire::Empty{};
}

}  // namespace cumulet::lambda
