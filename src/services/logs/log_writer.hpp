#pragma once
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/time.hpp"
#include "services/logs/chunk.hpp"
#include "storage/database.hpp"

namespace cumulet::logs {

// The engine's own way into the logs: what functions print and what executions report. Groups and streams are made
// when they are missing. Events are gathered for up to 100 ms or 1 MB and written in one job, in the order of their
// arrival. Thread-safe.
//
// Nothing is dropped: with 32 MB waiting for the disk, append() blocks until there is room (10 s at most), which slows
// down who writes so much. It waits for the storage's writer thread alone, and so must not be called on that thread.
class LogWriter {
 public:
  LogWriter(storage::Database& database, const Clock& clock, Timers& timers);
  ~LogWriter();  // flushes
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  // Messages over AWS's limit of an event (256 KB with 26 bytes of overhead) become several events.
  void append(std::string_view region, std::string_view group, std::string_view stream, std::vector<InputEvent> events);

  // Blocks until what was appended before is committed. Not on an I/O thread, nor in a job.
  void flush();

  // Bytes of messages that could not be stored since the start.
  std::uint64_t lost_bytes() const;

 private:
  using Key = std::tuple<std::string, std::string, std::string>;  // region, group, stream
  using Batch = std::map<Key, std::vector<InputEvent>>;
  struct State;
  static void submit(const std::shared_ptr<State>& state, std::unique_lock<std::mutex>& lock);

  std::shared_ptr<State> state_;  // jobs and timers on their way hold it
};

}  // namespace cumulet::logs
