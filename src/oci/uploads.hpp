#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/http.hpp"
#include "base/ids.hpp"
#include "base/sha256.hpp"
#include "base/time.hpp"
#include "oci/store.hpp"
#include "storage/blob_store.hpp"

namespace cumulet::oci {

// What a push may take at most, so that one that never ends does.
struct UploadLimits {
  std::uint64_t blob_bytes = std::uint64_t{52'000} << 20;  // of a layer, as ECR's
  std::size_t parts = 10'000;                              // requests that brought bytes to one upload
  std::size_t of_a_repository = 1'000;                     // begun and not ended
  Milliseconds idle = std::chrono::hours(24);              // untouched for longer, an upload is gone
};

// A chunk's place in its blob, as Content-Range says it ("0-99").
struct ChunkRange {
  std::uint64_t first = 0, last = 0;  // inclusive
};

// Blobs on their way in. Bytes are hashed and written on workers while the next ones arrive. What an answer told the
// client of is on disk: each request's bytes become a file of the blob store, named by a row of the upload; the blob is
// those files in order. So an upload goes on after a crash, and what a client that vanished had sent is kept. Nobody
// sees a blob before all of it is there and its digest was found true. Coroutines run on one serial executor.
class Uploads {
 public:
  Uploads(storage::Database& database, storage::BlobStore& blobs, boost::asio::any_io_executor workers,
          const Clock& clock, Random& random, UploadLimits limits);

  struct Progress {
    std::string id;
    std::uint64_t size = 0;  // bytes that are kept
  };
  // TOOMANYREQUESTS.
  awaitable<Result<Progress>> begin(Repository repository);
  // BLOB_UPLOAD_UNKNOWN, as all below where the repository has no such upload.
  awaitable<Result<Progress>> status(std::int64_t repository, std::string id);
  // Null: no more bytes. Errors: 416 when `range` does not begin where the last chunk ended or another request is at
  // it, SIZE_INVALID over the limits, the stream's own, storage failures. What arrived before a stream failed is kept.
  awaitable<Result<Progress>> append(std::int64_t repository, std::string id, http::BodyStream* body,
                                     std::optional<ChunkRange> range);
  // The last bytes, then the blob is there: its size. DIGEST_INVALID: it has another digest, and the upload is gone.
  awaitable<Result<std::uint64_t>> finish(std::int64_t repository, std::string id, http::BodyStream* body,
                                          std::optional<ChunkRange> range, Digest digest);
  // A whole blob in one request.
  awaitable<Result<std::uint64_t>> take(Repository repository, http::BodyStream* body, Digest digest);
  awaitable<Result<void>> cancel(std::int64_t repository, std::string id);

  // Removes what was idle for too long. Blocking, on a worker.
  void remove_idle(TimePoint now);

  const UploadLimits& limits() const { return limits_; }

 private:
  struct Session;
  struct Intake;
  class Hold;
  using SessionRef = std::shared_ptr<Session>;
  using IntakeRef = std::shared_ptr<Intake>;

  awaitable<Result<SessionRef>> find(std::int64_t repository, std::string id);
  Result<void> check(const Session& session, const std::optional<ChunkRange>& range) const;
  awaitable<Result<IntakeRef>> intake_for(SessionRef session);
  awaitable<Result<void>> read(IntakeRef intake, http::BodyStream* body, std::uint64_t before);
  awaitable<Result<void>> publish(IntakeRef intake);
  awaitable<Result<void>> keep(SessionRef session, IntakeRef intake);
  awaitable<Result<void>> commit(Blob blob, std::int64_t repository, std::string upload);
  awaitable<void> drop(SessionRef session);
  void remove_files(std::vector<Extent> files);

  storage::Database& database_;
  storage::BlobStore& blobs_;
  boost::asio::any_io_executor workers_;
  const Clock& clock_;
  Random& random_;
  UploadLimits limits_;
  std::unordered_map<std::string, SessionRef> sessions_;  // the running ones, and some that were lately
};

}  // namespace cumulet::oci
