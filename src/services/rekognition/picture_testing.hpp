#pragma once
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <future>
#include <memory>
#include <string>

#include "base/http.hpp"

namespace cumulet::rekognition {

// The head of a PNG that declares this size; no picture follows.
inline std::string png_head(std::uint32_t width, std::uint32_t height) {
  std::string bytes("\x89PNG\r\n\x1A\n\0\0\0\rIHDR", 16);
  for (const std::uint32_t side : {width, height})
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(side >> shift);
  return bytes + std::string("\x08\x02\0\0\0\0\0\0\0", 9);
}

template <class T>
awaitable<void> fulfil(awaitable<T> task, std::shared_ptr<std::promise<T>> promise) {
  promise->set_value(co_await std::move(task));
}

// The result of a coroutine that runs in `io`; `slot` may cancel it. (asio's own use_future wants a value that can be
// made of nothing.)
template <class T>
std::future<T> spawn_in(boost::asio::io_context& io, awaitable<T> task, boost::asio::cancellation_slot slot = {}) {
  auto promise = std::make_shared<std::promise<T>>();
  auto future = promise->get_future();
  auto life = fulfil(std::move(task), std::move(promise));
  boost::asio::co_spawn(io, std::move(life), boost::asio::bind_cancellation_slot(slot, [](std::exception_ptr) {}));
  return future;
}

}  // namespace cumulet::rekognition
