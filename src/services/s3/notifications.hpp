#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "aws/wire/operation.hpp"
#include "base/ids.hpp"
#include "base/json.hpp"
#include "events/observers.hpp"
#include "events/outbox.hpp"
#include "services/s3/ports.hpp"
#include "services/s3/store.hpp"

// Event notifications: configurations are checked as S3 checks them; events are appended to the outbox in the
// transaction that changes the object.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventNotifications.html
namespace cumulet::s3 {

// Topic of the outbox. Target: the ARN of a function or a queue. Payload: what it is sent, {"Records": [...]}.
inline constexpr std::string_view kNotificationTopic = "s3.notification";

// Fills in missing ids and writes filter names as S3 does. Errors: InvalidArgument with S3's texts.
Result<void> check_notifications(NotificationConfiguration& configuration, const Bucket& bucket,
                                 NotificationTargets& targets, bool check_targets, Random& random);

// "s3:ObjectCreated:Put" among "s3:ObjectCreated:*".
bool event_matches(std::string_view configured, std::string_view event);

// Who caused it and by which request; owned by the job, which may outlive the request.
struct EventSource {
  std::string user_id, address, request_id;
  std::string trace;  // base/trace.hpp: the caller's, or one of the request's own
  static EventSource of(const wire::CallContext& context);
};

// What happened to an object.
struct ObjectEvent {
  std::string_view name;  // "ObjectCreated:Put", "ObjectRemoved:Delete"
  std::string_view key;
  std::string_view etag;  // empty for removals
  std::uint64_t size = 0;
  TimePoint time;
};

class Notifier {
 public:
  Notifier(events::Outbox& outbox, const Clock& clock, events::Observers observers)
      : outbox_(outbox), clock_(clock), observers_(observers) {}

  // On the writer's thread, in the job that changed the object. Observers are told as well, of what nobody else wants
  // too.
  void append(Transaction& tx, const Bucket& bucket, const EventSource& source, const ObjectEvent& event);
  // What S3 sends to each queue when it becomes a target.
  void append_test_events(Transaction& tx, const Bucket& bucket, const NotificationConfiguration& configuration,
                          const EventSource& source);

 private:
  // False: it does not want the event.
  bool append_to(Transaction& tx, const TargetConfiguration& target, const Bucket& bucket, const EventSource& source,
                 const ObjectEvent& event);
  void put(Transaction& tx, const std::string& target_arn, const EventSource& source, const json::object& payload);
  std::string next_sequencer();
  void tell(Transaction& tx, const Bucket& bucket, const EventSource& source, const ObjectEvent& event,
            const std::vector<std::string>& targets);
  events::Outbox& outbox_;
  const Clock& clock_;
  events::Observers observers_;
  std::uint64_t last_sequencer_ = 0;  // writer's thread only
};

// The record of one event (format 2.1; of tags 2.3, which tells neither size nor sequencer).
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
json::object event_record(const Bucket& bucket, const EventSource& source, const ObjectEvent& event,
                          std::string_view configuration_id, std::string_view sequencer);

}  // namespace cumulet::s3
