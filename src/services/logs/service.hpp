#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "aws/wire/operation.hpp"
#include "services/logs/log_writer.hpp"
#include "services/logs/model_events.hpp"
#include "services/logs/model_groups.hpp"
#include "services/logs/purger.hpp"
#include "services/logs/store.hpp"
#include "storage/database.hpp"

namespace cumulet::logs {

struct GroupName {
  std::string region;
  std::string name;
};
// "arn:aws:logs:REGION:ACCOUNT:log-group:NAME", with or without ":*".
std::optional<GroupName> parse_group_arn(std::string_view arn);

// The group that a call names, by name or by identifier (name or ARN).
Result<GroupName> resolve_group(const wire::CallContext& context, const std::optional<std::string>& name,
                                const std::optional<std::string>& identifier);

struct Dependencies {
  storage::Database& database;
  const Clock& clock;
  Timers& timers;
};

// CloudWatch Logs. Operations that write are coroutines, those that read run on workers.
class Logs {
 public:
  explicit Logs(Dependencies with)
      : database_(with.database),
        clock_(with.clock),
        writer_(with.database, with.clock, with.timers),
        purger_(with.database, with.clock, with.timers) {}

  // Brings the tables up to date; at start. Blocking.
  Result<void> load();
  // Deletes what is past its retention, from now on.
  void start() { purger_.start(); }
  // The engine's own way in, for functions' output and executions' events.
  LogWriter& writer() { return writer_; }
  // Blocks on a read.
  bool exists(const GroupName& group);

  template <class T>
  using Async = awaitable<Result<T>>;
  using Context = wire::CallContext;

  Async<wire::Empty> create_log_group(const Context&, CreateLogGroupRequest);
  Async<wire::Empty> delete_log_group(const Context&, LogGroupNameRequest);
  Async<wire::Empty> create_log_stream(const Context&, LogStreamNameRequest);
  Async<wire::Empty> delete_log_stream(const Context&, LogStreamNameRequest);
  Async<wire::Empty> put_retention_policy(const Context&, PutRetentionPolicyRequest);
  Async<wire::Empty> delete_retention_policy(const Context&, LogGroupNameRequest);
  Result<DescribeLogGroupsResponse> describe_log_groups(const Context&, const DescribeLogGroupsRequest&);
  Result<DescribeLogStreamsResponse> describe_log_streams(const Context&, const DescribeLogStreamsRequest&);

  Async<wire::Empty> tag_resource(const Context&, TagResourceRequest);
  Async<wire::Empty> untag_resource(const Context&, UntagResourceRequest);
  Result<TagsResponse> list_tags_for_resource(const Context&, const ListTagsForResourceRequest&);
  Async<wire::Empty> tag_log_group(const Context&, TagLogGroupRequest);
  Async<wire::Empty> untag_log_group(const Context&, UntagLogGroupRequest);
  Result<TagsResponse> list_tags_log_group(const Context&, const LogGroupNameRequest&);

  Async<PutLogEventsResponse> put_log_events(const Context&, PutLogEventsRequest);
  Result<GetLogEventsResponse> get_log_events(const Context&, const GetLogEventsRequest&);
  Result<FilterLogEventsResponse> filter_log_events(const Context&, const FilterLogEventsRequest&);

 private:
  // A job on a group that must exist.
  Async<wire::Empty> change_group(GroupName group,
                                  std::function<Result<void>(storage::Transaction&, const Group&)> change,
                                  storage::Room room = storage::Room::ordinary);
  Result<TagsResponse> tags_of(const GroupName& group);

  storage::Database& database_;
  const Clock& clock_;
  LogWriter writer_;
  Purger purger_;
};

// `logs` must outlive the descriptor.
wire::ServiceDescriptor describe(Logs& logs);

}  // namespace cumulet::logs
