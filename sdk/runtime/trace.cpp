#include "sdk/runtime/trace.hpp"

#include <mutex>

namespace cumulet::sdk {
namespace {

// Not the environment's _X_AMZN_TRACE_ID: a handler's threads may read that while it is set.
std::mutex mutex;
std::string& current() {
  static std::string header;
  return header;
}

}  // namespace

std::string current_trace() {
  std::lock_guard lock(mutex);
  return current();
}

void set_current_trace(std::string header) {
  std::lock_guard lock(mutex);
  current() = std::move(header);
}

}  // namespace cumulet::sdk
