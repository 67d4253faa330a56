#pragma once
#include <memory>

#include "base/time.hpp"
#include "storage/database.hpp"

namespace cumulet::logs {

// Removes the events of dropped groups and streams and those past their group's retention, in small jobs, at the
// start, hourly, and when asked.
class Purger {
 public:
  Purger(storage::Database& database, const Clock& clock, Timers& timers);
  ~Purger();
  Purger(const Purger&) = delete;
  Purger& operator=(const Purger&) = delete;

  void start();
  void wake();  // something was dropped. Does not block

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace cumulet::logs
