#include <algorithm>
#include <array>

#include "base/arn.hpp"
#include "base/encoding.hpp"
#include "services/logs/errors.hpp"
#include "services/logs/service.hpp"

// Operations on groups, streams, retention and tags.
namespace cumulet::logs {
namespace {

constexpr int kPage = 50;
constexpr std::size_t kLongestName = 512;
constexpr std::array kRetentionDays = {1,   3,   5,   7,   14,   30,   60,   90,   120,  150,  180,
                                       365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653};

std::string group_arn(std::string_view region, std::string_view name) {
  return "arn:aws:logs:" + std::string(region) + ':' + std::string(kAccountId) + ":log-group:" + std::string(name);
}

Error too_long() {
  return Error{kInvalidParameter, "Invalid LogGroup or LogStream, both must have length less than or equal to 512."};
}

Result<GroupName> resource_group(std::string_view arn) {
  auto group = parse_group_arn(arn);
  if (!group) return Error{kInvalidParameter, "Invalid resource ARN: " + std::string(arn)};
  return std::move(*group);
}

Result<std::string> text_of_token(const std::optional<std::string>& token) {
  auto text = token ? hex_decode(*token) : std::string();
  if (!text) return Error{kInvalidParameter, "The specified nextToken is invalid."};
  return std::move(*text);
}

std::optional<std::int64_t> millis(const std::optional<TimePoint>& t) {
  return t ? std::optional(to_millis(*t)) : std::nullopt;
}

}  // namespace

std::optional<GroupName> parse_group_arn(std::string_view text) {
  const auto arn = Arn::parse(text);
  constexpr std::string_view kPrefix = "log-group:";
  if (!arn || arn->service != "logs" || !arn->resource.starts_with(kPrefix)) return std::nullopt;
  std::string name = arn->resource.substr(kPrefix.size());
  if (name.ends_with(":*")) name.resize(name.size() - 2);
  if (name.empty() || name.find(':') != std::string::npos) return std::nullopt;
  return GroupName{arn->region, std::move(name)};
}

Result<GroupName> resolve_group(const wire::CallContext& context, const std::optional<std::string>& name,
                                const std::optional<std::string>& identifier) {
  if (name.has_value() == identifier.has_value())
    return Error{kValidation, name ? "LogGroup name and LogGroup ARN are mutually exclusive parameters."
                                   : "LogGroup name or LogGroup ARN is required."};
  if (identifier && identifier->starts_with("arn:")) return resource_group(*identifier);
  return GroupName{context.region, name ? *name : *identifier};
}

Result<void> Logs::load() { return store::migrate(database_); }

bool Logs::exists(const GroupName& group) {
  const auto found = database_.read_value<bool>([&group](storage::Connection& c) -> Result<bool> {
    return store::find_group(c, group.region, group.name).has_value();
  });
  return found.ok() && *found;
}

awaitable<Result<wire::Empty>> Logs::change_group(
    GroupName group, std::function<Result<void>(storage::Transaction&, const Group&)> change, storage::Room room) {
  storage::Database::Job job = [group = std::move(group),
                                change = std::move(change)](storage::Transaction& tx) -> Result<void> {
    CUMULET_TRY(const Group found, store::require_group(tx, group.region, group.name));
    return change(tx, found);
  };
  Result<void> done = co_await database_.write(std::move(job), room);
  if (!done.ok()) co_return std::move(done).error();
  co_return wire::Empty{};
}

awaitable<Result<wire::Empty>> Logs::create_log_group(const Context& context, CreateLogGroupRequest request) {
  if (request.log_group_name.size() > kLongestName) co_return too_long();
  storage::Database::Job job = [region = context.region, request = std::move(request),
                                now = clock_.now()](storage::Transaction& tx) -> Result<void> {
    CUMULET_TRY(const Group group, store::create_group(tx, region, request.log_group_name, now));
    store::tag(tx, group.id, request.tags);
    return {};
  };
  Result<void> done = co_await database_.write(std::move(job));
  if (!done.ok()) co_return std::move(done).error();
  co_return wire::Empty{};
}

awaitable<Result<wire::Empty>> Logs::delete_log_group(const Context& context, LogGroupNameRequest request) {
  std::function<Result<void>(storage::Transaction&, const Group&)> change = [](storage::Transaction& tx,
                                                                               const Group& group) -> Result<void> {
    store::drop_group(tx, group.id);
    return {};
  };
  GroupName name{context.region, std::move(request.log_group_name)};
  Result<wire::Empty> done = co_await change_group(std::move(name), std::move(change), storage::Room::reserved);
  if (done.ok()) purger_.wake();
  co_return done;
}

awaitable<Result<wire::Empty>> Logs::create_log_stream(const Context& context, LogStreamNameRequest request) {
  if (request.log_group_name.size() > kLongestName || request.log_stream_name.size() > kLongestName)
    co_return too_long();
  std::function<Result<void>(storage::Transaction&, const Group&)> change =
      [stream = std::move(request.log_stream_name), now = clock_.now()](storage::Transaction& tx,
                                                                        const Group& group) -> Result<void> {
    auto made = store::create_stream(tx, group.id, stream, now);
    if (!made.ok()) return std::move(made).error();
    return {};
  };
  GroupName name{context.region, std::move(request.log_group_name)};
  Result<wire::Empty> done = co_await change_group(std::move(name), std::move(change));
  co_return done;
}

awaitable<Result<wire::Empty>> Logs::delete_log_stream(const Context& context, LogStreamNameRequest request) {
  std::function<Result<void>(storage::Transaction&, const Group&)> change =
      [name = std::move(request.log_stream_name)](storage::Transaction& tx, const Group& group) -> Result<void> {
    CUMULET_TRY(const Stream stream, store::require_stream(tx, group.id, name));
    store::drop_stream(tx, stream);
    return {};
  };
  GroupName name{context.region, std::move(request.log_group_name)};
  Result<wire::Empty> done = co_await change_group(std::move(name), std::move(change), storage::Room::reserved);
  if (done.ok()) purger_.wake();
  co_return done;
}

awaitable<Result<wire::Empty>> Logs::put_retention_policy(const Context& context, PutRetentionPolicyRequest request) {
  if (std::find(kRetentionDays.begin(), kRetentionDays.end(), request.retention_in_days) == kRetentionDays.end()) {
    std::string set;
    for (const int days : kRetentionDays) (set += set.empty() ? "" : ", ") += std::to_string(days);
    co_return Error{kInvalidParameter,
                    "1 validation error detected: Value '" + std::to_string(request.retention_in_days) +
                        "' at 'retentionInDays' failed to satisfy constraint: Member must satisfy enum value set: [" +
                        set + "]"};
  }
  std::function<Result<void>(storage::Transaction&, const Group&)> change =
      [days = request.retention_in_days](storage::Transaction& tx, const Group& group) -> Result<void> {
    store::set_retention(tx, group.id, days);
    return {};
  };
  GroupName name{context.region, std::move(request.log_group_name)};
  Result<wire::Empty> done = co_await change_group(std::move(name), std::move(change));
  if (done.ok()) purger_.wake();
  co_return done;
}

awaitable<Result<wire::Empty>> Logs::delete_retention_policy(const Context& context, LogGroupNameRequest request) {
  std::function<Result<void>(storage::Transaction&, const Group&)> change = [](storage::Transaction& tx,
                                                                               const Group& group) -> Result<void> {
    store::set_retention(tx, group.id, std::nullopt);
    return {};
  };
  GroupName name{context.region, std::move(request.log_group_name)};
  Result<wire::Empty> done = co_await change_group(std::move(name), std::move(change), storage::Room::reserved);
  co_return done;
}

Result<DescribeLogGroupsResponse> Logs::describe_log_groups(const Context& context,
                                                            const DescribeLogGroupsRequest& request) {
  if (request.log_group_name_prefix && request.log_group_name_pattern)
    return Error{kInvalidParameter,
                 "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters."};
  CUMULET_TRY(const std::string after, text_of_token(request.next_token));
  writer_.flush();
  const int limit = request.limit.value_or(kPage);
  CUMULET_TRY(auto groups,
              database_.read_value<std::vector<Group>>([&](storage::Connection& c) -> Result<std::vector<Group>> {
                return store::list_groups(c, context.region, request.log_group_name_prefix.value_or(""),
                                          request.log_group_name_pattern.value_or(""), after, limit + 1);
              }));
  DescribeLogGroupsResponse response;
  for (const Group& group : groups) {
    if (static_cast<int>(response.log_groups.size()) == limit) {
      response.next_token = hex_encode(response.log_groups.back().log_group_name);
      break;
    }
    const std::string arn = group_arn(context.region, group.name);
    response.log_groups.push_back({group.name, to_millis(group.created), group.retention_days, 0, arn + ":*",
                                   group.stored_bytes, "STANDARD", arn, false});
  }
  return response;
}

Result<DescribeLogStreamsResponse> Logs::describe_log_streams(const Context& context,
                                                              const DescribeLogStreamsRequest& request) {
  CUMULET_TRY(const GroupName name, resolve_group(context, request.log_group_name, request.log_group_identifier));
  const bool by_time = request.order_by == "LastEventTime";
  if (by_time && request.log_stream_name_prefix)
    return Error{kInvalidParameter, "Cannot order by LastEventTime with a logStreamNamePrefix."};
  CUMULET_TRY(const std::string skip, text_of_token(request.next_token));
  const int offset = skip.empty() ? 0 : std::max(0, std::atoi(skip.c_str()));
  const int limit = request.limit.value_or(kPage);
  writer_.flush();
  CUMULET_TRY(auto streams,
              database_.read_value<std::vector<Stream>>([&](storage::Connection& c) -> Result<std::vector<Stream>> {
                CUMULET_TRY(const Group group, store::require_group(c, name.region, name.name));
                return store::list_streams(
                    c, group.id, request.log_stream_name_prefix.value_or(""),
                    by_time ? store::StreamOrder::last_event : store::StreamOrder::name,
                    request.descending.value_or(false) ? store::Direction::descending : store::Direction::ascending,
                    offset, limit + 1);
              }));
  DescribeLogStreamsResponse response;
  for (const Stream& stream : streams) {
    if (static_cast<int>(response.log_streams.size()) == limit) {
      response.next_token = hex_encode(std::to_string(offset + limit));
      break;
    }
    std::optional<std::string> token;
    if (stream.last_ingestion) token = digits({to_millis(*stream.last_ingestion), stream.id, 0});
    response.log_streams.push_back({stream.name, to_millis(stream.created), millis(stream.first_event),
                                    millis(stream.last_event), millis(stream.last_ingestion), std::move(token),
                                    group_arn(name.region, name.name) + ":log-stream:" + stream.name, 0});
  }
  return response;
}

awaitable<Result<wire::Empty>> Logs::tag_resource(const Context&, TagResourceRequest request) {
  Result<GroupName> group = resource_group(request.resource_arn);
  if (!group.ok()) co_return std::move(group).error();
  std::function<Result<void>(storage::Transaction&, const Group&)> change =
      [tags = std::move(request.tags)](storage::Transaction& tx, const Group& found) -> Result<void> {
    store::tag(tx, found.id, tags);
    return {};
  };
  GroupName name = std::move(group).value();
  Result<wire::Empty> done = co_await change_group(std::move(name), std::move(change));
  co_return done;
}

awaitable<Result<wire::Empty>> Logs::untag_resource(const Context&, UntagResourceRequest request) {
  Result<GroupName> group = resource_group(request.resource_arn);
  if (!group.ok()) co_return std::move(group).error();
  std::function<Result<void>(storage::Transaction&, const Group&)> change =
      [keys = std::move(request.tag_keys)](storage::Transaction& tx, const Group& found) -> Result<void> {
    store::untag(tx, found.id, keys);
    return {};
  };
  GroupName name = std::move(group).value();
  Result<wire::Empty> done = co_await change_group(std::move(name), std::move(change));
  co_return done;
}

Result<TagsResponse> Logs::tags_of(const GroupName& name) {
  return database_.read_value<TagsResponse>([&name](storage::Connection& c) -> Result<TagsResponse> {
    CUMULET_TRY(const Group group, store::require_group(c, name.region, name.name));
    return TagsResponse{store::tags(c, group.id)};
  });
}

Result<TagsResponse> Logs::list_tags_for_resource(const Context&, const ListTagsForResourceRequest& request) {
  CUMULET_TRY(const GroupName group, resource_group(request.resource_arn));
  return tags_of(group);
}

Result<TagsResponse> Logs::list_tags_log_group(const Context& context, const LogGroupNameRequest& request) {
  return tags_of({context.region, request.log_group_name});
}

awaitable<Result<wire::Empty>> Logs::tag_log_group(const Context& context, TagLogGroupRequest request) {
  TagResourceRequest resource{group_arn(context.region, request.log_group_name), std::move(request.tags)};
  Result<wire::Empty> done = co_await tag_resource(context, std::move(resource));
  co_return done;
}

awaitable<Result<wire::Empty>> Logs::untag_log_group(const Context& context, UntagLogGroupRequest request) {
  UntagResourceRequest resource{group_arn(context.region, request.log_group_name), std::move(request.tags)};
  Result<wire::Empty> done = co_await untag_resource(context, std::move(resource));
  co_return done;
}

}  // namespace cumulet::logs
