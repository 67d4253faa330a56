#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "services/lambda/environments.hpp"
#include "services/lambda/model_invoke.hpp"

namespace cumulet::lambda {

// A streamed answer on its way from the function to who invoked it: the one side is the environment's sink, the other
// reads. A bounded queue between them. Everything but end() happens on the executor.
class ResponseStream final : public StreamSink, public std::enable_shared_from_this<ResponseStream> {
 public:
  static constexpr std::size_t kRoom = 256 * 1024;

  explicit ResponseStream(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}

  // The function's side.
  void runs(const FunctionVersion& version) override { version_ = version.version(); }
  void begin(std::string content_type) override;
  awaitable<bool> take(std::string_view bytes) override;
  // The invocation is over, as Lambda::invoke tells it. Any thread.
  void end(Result<InvokeResponse> outcome);

  // The reader's side. One call at a time.
  // Until there is something to answer: the stream began or the invocation is over; or, with neither, who asked went
  // away.
  awaitable<void> opened();
  // The next bytes; nullopt: no more, outcome() is there.
  awaitable<std::optional<std::string>> next();
  // Nobody reads any more: what comes is dropped.
  void abandon();

  bool is_streaming() const { return content_type_.has_value(); }
  const std::string& content_type() const { return *content_type_; }  // while is_streaming()
  const std::optional<std::string>& version() const { return version_; }
  // After the end. What was not streamed is its payload; of what was, an error document alone.
  Result<InvokeResponse>& outcome() { return *outcome_; }
  bool has_ended() const { return outcome_.has_value(); }

 private:
  using Timer = boost::asio::steady_timer;
  awaitable<void> wait(Timer*& waiting);
  static void wake(Timer* waiting) {
    if (waiting != nullptr) waiting->cancel();
  }

  boost::asio::any_io_executor executor_;
  std::optional<std::string> version_, content_type_;
  std::deque<std::string> pieces_;
  std::size_t held_ = 0;  // bytes
  std::optional<Result<InvokeResponse>> outcome_;
  bool is_abandoned_ = false;
  Timer* reader_ = nullptr;
  Timer* writer_ = nullptr;
};

}  // namespace cumulet::lambda
