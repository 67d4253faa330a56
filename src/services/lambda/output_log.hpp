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
// With Marks::records a line that kRecord begins is one record of the runtime's logger, however many lines its text
// has: newlines and kRecord's first byte stand in it as two bytes. It becomes one event. Written to the log port in the
// background. Never blocks: when the log cannot keep up, lines over kMaxPending bytes are left out, and a line says how
// many bytes. Thread-safe.
class OutputLog : public std::enable_shared_from_this<OutputLog> {
 public:
  static constexpr std::size_t kMaxPending = 8u << 20;
  static constexpr std::size_t kMaxLine = 256 * 1024 - 26;  // one event of CloudWatch Logs
  static constexpr std::size_t kTail = 4096;
  static constexpr std::string_view kRecord = "\x1e[";  // in it "\x1en" is a newline, "\x1ee" is "\x1e"

  enum class Marks { none, records };  // records: what the function prints comes through a client of ours

  struct Stream {
    std::string region, group, name;
    Marks marks = Marks::none;
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
  void find_record_locked(std::size_t from, TimePoint at);
  void flush_locked();
  void flush();

  const Stream stream_;
  const Clock& clock_;
  const Post post_;
  const std::function<void(const std::string&, const std::string&, const std::string&, std::vector<LogEvent>)> log_;
  mutable std::mutex mutex_;
  std::string unfinished_;
  bool is_record_ = false;  // what is unfinished
  std::string tail_;
  std::vector<LogEvent> pending_;
  std::size_t pending_bytes_ = 0;
  std::size_t left_out_ = 0;
  bool flushing_ = false;
};

}  // namespace cumulet::lambda
