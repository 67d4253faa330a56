#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "runtime/environment.hpp"

namespace cumulet::runtime {

// What the runtime did over the Runtime API.
class RuntimeApiEvents {
 public:
  virtual ~RuntimeApiEvents() = default;
  virtual void on_next() = 0;                         // it asks for an invocation (again)
  virtual void on_delivered() = 0;                    // it was given the one from deliver()
  virtual void on_response(std::string payload) = 0;  // of the invocation in flight
  virtual void on_response_too_large() = 0;
  // All of a response went to the invocation's sink. `error_type` and `error`: what ended it before its time; empty:
  // nothing.
  virtual void on_streamed(std::string error, std::string error_type) = 0;
  virtual void on_error(std::string payload, std::string error_type) = 0;
  virtual void on_init_error(std::string payload, std::string error_type) = 0;
};

// The Lambda Runtime API for one environment and one generation of its process, on a socket that listens in that
// process's own network: nobody else can connect to it.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
// Everything happens on the executor. After close() no event comes any more.
class RuntimeApi {
 public:
  RuntimeApi(boost::asio::any_io_executor executor, RuntimeApiEvents& events);
  ~RuntimeApi();

  void serve(int listening_socket);  // its own from now on
  // For the waiting or the coming `next`. One at a time.
  void deliver(Invocation invocation);
  void close();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace cumulet::runtime
