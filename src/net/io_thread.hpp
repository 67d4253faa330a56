#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>
#include <thread>

namespace cumulet::net {

// An io_context with the one thread that runs it. On two cores one I/O thread answers more requests than two
// (docs/performance.md), and what runs on it needs no locks.
class IoThread {
 public:
  explicit IoThread(std::string name);
  ~IoThread();  // stop()s

  boost::asio::io_context& context() { return context_; }
  boost::asio::any_io_executor executor() { return context_.get_executor(); }
  // Ends the loop at once, without waiting for what is pending, and joins. Not from the thread itself. Idempotent.
  void stop();

 private:
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{context_.get_executor()};
  std::thread thread_;
};

}  // namespace cumulet::net
