#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>

#include "base/http.hpp"

namespace cumulet {

// Work on a pool beside a coroutine, one piece at a time and in order: the coroutine goes on reading while the last
// piece is worked on, and waits when it is one piece ahead. Used from one executor.
class BackgroundWork {
 public:
  explicit BackgroundWork(boost::asio::any_io_executor pool);

  // Waits for what runs, then hands `work` to the pool. Whatever it touches must be owned by it: the coroutine may end
  // before it does. Name it first and std::move it in (g++ 12).
  awaitable<void> start(std::function<void()> work);
  // Until nothing runs. An exception of the work comes out here or of the next start().
  awaitable<void> wait();

 private:
  struct State;
  boost::asio::any_io_executor pool_;
  std::shared_ptr<State> state_;
};

}  // namespace cumulet
