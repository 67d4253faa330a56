#pragma once
#include <cstddef>
#include <functional>
#include <memory>

#include "base/awaitable.hpp"
#include "base/time.hpp"

namespace cumulet {

// Coroutines that wait for what others bring about, each for a time at most; woken in the order in which they came.
// Thread-safe. Its owner looks whether there is something to wait for, and joins the line, under one lock of its own;
// what it calls here takes that lock never.
class WaitingLine {
 public:
  // Joins the line, for that time at most. Called once or not at all, and only inside `begin`.
  using Join = std::function<void(Milliseconds at_most)>;

  // `timers` are not touched while the line is empty: it may outlive them then.
  explicit WaitingLine(Timers& timers);

  // Asks `begin` whether to wait, which joins the line or does not. Ends when it did not, when woken, after its time,
  // or when the caller is cancelled. On an executor that runs on one thread at a time. Whatever `begin` touches must
  // live until it was called; name it first and std::move it in (g++ 12).
  awaitable<void> wait(std::function<void(const Join&)> begin);

  // Posts to their executors; nobody runs inside.
  void wake(std::size_t count);
  void wake_all();
  std::size_t size() const;

 private:
  struct Waiter;
  struct State;
  const std::shared_ptr<State> state_;
};

}  // namespace cumulet
