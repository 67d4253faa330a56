#include "services/lambda/response_stream.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace cumulet::lambda {

namespace asio = boost::asio;

// Until somebody wakes the other side.
awaitable<void> ResponseStream::wait(Timer*& waiting) {
  struct Registered {
    Timer*& place;
    Timer* timer;
    ~Registered() {
      if (place == timer) place = nullptr;
    }
  };
  Timer timer(executor_, Timer::time_point::max());
  waiting = &timer;
  const Registered registered{waiting, &timer};
  boost::system::error_code ec;
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ec));
}

void ResponseStream::begin(std::string content_type) {
  content_type_ = std::move(content_type);
  wake(reader_);
}

awaitable<bool> ResponseStream::take(std::string_view bytes) {
  const auto self = shared_from_this();
  if (is_abandoned_) co_return false;
  pieces_.emplace_back(bytes);
  held_ += bytes.size();
  wake(reader_);
  while (held_ >= kRoom && !is_abandoned_) {
    co_await wait(writer_);
    // The environment is being ended while we wait.
    if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none) co_return false;
  }
  co_return !is_abandoned_;
}

void ResponseStream::end(Result<InvokeResponse> outcome) {
  auto kept = std::make_shared<Result<InvokeResponse>>(std::move(outcome));
  asio::post(executor_, [self = shared_from_this(), kept] {
    self->outcome_.emplace(std::move(*kept));
    wake(self->reader_);
  });
}

awaitable<void> ResponseStream::opened() {
  const auto self = shared_from_this();
  while (!is_streaming() && !has_ended()) {
    co_await wait(reader_);
    if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none) {
      abandon();  // who asked went away
      co_return;
    }
  }
}

awaitable<std::optional<std::string>> ResponseStream::next() {
  const auto self = shared_from_this();
  while (pieces_.empty() && !has_ended()) {
    co_await wait(reader_);
    if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none) {
      abandon();
      co_return std::nullopt;
    }
  }
  if (pieces_.empty()) co_return std::nullopt;
  std::string piece = std::move(pieces_.front());
  pieces_.pop_front();
  held_ -= piece.size();
  if (held_ < kRoom) wake(writer_);
  co_return piece;
}

void ResponseStream::abandon() {
  is_abandoned_ = true;
  pieces_.clear();
  held_ = 0;
  wake(writer_);
}

}  // namespace cumulet::lambda
