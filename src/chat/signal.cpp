#include "chat/signal.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace cumulet::chat {

namespace asio = boost::asio;

void Signal::notify() {
  ++version_;
  for (asio::steady_timer* timer : waiting_) timer->cancel();
}

awaitable<void> Signal::wait(std::uint64_t seen, Deadline until) {
  struct Registered {
    std::set<asio::steady_timer*>& all;
    asio::steady_timer* timer;
    ~Registered() { all.erase(timer); }
  };
  while (version_ == seen && std::chrono::steady_clock::now() < until) {
    asio::steady_timer timer(co_await asio::this_coro::executor, until);
    waiting_.insert(&timer);
    const Registered registered{waiting_, &timer};
    boost::system::error_code ec;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ec));
  }
}

}  // namespace cumulet::chat
