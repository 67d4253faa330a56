#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <optional>
#include <string>

#include "base/background_work.hpp"
#include "services/s3/checksum.hpp"
#include "services/s3/store.hpp"

namespace cumulet::s3 {

// Takes a request's body in: small ones stay in memory, larger ones become a blob. MD5 and checksums are computed on
// the way, for blobs on workers, a block at a time, while the next one is read. Nothing is visible before publish().
class Intake {
 public:
  enum class Keep { inline_when_small, always_blob };
  // `also`: a second checksum; the first one's algorithm: none.
  Intake(storage::BlobStore& blobs, boost::asio::any_io_executor workers, Algorithm algorithm, Keep keep,
         std::optional<Algorithm> also = std::nullopt);
  ~Intake();

  // Reads to the end. Errors: the stream's own, storage failures, EntityTooLarge over 5 GiB.
  awaitable<Result<void>> read(http::BodyStream* stream);  // null: empty body
  std::uint64_t size() const;
  const std::string& md5() const;              // raw; after read()
  const std::string& checksum() const;         // raw
  const std::string& second_checksum() const;  // raw; checksum() where no second one was asked for
  // Makes the bytes durable: blob in place, or nothing to do for inline ones. The extents to store.
  awaitable<Result<std::vector<Extent>>> publish();
  std::string take_bytes();  // inline bytes
  // A published blob is removed on destruction, unless it was handed over to a job that will name it ...
  void hand_over();
  // ... and that job failed.
  void discard();

 private:
  struct State;
  awaitable<void> absorb(std::string block);
  std::shared_ptr<State> state_;
  boost::asio::any_io_executor workers_;
  BackgroundWork work_;
};

inline constexpr std::uint64_t kMaxPut = 5ull << 30;
Error entity_too_large(std::uint64_t proposed);

}  // namespace cumulet::s3
