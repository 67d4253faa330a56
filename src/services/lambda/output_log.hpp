#pragma once
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "services/lambda/ports.hpp"

namespace cumulet::lambda {

// The log stream of one execution environment: what the function prints, cut into lines, and Lambda's own lines.
// Written to the log port in the background. Never blocks: when the log cannot keep up, lines over kMaxPending bytes
// are left out, and a line says how many bytes. Thread-safe.
class OutputLog : public std::enable_shared_from_this<OutputLog> {
 public:
  static constexpr std::size_t kMaxPending = 8u << 20;
  static constexpr std::size_t kMaxLine = 256 * 1024 - 26;  // one event of CloudWatch Logs
  static constexpr std::size_t kTail = 4096;

  struct Stream {
    std::string region, group, name;
  };
  using Post = std::function<void(std::function<void()>)>;  // to the workers

  OutputLog(Stream stream, const Clock& clock, Post post, const DataPorts& ports)
      : stream_(std::move(stream)), clock_(clock), post_(std::move(post)), log_(ports.log) {}

  void print(std::string_view piece);  // any piece of output
  void write(std::string line);        // Lambda's own; ends an unfinished line of the function first
  void begin();                        // of an invocation: the tail starts here
  std::string tail() const;            // the last 4 KB since begin(), whole characters only

 private:
  void add_locked(std::string message, TimePoint at);
  void end_line_locked(TimePoint at);
  void flush_locked();
  void flush();

  const Stream stream_;
  const Clock& clock_;
  const Post post_;
  const std::function<void(const std::string&, const std::string&, const std::string&, std::vector<LogEvent>)> log_;
  mutable std::mutex mutex_;
  std::string unfinished_;
  std::string tail_;
  std::vector<LogEvent> pending_;
  std::size_t pending_bytes_ = 0;
  std::size_t left_out_ = 0;
  bool flushing_ = false;
};

}  // namespace cumulet::lambda
