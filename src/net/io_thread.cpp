#include "net/io_thread.hpp"

#include <pthread.h>

#include "base/io_turn.hpp"
#include "base/log.hpp"

namespace cumulet::net {

IoThread::IoThread(std::string name) {
  thread_ = std::thread([this, name = std::move(name)] {
    ::pthread_setname_np(::pthread_self(), name.substr(0, 15).c_str());
    // A callback's exception is a bug; the loop goes on, for the sake of everybody else's requests.
    while (true) {
      try {
        while (!context_.stopped()) {
          io_turn::begin();
          context_.run_one();
          context_.poll();
        }
        return;
      } catch (const std::exception& failure) {
        log::error("exception on the I/O thread: {}", failure.what());
      }
    }
  });
}

IoThread::~IoThread() { stop(); }

void IoThread::stop() {
  context_.stop();
  if (thread_.joinable()) thread_.join();
}

}  // namespace cumulet::net
