#include "chat/upload.hpp"

#include "base/awaitable.hpp"
#include "chat/errors.hpp"

namespace cumulet::chat {
namespace {
constexpr std::size_t kBlock = 256 * 1024;
}

struct Upload::State {
  explicit State(storage::BlobStore& b) : blobs(b) {}

  // On the pool.
  Result<void> write(std::string_view block) {
    if (!writer) {
      CUMULET_TRY(writer, blobs.create());
    }
    return writer->append(block);
  }

  storage::BlobStore& blobs;
  std::unique_ptr<storage::BlobStore::Writer> writer;
  std::string blob;
  std::shared_ptr<http::OpenFile> file;
  std::optional<Error> failure;  // of the work on the pool
};

Upload::Upload(storage::BlobStore& blobs, boost::asio::any_io_executor pool, std::uint64_t limit)
    : state_(std::make_shared<State>(blobs)), pool_(pool), work_(std::move(pool)), limit_(limit) {}

awaitable<Result<void>> Upload::append(std::string_view bytes) {
  size_ += bytes.size();
  if (size_ > limit_) co_return too_large();
  while (!bytes.empty()) {
    const std::size_t n = std::min(bytes.size(), kBlock - block_.size());
    block_.append(bytes.substr(0, n));
    bytes.remove_prefix(n);
    if (block_.size() < kBlock) continue;
    Result<void> flushed = co_await flush();
    if (!flushed.ok()) co_return flushed;
  }
  co_return Result<void>{};
}

awaitable<Result<void>> Upload::flush() {
  co_await work_.wait();
  if (state_->failure) co_return *state_->failure;
  std::function<void()> work = [state = state_, block = std::make_shared<std::string>(std::move(block_))] {
    Result<void> done = state->write(*block);
    if (!done.ok()) state->failure = std::move(done).error();
  };
  block_ = std::string();
  co_await work_.start(std::move(work));
  co_return Result<void>{};
}

awaitable<Result<std::string>> Upload::publish() {
  Result<void> flushed = co_await flush();
  if (!flushed.ok()) co_return std::move(flushed).error();
  co_await work_.wait();
  if (state_->failure) co_return *state_->failure;
  std::function<Result<void>()> work = [state = state_]() -> Result<void> {
    CUMULET_TRY(state->blob, state->writer->publish());
    state->writer.reset();
    CUMULET_TRY(state->file, state->blobs.open_blob(state->blob));
    return {};
  };
  Result<void> done = co_await run_on(pool_, std::move(work));
  if (!done.ok()) co_return std::move(done).error();
  co_return state_->blob;
}

std::shared_ptr<http::OpenFile> Upload::file() const { return state_->file; }

}  // namespace cumulet::chat
