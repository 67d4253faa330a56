#include <algorithm>

#include "base/encoding.hpp"
#include "services/sqs/errors.hpp"
#include "services/sqs/policy.hpp"
#include "services/sqs/request.hpp"
#include "services/sqs/service_impl.hpp"

namespace cumulet::sqs {
namespace {

constexpr Seconds kPurgeInterval{60};
constexpr std::size_t kTags = 50;

// `find` for the checks of attributes; what it gave stays alive as long as it does.
FindAttributes finder(const Engine& engine) {
  auto kept = std::make_shared<std::vector<std::shared_ptr<const QueueAttributes>>>();
  return [&engine, kept](std::string_view arn) -> const QueueAttributes* {
    const QueueRef queue = engine.find(arn);
    if (queue == nullptr) return nullptr;
    return kept->emplace_back(queue->attributes()).get();
  };
}

QueueAttributes with_policy(const QueueAttributes& old, std::string policy) {
  StringMap values = old.values;
  values["Policy"] = std::move(policy);
  if (values["Policy"].empty()) values.erase("Policy");
  return QueueAttributes::of(std::move(values), old.is_fifo);
}

Result<void> check_tags(const StringMap& tags) {
  if (tags.size() > kTags)
    return Error{kInvalidParameterValue,
                 "Too many tags added for queue: the maximum is " + std::to_string(kTags) + "."};
  for (const auto& [key, value] : tags)
    if (key.empty() || key.size() > 128 || value.size() > 256)
      return Error{kInvalidParameterValue,
                   "Tag keys must be between 1 and 128 characters in length, values up to 256."};
  return {};
}

bool is_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F; });
}

// A page of names that are in order. The token is the last name of the page before.
struct Page {
  std::vector<std::string> names;
  std::optional<std::string> next_token;
};
Result<Page> page(std::vector<std::string> names, const std::optional<int>& max_results,
                  const std::optional<std::string>& token) {
  const int max = max_results.value_or(1000);
  if (max < 1 || max > 1000)
    return Error{kInvalidParameterValue,
                 "Value for parameter MaxResults is invalid. Reason: MaxResults must be an integer between 1 and "
                 "1000."};
  if (token) {
    const auto after = base64_decode(*token);
    if (!after || !is_name(*after))  // the queue that it names may be deleted by now
      return Error{kInvalidParameterValue, "Invalid or expired next token."};
    names.erase(names.begin(), std::upper_bound(names.begin(), names.end(), *after));
  }
  Page out;
  const bool is_cut = names.size() > static_cast<std::size_t>(max);
  if (is_cut) names.resize(static_cast<std::size_t>(max));
  if (is_cut && max_results) out.next_token = base64_encode(names.back());
  out.names = std::move(names);
  return out;
}

std::vector<std::string> urls(const wire::CallContext& context, const std::vector<std::string>& names) {
  std::vector<std::string> out;
  for (const auto& name : names) out.push_back(queue_url(context.endpoint, name));
  return out;
}

}  // namespace

Sqs::Async<QueueUrlResult> Sqs::create_queue(const Context& context, CreateQueueRequest request) {
  Engine& engine = impl_->engine;
  if (!request.queue_name)
    co_return Error{kInvalidParameterValue,
                    "Value for parameter QueueName is invalid. Reason: Must specify a queue name."};
  if (request.queue_name->empty()) co_return Error{kInvalidParameterValue, "Queue name cannot be empty"};
  Queue::Identity identity{0, context.region, *request.queue_name, engine.deps().clock.now()};
  QueueUrlResult result{queue_url(context.endpoint, identity.name)};
  if (const QueueRef existing = engine.find(context.region, identity.name)) {
    CUMULET_CO_CHECK(check_same(*existing->attributes(), request.attributes));
    co_return result;
  }
  const FindAttributes find = finder(engine);
  CUMULET_CO_TRY(QueueAttributes attributes,
                 checked_new_queue(identity.name, identity.arn(), request.attributes, find));
  CUMULET_CO_CHECK(check_tags(request.tags));
  CUMULET_CO_TRY(const QueueRef made,
                 co_await engine.create(std::move(identity), std::move(attributes), std::move(request.tags)));
  if (made == nullptr) {  // a call at the same time was first
    const QueueRef existing = engine.find(context.region, *request.queue_name);
    if (existing != nullptr) CUMULET_CO_CHECK(check_same(*existing->attributes(), request.attributes));
  }
  co_return result;
}

Sqs::Async<wire::Empty> Sqs::delete_queue(const Context& context, QueueRequest request) {
  CUMULET_CO_TRY(QueueRef queue, resolve(impl_->engine, context, request.queue_url));
  const Result<void> done = co_await impl_->engine.erase(std::move(queue));
  if (!done.ok()) co_return done.error().is(kQueueDoesNotExist) ? no_such_queue(context) : done.error();
  co_return wire::Empty{};
}

Sqs::Async<QueueUrlResult> Sqs::get_queue_url(const Context& context, GetQueueUrlRequest request) {
  if (!request.queue_name || request.queue_name->empty())
    co_return Error{kInvalidParameterValue,
                    "Value for parameter QueueName is invalid. Reason: Must specify a queue name."};
  const bool is_own = request.queue_owner_aws_account_id.value_or(std::string(kAccountId)) == kAccountId;
  if (!is_own || impl_->engine.find(context.region, *request.queue_name) == nullptr) co_return no_such_queue(context);
  co_return QueueUrlResult{queue_url(context.endpoint, *request.queue_name)};
}

Sqs::Async<ListQueuesResult> Sqs::list_queues(const Context& context, ListQueuesRequest request) {
  std::vector<std::string> names;
  for (const QueueRef& queue : impl_->engine.queues_of(context.region))
    if (queue->identity().name.starts_with(request.queue_name_prefix.value_or("")))
      names.push_back(queue->identity().name);
  CUMULET_CO_TRY(Page found, page(std::move(names), request.max_results, request.next_token));
  ListQueuesResult result;
  if (!found.names.empty()) result.queue_urls = urls(context, found.names);
  result.next_token = std::move(found.next_token);
  co_return result;
}

Sqs::Async<GetQueueAttributesResult> Sqs::get_queue_attributes(const Context& context,
                                                               GetQueueAttributesRequest request) {
  CUMULET_CO_TRY(const QueueRef queue, resolve(impl_->engine, context, request.queue_url));
  const QueueState state{queue->arn(), queue->identity().created, queue->modified(), queue->counts()};
  CUMULET_CO_TRY(StringMap attributes, rendered(*queue->attributes(), state, request.attribute_names));
  GetQueueAttributesResult result;
  if (!attributes.empty()) result.attributes = std::move(attributes);
  co_return result;
}

Sqs::Async<wire::Empty> Sqs::set_queue_attributes(const Context& context, SetQueueAttributesRequest request) {
  Engine& engine = impl_->engine;
  CUMULET_CO_TRY(QueueRef queue, resolve(engine, context, request.queue_url));
  if (!request.attributes || request.attributes->empty()) co_return missing_parameter("Attribute.Name");
  Engine::ChangeAttributes change = [&engine, arn = queue->arn(),
                                     wanted = std::move(*request.attributes)](const QueueAttributes& old) {
    const FindAttributes find = finder(engine);
    return checked_change(old, arn, wanted, find);
  };
  CUMULET_CO_CHECK(co_await engine.change_attributes(std::move(queue), std::move(change)));
  co_return wire::Empty{};
}

Sqs::Async<wire::Empty> Sqs::purge_queue(const Context& context, QueueRequest request) {
  CUMULET_CO_TRY(QueueRef queue, resolve(impl_->engine, context, request.queue_url));
  const TimePoint now = impl_->engine.deps().clock.steady();
  {
    std::lock_guard lock(impl_->purges_mutex);
    std::erase_if(impl_->purges, [now](const auto& one) { return one.second + kPurgeInterval <= now; });
    if (!impl_->purges.emplace(queue->identity().id, now).second)
      co_return Error{kPurgeQueueInProgress,
                      "Only one PurgeQueue operation on " + queue->identity().name + " is allowed every 60 seconds."};
  }
  CUMULET_CO_CHECK(co_await impl_->engine.purge(std::move(queue)));
  co_return wire::Empty{};
}

Sqs::Async<wire::Empty> Sqs::tag_queue(const Context& context, TagQueueRequest request) {
  CUMULET_CO_TRY(QueueRef queue, resolve(impl_->engine, context, request.queue_url));
  if (!request.tags || request.tags->empty()) co_return missing_parameter("Tags");
  Engine::ChangeTags change = [added = std::move(*request.tags)](StringMap tags) -> Result<StringMap> {
    for (const auto& [key, value] : added) tags[key] = value;
    CUMULET_CHECK(check_tags(tags));
    return tags;
  };
  CUMULET_CO_CHECK(co_await impl_->engine.change_tags(std::move(queue), std::move(change)));
  co_return wire::Empty{};
}

Sqs::Async<wire::Empty> Sqs::untag_queue(const Context& context, UntagQueueRequest request) {
  CUMULET_CO_TRY(QueueRef queue, resolve(impl_->engine, context, request.queue_url));
  if (!request.tag_keys || request.tag_keys->empty())
    co_return Error{kInvalidParameterValue, "Tag keys must be between 1 and 128 characters in length."};
  Engine::ChangeTags change = [removed = std::move(*request.tag_keys)](StringMap tags) -> Result<StringMap> {
    for (const auto& key : removed) tags.erase(key);
    return tags;
  };
  CUMULET_CO_CHECK(co_await impl_->engine.change_tags(std::move(queue), std::move(change)));
  co_return wire::Empty{};
}

Sqs::Async<ListQueueTagsResult> Sqs::list_queue_tags(const Context& context, QueueRequest request) {
  CUMULET_CO_TRY(const QueueRef queue, resolve(impl_->engine, context, request.queue_url));
  ListQueueTagsResult result;
  StringMap tags = queue->tags();
  if (!tags.empty()) result.tags = std::move(tags);
  co_return result;
}

Sqs::Async<wire::Empty> Sqs::add_permission(const Context& context, AddPermissionRequest request) {
  CUMULET_CO_TRY(QueueRef queue, resolve(impl_->engine, context, request.queue_url));
  if (!request.label || request.label->empty()) co_return missing_parameter("Label");
  if (request.actions.empty()) co_return missing_parameter("ActionName");
  if (request.aws_account_ids.empty()) co_return missing_parameter("AWSAccountIds");
  Permission added{std::move(*request.label), std::move(request.aws_account_ids), std::move(request.actions)};
  Engine::ChangeAttributes change = [arn = queue->arn(),
                                     added = std::move(added)](const QueueAttributes& old) -> Result<QueueAttributes> {
    CUMULET_TRY(std::string policy, with_permission(old.policy, arn, added));
    return with_policy(old, std::move(policy));
  };
  CUMULET_CO_CHECK(co_await impl_->engine.change_attributes(std::move(queue), std::move(change)));
  co_return wire::Empty{};
}

Sqs::Async<wire::Empty> Sqs::remove_permission(const Context& context, RemovePermissionRequest request) {
  CUMULET_CO_TRY(QueueRef queue, resolve(impl_->engine, context, request.queue_url));
  if (!request.label || request.label->empty()) co_return missing_parameter("Label");
  Engine::ChangeAttributes change =
      [label = std::move(*request.label)](const QueueAttributes& old) -> Result<QueueAttributes> {
    CUMULET_TRY(std::string policy, without_permission(old.policy, label));
    return with_policy(old, std::move(policy));
  };
  CUMULET_CO_CHECK(co_await impl_->engine.change_attributes(std::move(queue), std::move(change)));
  co_return wire::Empty{};
}

Sqs::Async<ListDeadLetterSourceQueuesResult> Sqs::list_dead_letter_source_queues(
    const Context& context, ListDeadLetterSourceQueuesRequest request) {
  CUMULET_CO_TRY(const QueueRef target, resolve(impl_->engine, context, request.queue_url));
  std::vector<std::string> names;
  for (const QueueRef& queue : impl_->engine.queues_of(context.region)) {
    const auto attributes = queue->attributes();
    if (attributes->redrive && attributes->redrive->dead_letter_target_arn == target->arn())
      names.push_back(queue->identity().name);
  }
  CUMULET_CO_TRY(Page found, page(std::move(names), request.max_results, request.next_token));
  ListDeadLetterSourceQueuesResult result;
  result.queue_urls = urls(context, found.names);
  result.next_token = std::move(found.next_token);
  co_return result;
}

}  // namespace cumulet::sqs
