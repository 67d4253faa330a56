#pragma once
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <filesystem>
#include <future>
#include <thread>

#include "aws/wire/codec.hpp"
#include "base/manual_time.hpp"
#include "events/journal.hpp"
#include "events/sums.hpp"
#include "services/sqs/errors.hpp"
#include "services/sqs/service.hpp"

namespace cumulet::sqs {

namespace asio = boost::asio;

inline constexpr std::string_view kArn = "arn:aws:sqs:us-east-1:000000000000:";

// A call under way.
template <class T>
struct Call {
  std::optional<Result<T>> result;
  bool is_ended = false;  // also by an exception
  asio::cancellation_signal cancel;
};

// SQS over a database of its own, with a clock that the test moves.
class SqsTest : public testing::Test {
 protected:
  SqsTest() {
    char name[] = "/tmp/cumulet-sqs-XXXXXX";
    folder = ::mkdtemp(name);
    head.headers.add("x-amz-target", "AmazonSQS.Any");
    context.head = &head;
    context.region = "us-east-1";
    context.endpoint = "http://127.0.0.1:4566";
    context.caller.user_id = "AIDA";
    open();
  }
  ~SqsTest() override {
    close();
    pool.join();
    std::filesystem::remove_all(folder);
  }
  void open() {
    database = std::move(storage::Database::open(folder / "state.db", storage::Durability::ephemeral)).value();
    sqs = std::make_unique<Sqs>(
        Dependencies{*database, time, time, random, io.get_executor(), pool.get_executor(), {}, observe()});
    ASSERT_TRUE(sqs->load().ok());
    sqs->start("http://127.0.0.1:4566");
  }
  void close() {
    sqs->stop();
    settle();
    sqs.reset();
    sums.reset();
    journal.reset();
    database.reset();
  }
  events::Observers observe() {
    if (!is_observed) return {};
    journal = std::make_unique<events::Journal>(*database, time, time);
    sums = std::make_unique<events::Sums>(*database, time, time);
    EXPECT_TRUE(journal->load().ok() && sums->load().ok());
    return {nullptr, journal.get(), sums.get()};
  }
  // As after a kill: nothing is written at the end.
  void crash() {
    settle();
    std::filesystem::copy_file(folder / "state.db", folder / "copy");
    std::filesystem::copy_file(folder / "state.db-wal", folder / "copy-wal");
    close();
    for (const char* part : {"state.db", "state.db-wal", "state.db-shm"}) std::filesystem::remove(folder / part);
    std::filesystem::rename(folder / "copy", folder / "state.db");
    std::filesystem::rename(folder / "copy-wal", folder / "state.db-wal");
    open();
  }
  // Until all that was submitted is committed and its answers are there.
  void settle() {
    for (int i = 0; i < 4; ++i) {
      EXPECT_TRUE(database->write_blocking([](storage::Transaction&) -> Result<void> { return {}; }).ok());
      io.restart();
      io.poll();
    }
  }

  // What is submitted later waits until `release`.
  void hold_writer(std::promise<void>& release) {
    auto released = std::make_shared<std::future<void>>(release.get_future());
    auto job = [released](storage::Transaction&) -> Result<void> {
      released->wait();
      return {};
    };
    database->submit(std::move(job), [](Result<void>) {});
  }

  template <class T>
  std::shared_ptr<Call<T>> start(awaitable<Result<T>> task) {
    auto call = std::make_shared<Call<T>>();
    auto stored = store<T>(std::move(task), call);
    auto ended = [call](std::exception_ptr) { call->is_ended = true; };
    asio::co_spawn(io, std::move(stored), asio::bind_cancellation_slot(call->cancel.slot(), std::move(ended)));
    io.restart();
    io.poll();
    return call;
  }
  template <class T>
  static awaitable<void> store(awaitable<Result<T>> task, std::shared_ptr<Call<T>> call) {
    auto cancellable = asio::enable_total_cancellation();
    co_await asio::this_coro::reset_cancellation_state(cancellable);
    Result<T> result = co_await std::move(task);
    call->result.emplace(std::move(result));
  }
  template <class T>
  Result<T> run(awaitable<Result<T>> task) {
    const auto call = start(std::move(task));
    for (int i = 0; i < 120'000 && !call->result; ++i) {  // what workers and the writer do takes real moments
      io.restart();
      io.run_for(Milliseconds{1});
    }
    if (!call->result) return Error{kInternalFailure, "the call did not end"};
    return std::move(*call->result);
  }

  std::string create(std::string name, StringMap attributes = {}) {
    CreateQueueRequest request;
    request.queue_name = std::move(name);
    request.attributes = std::move(attributes);
    auto made = run(sqs->create_queue(context, request));
    EXPECT_TRUE(made.ok()) << made.error().message();
    return made.ok() ? made->queue_url : "";
  }
  Result<SendMessageResult> send(const std::string& url, std::string body, std::string group = {},
                                 std::string deduplication_id = {}) {
    SendMessageRequest request;
    request.queue_url = url;
    request.message_body = std::move(body);
    if (!group.empty()) request.message_group_id = std::move(group);
    if (!deduplication_id.empty()) request.message_deduplication_id = std::move(deduplication_id);
    return run(sqs->send_message(context, request));
  }
  ReceiveMessageRequest receive_request(const std::string& url, int max, int wait = 0) {
    ReceiveMessageRequest request;
    request.queue_url = url;
    request.max_number_of_messages = max;
    request.wait_time_seconds = wait;
    request.attribute_names = {"All"};
    return request;
  }
  std::vector<Message> receive(const std::string& url, int max = 10) {
    auto got = run(sqs->receive_message(context, receive_request(url, max)));
    EXPECT_TRUE(got.ok()) << got.error().message();
    return got.ok() ? got->messages.value_or(std::vector<Message>()) : std::vector<Message>();
  }
  std::vector<std::string> bodies(const std::string& url, int max = 10) {
    std::vector<std::string> out;
    for (const Message& message : receive(url, max)) out.push_back(message.body);
    return out;
  }
  Result<wire::Empty> remove(const std::string& url, const std::string& handle) {
    DeleteMessageRequest request;
    request.queue_url = url;
    request.receipt_handle = handle;
    return run(sqs->delete_message(context, request));
  }
  Backlog backlog(std::string_view name) { return sqs->backlog(std::string(kArn) + std::string(name)); }

  std::filesystem::path folder;
  ManualTime time;
  SeededRandom random{5};
  asio::io_context io;
  asio::thread_pool pool{2};
  http::RequestHead head;
  wire::CallContext context;
  std::unique_ptr<storage::Database> database;
  bool is_observed = false;  // from the next open() on
  std::unique_ptr<events::Journal> journal;
  std::unique_ptr<events::Sums> sums;
  std::unique_ptr<Sqs> sqs;
};

}  // namespace cumulet::sqs
