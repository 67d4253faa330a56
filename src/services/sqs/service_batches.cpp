#include <algorithm>
#include <set>

#include "services/sqs/errors.hpp"
#include "services/sqs/request.hpp"
#include "services/sqs/service_impl.hpp"

namespace cumulet::sqs {
namespace {

constexpr std::size_t kEntries = 10;

bool is_batch_id(std::string_view id) {
  return !id.empty() && id.size() <= 80 && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

// What makes the whole batch wrong. `entry` is what Query calls one ("SendMessageBatchRequestEntry").
template <class Entry>
Result<void> check_batch(const wire::CallContext& context, const std::optional<std::vector<Entry>>& entries,
                         std::string_view entry) {
  if (!entries && !is_query(context)) return missing_parameter("Entries");
  if (!entries || entries->empty())
    return Error{kEmptyBatchRequest, "There should be at least one " + std::string(entry) + " in the request."};
  if (entries->size() > kEntries)
    return Error{kTooManyEntriesInBatchRequest, "Maximum number of entries per request are 10. You have sent " +
                                                    std::to_string(entries->size()) + "."};
  std::set<std::string_view> ids;
  for (std::size_t i = 0; i < entries->size(); ++i) {
    const auto& id = (*entries)[i].id;
    if (!id) return missing_parameter(std::string(entry) + '.' + std::to_string(i + 1) + ".Id");
    if (!is_batch_id(*id))
      return Error{kInvalidBatchEntryId,
                   "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at "
                   "most 80 letters long."};
    if (!ids.insert(*id).second) return Error{kBatchEntryIdsNotDistinct, "Id " + *id + " repeated."};
  }
  return {};
}

BatchResultErrorEntry failure(const std::string& id, const Error& error) {
  const std::string_view code = error.kind().query_code.empty() ? error.code() : error.kind().query_code;
  return {id, error.status() < 500, std::string(code), error.message()};
}

template <class List, class Entry>
void add(std::optional<List>& list, Entry entry) {
  if (!list) list.emplace();
  list->push_back(std::move(entry));
}

std::size_t counted_bytes(const MessageToSend& entry) {
  return (entry.message_body ? entry.message_body->size() : 0) + counted_bytes(entry.message_attributes);
}

Result<void> check_batch_size(const std::vector<SendMessageBatchRequestEntry>& entries) {
  std::size_t bytes = 0;
  for (const auto& entry : entries) bytes += counted_bytes(entry);
  if (bytes <= static_cast<std::size_t>(kMessageBytes)) return {};
  return Error{kBatchRequestTooLong, "Batch requests cannot be longer than " + std::to_string(kMessageBytes) +
                                         " bytes. You have sent " + std::to_string(bytes) + " bytes."};
}

Error missing_body(std::size_t index) {
  return missing_parameter("SendMessageBatchRequestEntry." + std::to_string(index + 1) + ".MessageBody");
}

// What a FIFO queue wants of every entry fails the whole batch.
Result<void> check_fifo_entries(const Queue& queue, const std::vector<SendMessageBatchRequestEntry>& entries) {
  if (!queue.is_fifo()) return {};
  const int limit = queue.attributes()->maximum_message_size;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto& entry = entries[i];
    if (!entry.message_body || entry.message_body->empty()) return missing_body(i);
    if (entry.delay_seconds.value_or(0) != 0)
      return invalid_parameter(std::to_string(*entry.delay_seconds), "DelaySeconds",
                               "The request include parameter that is not valid for this queue type.");
    if (counted_bytes(entry) > static_cast<std::size_t>(limit)) return too_long(limit);
    if (!entry.message_group_id || entry.message_group_id->empty())
      return Error{kInvalidParameterValue, "The request must contain the parameter MessageGroupId."};
    if (!entry.message_deduplication_id && !queue.attributes()->content_based_deduplication)
      return Error{kInvalidParameterValue,
                   "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided "
                   "explicitly"};
  }
  return {};
}

// An entry's errors are worded in its own way.
Result<void> change_one(const Engine& engine, Queue& queue, const ChangeMessageVisibilityBatchRequestEntry& entry,
                        int number) {
  if (!entry.visibility_timeout)
    return missing_parameter("ChangeMessageVisibilityBatchRequestEntry." + std::to_string(number) +
                             ".VisibilityTimeout");
  const int timeout = *entry.visibility_timeout;
  if (timeout < 0 || timeout > 43'200)
    return invalid_parameter(std::to_string(timeout), "VisibilityTimeout",
                             "VisibilityTimeout must be an integer between 0 and 43200.");
  return change_visibility(engine, queue, entry.receipt_handle, entry.visibility_timeout);
}

SendMessageBatchResultEntry result_entry(const std::string& id, const Draft& sent) {
  SendMessageBatchResultEntry out;
  out.id = id;
  tell(sent, out);
  return out;
}

}  // namespace

Sqs::Async<SendMessageBatchResult> Sqs::send_message_batch(const Context& context, SendMessageBatchRequest request) {
  Engine& engine = impl_->engine;
  CUMULET_CO_TRY(const QueueRef queue, resolve(engine, context, request.queue_url));
  CUMULET_CO_CHECK(check_batch(context, request.entries, "SendMessageBatchRequestEntry"));
  CUMULET_CO_CHECK(check_batch_size(*request.entries));
  CUMULET_CO_CHECK(check_fifo_entries(*queue, *request.entries));

  SendMessageBatchResult result;
  std::vector<std::pair<std::string, Draft>> drafts;
  const Sender sender = Sender::of(context);
  const int limit = queue->attributes()->maximum_message_size;
  for (std::size_t i = 0; i < request.entries->size(); ++i) {
    auto& entry = (*request.entries)[i];
    if (!entry.message_body || entry.message_body->empty()) {
      add(result.failed, failure(*entry.id, missing_body(i)));
      continue;
    }
    if (counted_bytes(entry) > static_cast<std::size_t>(limit)) {
      add(result.failed, failure(*entry.id, too_long(limit)));
      continue;
    }
    Result<Draft> ready = draft(engine, *queue, sender, std::move(entry));
    if (ready.ok())
      drafts.emplace_back(*entry.id, std::move(ready).value());
    else
      add(result.failed, failure(*entry.id, ready.error()));
  }
  storage::Database::Job job = [&engine, queue, drafts](storage::Transaction& tx) -> Result<void> {
    for (const auto& [id, ready] : drafts) CUMULET_CHECK(engine.append(tx, queue, ready.message, ready.delay));
    return {};
  };
  if (!drafts.empty()) {
    const Result<void> sent = co_await engine.deps().database.write(std::move(job));
    if (!sent.ok()) co_return sent.error().is(kQueueDoesNotExist) ? no_such_queue(context) : sent.error();
  }
  for (const auto& [id, sent] : drafts) add(result.successful, result_entry(id, sent));
  co_return result;
}

Sqs::Async<DeleteMessageBatchResult> Sqs::delete_message_batch(const Context& context,
                                                               DeleteMessageBatchRequest request) {
  CUMULET_CO_TRY(QueueRef queue, resolve(impl_->engine, context, request.queue_url));
  CUMULET_CO_CHECK(check_batch(context, request.entries, "DeleteMessageBatchRequestEntry"));
  DeleteMessageBatchResult result;
  std::vector<std::int64_t> messages;
  for (const auto& entry : *request.entries) {
    const auto message = to_delete(impl_->engine, *queue, entry.receipt_handle);
    if (!message.ok()) {
      add(result.failed, failure(*entry.id, message.error()));
      continue;
    }
    if (*message) messages.push_back(**message);
    add(result.successful, BatchResultEntry{*entry.id});
  }
  CUMULET_CO_CHECK(co_await impl_->engine.remove(std::move(queue), std::move(messages)));
  co_return result;
}

Sqs::Async<ChangeMessageVisibilityBatchResult> Sqs::change_message_visibility_batch(
    const Context& context, ChangeMessageVisibilityBatchRequest request) {
  CUMULET_CO_TRY(const QueueRef queue, resolve(impl_->engine, context, request.queue_url));
  CUMULET_CO_CHECK(check_batch(context, request.entries, "ChangeMessageVisibilityBatchRequestEntry"));
  ChangeMessageVisibilityBatchResult result;
  int number = 0;
  for (const auto& entry : *request.entries) {
    const Result<void> changed = change_one(impl_->engine, *queue, entry, ++number);
    if (changed.ok())
      add(result.successful, BatchResultEntry{*entry.id});
    else
      add(result.failed, failure(*entry.id, changed.error()));
  }
  co_return result;
}

}  // namespace cumulet::sqs
