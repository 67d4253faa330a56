#pragma once
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <vector>

#include "aws/wire/operation.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"
#include "services/lambda/function_name.hpp"
#include "services/lambda/function_store.hpp"
#include "services/lambda/functions.hpp"
#include "services/lambda/model_event_source.hpp"
#include "services/lambda/queue_source.hpp"

namespace cumulet::lambda {

using wire::member;
using wire::structure;

// All that is stored of an event source mapping, as one immutable snapshot.
struct EventSourceMapping {
  std::string region;
  EventSourceMappingConfiguration configuration;  // State is Enabled or Disabled
  std::map<std::string, std::string> tags;

  const std::string& uuid() const { return configuration.uuid; }
  bool is_enabled() const { return configuration.state == "Enabled"; }

  static wire::Shape shape() {  // the stored form: JSON of it in one column
    return structure("EventSourceMapping", {
                                               member<&EventSourceMapping::region>("Region"),
                                               member<&EventSourceMapping::configuration>("Configuration"),
                                               member<&EventSourceMapping::tags>("Tags"),
                                           });
  }
};
using EventSourceMappingRef = std::shared_ptr<const EventSourceMapping>;

// The control plane of event source mappings. Rows in the database, all of them in memory. Operations run on workers.
class EventSources {
 public:
  // `queues` may be null: then no queue exists.
  EventSources(storage::Database& database, const FunctionStore& functions, QueueSource* queues, const Clock& clock,
               Random& random);

  Result<void> load();
  // Before the first change. Called after each commit with the snapshots before and after (null: none).
  using Listener = std::function<void(const EventSourceMappingRef& before, const EventSourceMappingRef& after)>;
  void listen(Listener listener) { listener_ = std::move(listener); }

  std::vector<EventSourceMappingRef> all() const;  // of every region; any thread

  // What the last batch of a mapping met, for LastProcessingResult; empty: no problem. Any thread.
  void set_problem(const std::string& uuid, std::string problem);

  // InvalidParameterValueException when a queue of one of the function's mappings hides its messages for less time than
  // the function may take.
  Result<void> check_timeout(const FunctionVersion& latest) const;

  using Configuration = EventSourceMappingConfiguration;
  Result<Configuration> create(const wire::CallContext&, const CreateEventSourceMappingRequest&);
  Result<Configuration> get(const wire::CallContext&, const EventSourceMappingRequest&);
  Result<ListEventSourceMappingsResponse> list(const wire::CallContext&, const ListEventSourceMappingsRequest&);
  Result<Configuration> update(const wire::CallContext&, const UpdateEventSourceMappingRequest&);
  Result<Configuration> remove(const wire::CallContext&, const EventSourceMappingRequest&);

  // Tags of the mapping that an ARN names; nothing when it names something else.
  static bool is_mapping_arn(std::string_view arn);
  Result<ListTagsResponse> list_tags(const wire::CallContext&, const ResourceTagsRequest&);
  Result<wire::Empty> tag(const wire::CallContext&, const TagResourceRequest&);
  Result<wire::Empty> untag(const wire::CallContext&, const UntagResourceRequest&);

 private:
  struct Target {
    FunctionName name;
    VersionRef version;
  };
  EventSourceMappingRef find(std::string_view region, const std::string& uuid) const;
  Result<Target> target(std::string_view region, const std::string& function_name) const;
  Result<QueueFacts> queue(std::string_view region, const std::string& arn) const;
  // Size, window, filters and response types of a mapping as it would be.
  Result<void> check(const EventSourceMapping& mapping, const QueueFacts& queue) const;
  Result<void> check_duplicate(const EventSourceMapping& mapping, const Target& target) const;
  Result<void> store(const EventSourceMappingRef& before, const EventSourceMappingRef& after);
  Result<void> edit_tags(const wire::CallContext& context, const std::string& arn,
                         const std::function<void(std::map<std::string, std::string>&)>& change);
  Configuration shown(const EventSourceMapping& mapping) const;

  storage::Database& database_;
  const FunctionStore& functions_;
  QueueSource* queues_;
  const Clock& clock_;
  Random& random_;
  Listener listener_;
  std::mutex changing_;
  mutable std::shared_mutex mutex_;
  std::map<std::string, EventSourceMappingRef> mappings_;  // by UUID
  std::map<std::string, std::string> problems_;            // by UUID
};

}  // namespace cumulet::lambda
