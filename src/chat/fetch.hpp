#pragma once
#include <boost/asio/thread_pool.hpp>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>

#include "base/time.hpp"
#include "chat/model.hpp"
#include "storage/blob_store.hpp"

namespace cumulet::chat {

struct FetchLimits {
  unsigned threads = 8;
  std::size_t at_once = 64;  // fetched and waiting for a thread
  Seconds connect{5};
  Seconds stall{15};  // without an answer, or with hardly any byte of it
  Seconds whole{60};
};

// Fetches what bots send by URL, on threads of its own (made for the first one): a server that says nothing holds up no
// other work.
class LinkFetcher {
 public:
  explicit LinkFetcher(storage::BlobStore& blobs, FetchLimits limits = {});
  ~LinkFetcher();  // stop()s and join()s

  // Fetches it (http or https, 20 MB at most, as on api.telegram.org) into the store and fills the file as
  // take_upload() does. Loopback is allowed: bots here are as local as what they link to. From any thread; resumes on
  // the caller's executor. Errors: kBadRequest, worded as Telegram's; kTooManyRequests when too many are being fetched.
  awaitable<Result<void>> take(std::string url, File& file);

  // Whatever is being fetched, or would be, fails within about a second. Does not wait. Idempotent.
  void stop();
  void join();  // after stop()

 private:
  struct State;
  std::shared_ptr<State> state_;
  storage::BlobStore& blobs_;
  FetchLimits limits_;
  std::once_flag once_;
  std::unique_ptr<boost::asio::thread_pool> pool_;
};

}  // namespace cumulet::chat
