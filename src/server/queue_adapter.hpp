#pragma once
#include <boost/asio/any_io_executor.hpp>

#include "services/lambda/queue_source.hpp"
#include "services/sqs/service.hpp"

// How other services reach SQS's queues.
namespace cumulet::server {

// What event source mappings read from, and where destinations and dead letters go.
class LambdaQueues final : public lambda::QueueSource {
 public:
  LambdaQueues(sqs::Sqs& sqs, boost::asio::any_io_executor io) : sqs_(sqs), io_(std::move(io)) {}

  std::optional<lambda::QueueFacts> find(std::string_view queue_arn) const override;
  std::int64_t visible(std::string_view queue_arn) const override;
  std::function<void()> receive(std::string queue_arn, int max, Seconds wait, Received done) override;
  void remove(std::string queue_arn, std::vector<std::string> receipt_handles, Done done) override;
  void change_visibility(std::string queue_arn, std::vector<std::string> receipt_handles, Seconds timeout,
                         Done done) override;
  Result<void> send(storage::Transaction& tx, std::string_view queue_arn,
                    lambda::OutgoingQueueMessage message) override;

 private:
  sqs::Sqs& sqs_;
  boost::asio::any_io_executor io_;
};

}  // namespace cumulet::server
