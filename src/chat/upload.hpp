#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "base/background_work.hpp"
#include "base/http.hpp"
#include "storage/blob_store.hpp"

namespace cumulet::chat {

// A file on its way into the blob store: bytes are written on the pool while the next ones arrive. What was not
// published is gone when this is. Used from one coroutine.
class Upload {
 public:
  // Over `limit` bytes: kTooLarge.
  Upload(storage::BlobStore& blobs, boost::asio::any_io_executor pool, std::uint64_t limit);

  awaitable<Result<void>> append(std::string_view bytes);
  // Everything is on disk under the blob's id, which the caller names in a row next.
  awaitable<Result<std::string>> publish();
  // The published file, to be read (a video's header).
  std::shared_ptr<http::OpenFile> file() const;

  std::uint64_t size() const { return size_; }

  std::string file_name, content_type;  // as the sender says

 private:
  struct State;
  awaitable<Result<void>> flush();

  std::shared_ptr<State> state_;
  boost::asio::any_io_executor pool_;
  BackgroundWork work_;
  std::string block_;
  std::uint64_t limit_;
  std::uint64_t size_ = 0;
};

}  // namespace cumulet::chat
