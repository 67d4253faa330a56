#include "services/s3/notifications.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "aws/wire/xml_codec.hpp"
#include "base/arn.hpp"
#include "base/text.hpp"
#include "base/trace.hpp"
#include "events/feed.hpp"
#include "events/journal.hpp"
#include "services/s3/errors.hpp"
#include "services/s3/names.hpp"

namespace cumulet::s3 {
namespace {

constexpr std::array<std::string_view, 31> kEvents = {"s3:ReducedRedundancyLostObject",
                                                      "s3:ObjectCreated:*",
                                                      "s3:ObjectCreated:Put",
                                                      "s3:ObjectCreated:Post",
                                                      "s3:ObjectCreated:Copy",
                                                      "s3:ObjectCreated:CompleteMultipartUpload",
                                                      "s3:ObjectRemoved:*",
                                                      "s3:ObjectRemoved:Delete",
                                                      "s3:ObjectRemoved:DeleteMarkerCreated",
                                                      "s3:ObjectRestore:*",
                                                      "s3:ObjectRestore:Post",
                                                      "s3:ObjectRestore:Completed",
                                                      "s3:ObjectRestore:Delete",
                                                      "s3:Replication:*",
                                                      "s3:Replication:OperationFailedReplication",
                                                      "s3:Replication:OperationNotTracked",
                                                      "s3:Replication:OperationMissedThreshold",
                                                      "s3:Replication:OperationReplicatedAfterThreshold",
                                                      "s3:IntelligentTiering",
                                                      "s3:LifecycleTransition",
                                                      "s3:LifecycleExpiration:*",
                                                      "s3:LifecycleExpiration:Delete",
                                                      "s3:LifecycleExpiration:DeleteMarkerCreated",
                                                      "s3:ObjectTagging:*",
                                                      "s3:ObjectTagging:Put",
                                                      "s3:ObjectTagging:Delete",
                                                      "s3:ObjectAcl:Put",
                                                      "s3:ObjectAnnotation:*",
                                                      "s3:ObjectAnnotation:Put",
                                                      "s3:ObjectAnnotation:Delete",
                                                      "s3:TestEvent"};

// The account's owner as events name them: no account id, and not the canonical user id of listings.
constexpr std::string_view kCustomerId = "A1CUMULETOWNER";

constexpr std::string_view kUnverified = "Unable to validate the following destination configurations";

std::string_view rule(const TargetConfiguration& c, std::string_view name) {
  if (c.filter && c.filter->key)
    for (const FilterRule& r : c.filter->key->rules)
      if (r.name == name) return r.value;
  return {};
}

bool wants_event(const TargetConfiguration& target, std::string_view name) {
  const std::string full_name = "s3:" + std::string(name);
  return std::any_of(target.events.begin(), target.events.end(),
                     [&](const auto& e) { return event_matches(e, full_name); });
}

// "'a.MOV' does not end with '.mov' or '.mp4': suffixes are case-sensitive".
std::string unmet_rule(std::string_view key, std::string_view verb, std::string_view plural,
                       const std::vector<std::string_view>& wanted) {
  std::string out = '\'' + std::string(key) + "' does not " + std::string(verb) + ' ';
  bool differs_in_case = false;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    out += (i == 0 ? "'" : " or '") + std::string(wanted[i]) + '\'';
    const std::string low_key = lower(key), low = lower(wanted[i]);
    differs_in_case |= verb == "end with" ? low_key.ends_with(low) : low_key.starts_with(low);
  }
  return out + (differs_in_case ? ": " + std::string(plural) + " are case-sensitive" : "");
}

// Why none of a bucket's configurations is for an object, as one sentence; empty where there are none.
std::string why_unmatched(const NotificationConfiguration& all, const ObjectEvent& event) {
  std::vector<const TargetConfiguration*> targets;
  for (const auto& f : all.functions) targets.push_back(&f);
  for (const auto& q : all.queues) targets.push_back(&q);
  if (targets.empty()) return {};
  std::erase_if(targets, [&](const auto* target) { return !wants_event(*target, event.name); });
  if (targets.empty()) return "no trigger of the bucket is for s3:" + std::string(event.name);
  std::vector<std::string_view> prefixes, suffixes;
  const auto keep = [](std::vector<std::string_view>& list, std::string_view one) {
    if (std::find(list.begin(), list.end(), one) == list.end()) list.push_back(one);
  };
  for (const auto* target : targets)
    if (const auto prefix = rule(*target, "Prefix"); event.key.starts_with(prefix))
      keep(suffixes, rule(*target, "Suffix"));  // with the right beginning, only the end can be wrong
    else
      keep(prefixes, prefix);
  return suffixes.empty() ? unmet_rule(event.key, "begin with", "prefixes", prefixes)
                          : unmet_rule(event.key, "end with", "suffixes", suffixes);
}

bool overlap(const TargetConfiguration& a, const TargetConfiguration& b) {
  const auto prefix_a = rule(a, "Prefix"), prefix_b = rule(b, "Prefix");
  const auto suffix_a = rule(a, "Suffix"), suffix_b = rule(b, "Suffix");
  if (!prefix_a.starts_with(prefix_b) && !prefix_b.starts_with(prefix_a)) return false;
  if (!suffix_a.ends_with(suffix_b) && !suffix_b.ends_with(suffix_a)) return false;
  for (const auto& x : a.events)
    for (const auto& y : b.events)
      if (event_matches(x, y) || event_matches(y, x)) return true;
  return false;
}

Result<void> check_rules(TargetConfiguration& c) {
  if (!c.filter || !c.filter->key) return {};
  std::vector<std::string> seen;
  for (FilterRule& r : c.filter->key->rules) {
    const std::string name = lower(r.name);
    if (name != "prefix" && name != "suffix")
      return invalid_argument("filter rule name must be either prefix or suffix", "FilterRule.Name", r.name);
    if (r.value.size() > 1024)
      return invalid_argument("Size of filter rule value cannot exceed 1024 bytes in UTF-8 representation",
                              "FilterRule.Value", r.value);
    r.name = name == "prefix" ? "Prefix" : "Suffix";
    if (std::find(seen.begin(), seen.end(), r.name) != seen.end())
      return invalid_argument("Cannot specify more than one " + name + " rule in a filter.", "FilterRule.Name", name);
    seen.push_back(r.name);
  }
  return {};
}

// `element`: where the ARN stands in the document.
Result<void> check_one(TargetConfiguration& c, std::string_view service, std::string_view element, Random& random) {
  if (!c.id || c.id->empty()) c.id = uuid4(random);
  if (c.id->size() > 255) return invalid_argument("The id of the configuration is too long", "Id", *c.id);
  const auto arn = Arn::parse(c.arn);
  if (!arn || arn->service != service) return invalid_argument("The ARN could not be parsed", element, c.arn);
  if (c.events.empty()) return malformed_xml();
  for (const std::string& event : c.events)
    if (std::find(kEvents.begin(), kEvents.end(), event) == kEvents.end() || event == "s3:TestEvent")
      return invalid_argument("The event is not supported for notifications", "Event", event);
  return check_rules(c);
}

// Stored form: the wire's own names.
json::object target_json(const TargetConfiguration& c) {
  json::object o;
  o["Id"] = c.id.value_or("");
  o["Arn"] = c.arn;
  json::array events;
  for (const auto& e : c.events) events.emplace_back(e);
  o["Events"] = std::move(events);
  if (c.filter) {
    json::array rules;
    if (c.filter->key)
      for (const FilterRule& r : c.filter->key->rules)
        rules.emplace_back(json::object{{"Name", r.name}, {"Value", r.value}});
    o["Rules"] = std::move(rules);
  }
  return o;
}

template <class T>
std::vector<T> parse_targets(const json::value& v, std::string_view name) {
  std::vector<T> out;
  const auto* list = json::find(v, name);
  if (!list || !list->is_array()) return out;
  for (const json::value& one : list->get_array()) {
    T c;
    c.id = json::text_at(one, "Id");
    c.arn = json::text_at(one, "Arn");
    if (const auto* events = json::find(one, "Events"); events && events->is_array())
      for (const json::value& e : events->get_array())
        if (e.is_string()) c.events.emplace_back(e.get_string().data(), e.get_string().size());
    if (const auto* rules = json::find(one, "Rules"); rules && rules->is_array()) {
      c.filter.emplace().key.emplace();
      for (const json::value& r : rules->get_array())
        c.filter->key->rules.push_back({json::text_at(r, "Name"), json::text_at(r, "Value")});
    }
    out.push_back(std::move(c));
  }
  return out;
}

template <class T>
json::array targets_json(const std::vector<T>& targets) {
  json::array out;
  for (const T& t : targets) out.emplace_back(target_json(t));
  return out;
}

}  // namespace

std::string notifications_text(const NotificationConfiguration& c) {
  json::object o;
  o["Topics"] = targets_json(c.topics);
  o["Queues"] = targets_json(c.queues);
  o["Functions"] = targets_json(c.functions);
  if (c.event_bridge) o["EventBridge"] = true;
  return json::text(o);
}

NotificationConfiguration parse_notifications(std::string_view text) {
  NotificationConfiguration c;
  const auto v = json::parse(text);
  if (!v.ok()) return c;
  c.topics = parse_targets<TopicConfiguration>(*v, "Topics");
  c.queues = parse_targets<QueueConfiguration>(*v, "Queues");
  c.functions = parse_targets<FunctionConfiguration>(*v, "Functions");
  if (json::find(*v, "EventBridge")) c.event_bridge.emplace();
  return c;
}

bool event_matches(std::string_view configured, std::string_view event) {
  if (configured == event) return true;
  return configured.ends_with(":*") && event.starts_with(configured.substr(0, configured.size() - 1));
}

Result<void> check_notifications(NotificationConfiguration& configuration, const Bucket& bucket,
                                 NotificationTargets& targets, bool check_targets, Random& random) {
  std::vector<TargetConfiguration*> all;
  for (auto& f : configuration.functions) {
    CUMULET_CHECK(check_one(f, "lambda", "CloudFunction", random));
    all.push_back(&f);
  }
  for (auto& q : configuration.queues) {
    CUMULET_CHECK(check_one(q, "sqs", "Queue", random));
    all.push_back(&q);
  }
  for (auto& t : configuration.topics) {
    CUMULET_CHECK(check_one(t, "sns", "Topic", random));
    all.push_back(&t);
  }
  for (std::size_t i = 0; i < all.size(); ++i)
    for (std::size_t k = i + 1; k < all.size(); ++k) {
      if (*all[i]->id == *all[k]->id)
        return Error{kInvalidArgument,
                     "Same ID used for multiple configurations. IDs must be unique across all configurations"};
      if (overlap(*all[i], *all[k]))
        return Error{
            kInvalidArgument,
            "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the prefixes are "
            "overlapping for the same event type."};
    }
  if (!configuration.topics.empty())
    return Error{kNotImplemented, "Notifications to SNS topics are not implemented by this server"};
  if (!check_targets) return {};
  Error failed{kInvalidArgument, std::string(kUnverified)};
  int failures = 0;
  for (const auto& f : configuration.functions) {
    const auto verdict = targets.check_function(f.arn, bucket_arn(bucket.name), kAccountId);
    if (verdict == NotificationTargets::Verdict::ok) continue;
    // A function that does not exist gives no permission either: S3 says no more.
    const std::string n = std::to_string(++failures);
    failed = std::move(failed)
                 .with("ArgumentName" + n, f.arn + ", null")
                 .with("ArgumentValue" + n, "Not authorized to invoke function [" + f.arn + "]");
  }
  for (const auto& q : configuration.queues) {
    const auto verdict = targets.check_queue(q.arn, bucket_arn(bucket.name), kAccountId);
    if (verdict == NotificationTargets::Verdict::ok) continue;
    const std::string n = std::to_string(++failures);
    failed = std::move(failed)
                 .with("ArgumentName" + n, q.arn)
                 .with("ArgumentValue" + n, verdict == NotificationTargets::Verdict::does_not_exist
                                                ? "The destination queue does not exist"
                                                : "Permissions on the destination queue do not allow S3 to publish "
                                                  "notifications from this bucket");
  }
  if (failures > 0) return failed;
  return {};
}

EventSource EventSource::of(const wire::CallContext& context) {
  EventSource source;
  source.user_id = context.caller.user_id.empty() ? std::string(kAccountId) : context.caller.user_id;
  source.request_id = context.request_id;
  if (context.head != nullptr) {
    source.address = context.head->peer_address;
    source.trace = trace_root(context.head->headers.get_or("x-amzn-trace-id", ""));
  }
  if (source.trace.empty()) source.trace = derived_trace_root(context.received, context.request_id);
  return source;
}

json::object event_record(const Bucket& bucket, const EventSource& source, const ObjectEvent& event,
                          std::string_view configuration_id, std::string_view sequencer) {
  json::object object;
  object["key"] = url_encode_key(event.key);
  const bool is_tagging = event.name.starts_with("ObjectTagging:");
  if (!event.etag.empty()) {
    if (!is_tagging) object["size"] = event.size;
    object["eTag"] = event.etag;
  }
  if (!is_tagging) object["sequencer"] = sequencer;
  json::object record;
  record["eventVersion"] = is_tagging ? "2.3" : "2.1";
  record["eventSource"] = "aws:s3";
  record["awsRegion"] = bucket.region;
  record["eventTime"] = iso8601_millis(event.time);
  record["eventName"] = event.name;
  record["userIdentity"] = json::object{{"principalId", "AWS:" + source.user_id}};
  record["requestParameters"] = json::object{{"sourceIPAddress", source.address}};
  record["responseElements"] = json::object{{"x-amz-request-id", source.request_id}, {"x-amz-id-2", wire::kHostId}};
  record["s3"] = json::object{
      {"s3SchemaVersion", "1.0"},
      {"configurationId", configuration_id},
      {"bucket", json::object{{"name", bucket.name},
                              {"ownerIdentity", json::object{{"principalId", kCustomerId}}},
                              {"arn", bucket_arn(bucket.name)}}},
      {"object", std::move(object)},
  };
  return record;
}

std::string Notifier::next_sequencer() {
  const auto by_clock = static_cast<std::uint64_t>(to_millis(clock_.now())) << 20;
  last_sequencer_ = std::max(last_sequencer_ + 1, by_clock);
  char text[24];
  std::snprintf(text, sizeof text, "00%016llX", static_cast<unsigned long long>(last_sequencer_));
  return text;
}

void Notifier::append(Transaction& tx, const Bucket& bucket, const EventSource& source, const ObjectEvent& event) {
  std::vector<std::string> targets;
  if (bucket.notifications) {
    for (const auto& f : bucket.notifications->functions)
      if (append_to(tx, f, bucket, source, event)) targets.push_back(f.arn);
    for (const auto& q : bucket.notifications->queues)
      if (append_to(tx, q, bucket, source, event)) targets.push_back(q.arn);
  }
  tell(tx, bucket, source, event, targets);
}

void Notifier::tell(Transaction& tx, const Bucket& bucket, const EventSource& source, const ObjectEvent& event,
                    const std::vector<std::string>& targets) {
  const bool is_upload = event.name.starts_with("ObjectCreated:");
  const bool is_removal = event.name.starts_with("ObjectRemoved:");
  if (observers_.journal != nullptr && (is_upload || is_removal)) {
    events::JournalEntry entry;
    entry.subject = events::Subject::object;
    entry.what = bucket.name + '/' + std::string(event.key) + "@null";  // buckets are not versioned
    entry.outcome = event.name;
    if (is_upload && targets.empty()) {
      entry.verdict = events::Verdict::unmatched;
      if (bucket.notifications) entry.detail = why_unmatched(*bucket.notifications, event);
    }
    for (const auto& target : targets) entry.detail += (entry.detail.empty() ? "to " : ", ") + target;
    entry.trace = source.trace;
    // A removal may use the room that is reserved for it: its row goes with a commit that has room of its own.
    if (is_upload)
      observers_.journal->write(tx, entry);
    else
      tx.after_commit([journal = observers_.journal, entry = std::move(entry)] { journal->note(entry); });
  }
  if (observers_.feed == nullptr || !observers_.feed->is_watched()) return;
  events::ObjectEvent record;
  record.bucket = bucket.name;
  record.key = event.key;
  record.event = event.name;
  record.size = static_cast<std::int64_t>(event.size);
  record.targets = static_cast<std::int64_t>(targets.size());
  record.trace = source.trace;
  tx.after_commit(
      [feed = observers_.feed, record = std::move(record)] { feed->publish([&record] { return record; }); });
}

bool Notifier::append_to(Transaction& tx, const TargetConfiguration& target, const Bucket& bucket,
                         const EventSource& source, const ObjectEvent& event) {
  if (!wants_event(target, event.name) || !event.key.starts_with(rule(target, "Prefix")) || !event.key.ends_with(rule(target, "Suffix")))
    return false;
  json::array records;
  records.emplace_back(event_record(bucket, source, event, *target.id, next_sequencer()));
  put(tx, target.arn, source, json::object{{"Records", std::move(records)}});
  return true;
}

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html#notification-content-structure-examples
void Notifier::append_test_events(Transaction& tx, const Bucket& bucket, const NotificationConfiguration& configuration,
                                  const EventSource& source) {
  for (const auto& q : configuration.queues)
    put(tx, q.arn, source,
        json::object{{"Service", "Amazon S3"},
                     {"Event", "s3:TestEvent"},
                     {"Time", iso8601_millis(clock_.now())},
                     {"Bucket", bucket.name},
                     {"RequestId", source.request_id},
                     {"HostId", wire::kHostId}});
}

void Notifier::put(Transaction& tx, const std::string& target_arn, const EventSource& source,
                   const json::object& payload) {
  const std::string text = json::text(payload);
  outbox_.append(tx, {kNotificationTopic, target_arn, text, source.trace});
}

}  // namespace cumulet::s3
