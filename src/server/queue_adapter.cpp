#include "server/queue_adapter.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>
#include <memory>

namespace cumulet::server {
namespace {

namespace asio = boost::asio;

lambda::QueueMessage message_of(sqs::ReceivedMessage&& given) {
  lambda::QueueMessage out;
  out.message_id = std::move(given.message_id);
  out.receipt_handle = std::move(given.receipt_handle);
  out.body = std::move(given.body);
  out.md5_of_body = std::move(given.md5_of_body);
  out.md5_of_message_attributes = std::move(given.md5_of_message_attributes);
  out.attributes = std::move(given.attributes);
  for (auto& [name, value] : given.message_attributes) {
    lambda::QueueAttribute& attribute = out.message_attributes[name];
    attribute.data_type = std::move(value.data_type);
    attribute.string_value = std::move(value.string_value);
    attribute.binary_value = std::move(value.binary_value);
  }
  return out;
}

Result<std::vector<lambda::QueueMessage>> messages_of(Result<std::vector<sqs::ReceivedMessage>> given) {
  if (!given.ok()) return std::move(given).error();
  std::vector<lambda::QueueMessage> out;
  out.reserve(given->size());
  for (auto& message : *given) out.push_back(message_of(std::move(message)));
  return out;
}

// A wait that was cancelled has brought nothing.
awaitable<void> receive_and_tell(awaitable<Result<std::vector<sqs::ReceivedMessage>>> work,
                                 lambda::QueueSource::Received done) {
  Result<std::vector<lambda::QueueMessage>> result(std::vector<lambda::QueueMessage>{});
  try {
    Result<std::vector<sqs::ReceivedMessage>> received = co_await std::move(work);
    result = messages_of(std::move(received));
  } catch (const boost::system::system_error&) {
  }
  done(std::move(result));
}

awaitable<void> do_and_tell(awaitable<Result<void>> work, lambda::QueueSource::Done done) {
  Result<void> result = co_await std::move(work);
  done(std::move(result));
}

}  // namespace

std::optional<lambda::QueueFacts> LambdaQueues::find(std::string_view queue_arn) const {
  const auto facts = sqs_.find(queue_arn);
  if (!facts) return std::nullopt;
  return lambda::QueueFacts{facts->is_fifo, facts->visibility_timeout};
}

std::int64_t LambdaQueues::visible(std::string_view queue_arn) const { return sqs_.backlog(queue_arn).visible; }

std::function<void()> LambdaQueues::receive(std::string queue_arn, int max, Seconds wait, Received done) {
  auto signal = std::make_shared<asio::cancellation_signal>();
  auto work = receive_and_tell(sqs_.receive(std::move(queue_arn), max, wait), std::move(done));
  auto handler = asio::bind_cancellation_slot(signal->slot(), [signal](std::exception_ptr) {});
  asio::co_spawn(io_, std::move(work), std::move(handler));
  // Posted: who cancels may be inside what the wait would call.
  return [signal, io = io_] { asio::post(io, [signal] { signal->emit(asio::cancellation_type::all); }); };
}

void LambdaQueues::remove(std::string queue_arn, std::vector<std::string> receipt_handles, Done done) {
  auto work = do_and_tell(sqs_.remove(std::move(queue_arn), std::move(receipt_handles)), std::move(done));
  asio::co_spawn(io_, std::move(work), asio::detached);
}

void LambdaQueues::change_visibility(std::string queue_arn, std::vector<std::string> receipt_handles, Seconds timeout,
                                     Done done) {
  auto work =
      do_and_tell(sqs_.change_visibility(std::move(queue_arn), std::move(receipt_handles), timeout), std::move(done));
  asio::co_spawn(io_, std::move(work), asio::detached);
}

Result<void> LambdaQueues::send(storage::Transaction& tx, std::string_view queue_arn,
                                lambda::OutgoingQueueMessage message) {
  sqs::OutgoingMessage out;
  out.body = std::move(message.body);
  for (auto& [name, value] : message.attributes) {
    sqs::MessageAttribute& attribute = out.attributes[name];
    attribute.data_type = std::move(value.data_type);
    attribute.string_value = std::move(value.string_value);
    attribute.binary_value = std::move(value.binary_value);
  }
  return sqs_.send(tx, queue_arn, std::move(out));
}

}  // namespace cumulet::server
