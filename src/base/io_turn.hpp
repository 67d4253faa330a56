#pragma once

// Does what an I/O thread does now keep anybody waiting? Handing work to another thread and back costs more than a short read or
// a commit without fsync; but where several clients ask at once, the second thread is worth it. A turn lasts from the
// moment the thread waited for something to happen until it waits again: one whose first request this is has nobody
// behind it that it knows of.
namespace cumulet::io_turn {

namespace detail {
inline thread_local bool is_io_thread = false;
inline thread_local int requests = 0;
}  // namespace detail

// By the I/O thread's loop, when it is about to wait.
inline void begin() {
  detail::is_io_thread = true;
  detail::requests = 0;
}

// By whoever answers requests, when one begins.
inline void request_began() { ++detail::requests; }

// True on an I/O thread that has begun at most one request in this turn. False on any other thread.
inline bool is_alone() { return detail::is_io_thread && detail::requests <= 1; }

}  // namespace cumulet::io_turn
