#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "storage/database.hpp"

// Transactional outbox: a producer appends an event in the very transaction that changes its own rows; the dispatcher
// hands it to the consumer of its topic inside the transaction that deletes the outbox row. Nothing is lost or left
// half-delivered by a kill.
namespace cumulet::events {

struct Event {
  std::int64_t id = 0;
  std::string topic;    // "s3.notification"
  std::string payload;  // JSON text the consumer understands
};

class Outbox {
 public:
  // Called on the writer's thread inside the deleting transaction. An error keeps the row; it is tried again with backoff.
  using Consumer = std::function<Result<void>(storage::Transaction&, const Event&)>;

  Outbox(storage::Database& database, const Clock& clock, Timers& timers);
  ~Outbox();
  Result<void> migrate();
  void subscribe(std::string topic, Consumer consumer);  // before start()
  // In the producer's job. Delivery starts after its commit.
  void append(storage::Transaction& tx, std::string_view topic, std::string_view payload);
  void start();  // delivers what an earlier run left
  void stop();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace cumulet::events
