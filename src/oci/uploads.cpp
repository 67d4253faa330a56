#include "oci/uploads.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include "base/background_work.hpp"
#include "oci/errors.hpp"

namespace cumulet::oci {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kBlock = 512 * 1024;
constexpr std::size_t kMostSessions = 4096;  // remembered with their hashes; the rest is read again when it goes on

Error unknown_upload() { return Error{kBlobUploadUnknown, "blob upload unknown to registry"}; }

Error too_large(std::uint64_t most) {
  return Error{kBlobTooLarge, "a blob may have " + std::to_string(most) + " bytes at most"};
}

Error wrong_digest() { return Error{kDigestInvalid, "provided digest did not match uploaded content"}; }

}  // namespace

// Touched on the executor only.
struct Uploads::Session {
  std::string id;
  std::int64_t repository = 0;
  std::vector<Extent> parts;
  std::uint64_t size = 0;
  std::optional<Sha256> hash;  // of all parts; nullopt: they must be read again
  bool is_busy = false;
};

// One request's bytes. The worker and the coroutine take turns.
struct Uploads::Intake {
  explicit Intake(storage::BlobStore& b) : blobs(b) {}
  void absorb(const std::string& block) {
    if (failure) return;
    if (!writer) {
      auto made = blobs.create();
      if (!made.ok()) {
        failure = std::move(made).error();
        return;
      }
      writer = std::move(*made);
    }
    hash.update(block);
    if (auto written = writer->append(block); !written.ok()) failure = std::move(written).error();
  }

  storage::BlobStore& blobs;
  Sha256 hash;  // of the blob so far, not of this request's bytes alone
  std::unique_ptr<storage::BlobStore::Writer> writer;
  std::optional<Error> failure;
  std::uint64_t size = 0;
  Extent published;  // empty: no byte came
};

// One request at a time writes to an upload.
class Uploads::Hold {
 public:
  explicit Hold(SessionRef session) : session_(std::move(session)) { session_->is_busy = true; }
  ~Hold() { session_->is_busy = false; }
  Hold(const Hold&) = delete;

 private:
  SessionRef session_;
};

Uploads::Uploads(storage::Database& database, storage::BlobStore& blobs, asio::any_io_executor workers,
                 const Clock& clock, Random& random, UploadLimits limits)
    : database_(database),
      blobs_(blobs),
      workers_(std::move(workers)),
      clock_(clock),
      random_(random),
      limits_(limits) {}

void Uploads::remove_files(std::vector<Extent> files) {
  asio::post(workers_, [&blobs = blobs_, files = std::move(files)] {
    for (const Extent& file : files) blobs.remove(file.file);
  });
}

awaitable<Result<Uploads::Progress>> Uploads::begin(Repository repository) {
  Progress progress;
  progress.id = uuid4(random_);
  storage::Database::Job job = [id = progress.id, repository = repository.id, now = clock_.now(),
                                most = limits_.of_a_repository](storage::Transaction& tx) -> Result<void> {
    CUMULET_CHECK(store::require_repository(tx, repository));
    if (store::count_uploads(tx, repository) >= most)
      return Error{kTooManyRequests, "the repository has " + std::to_string(most) + " uploads that were not ended"};
    store::begin_upload(tx, id, repository, now);
    return {};
  };
  CUMULET_CO_CHECK(co_await database_.write(std::move(job)));
  if (sessions_.size() >= kMostSessions) std::erase_if(sessions_, [](const auto& one) { return !one.second->is_busy; });
  auto session = std::make_shared<Session>();
  session->id = progress.id;
  session->repository = repository.id;
  session->hash.emplace();
  sessions_.emplace(progress.id, std::move(session));
  co_return progress;
}

awaitable<Result<Uploads::SessionRef>> Uploads::find(std::int64_t repository, std::string id) {
  if (const auto found = sessions_.find(id); found != sessions_.end()) {
    if (found->second->repository != repository) co_return unknown_upload();
    co_return found->second;
  }
  auto stored = std::make_shared<std::optional<UploadRow>>();
  std::function<Result<void>()> look = [&database = database_, id, stored] {
    return database.read([&](storage::Connection& c) -> Result<void> {
      *stored = store::find_upload(c, id);
      return {};
    });
  };
  CUMULET_CO_CHECK(co_await run_on(workers_, std::move(look)));
  if (!*stored || (*stored)->repository != repository) co_return unknown_upload();
  if (const auto found = sessions_.find(id); found != sessions_.end()) co_return found->second;  // meanwhile
  auto session = std::make_shared<Session>();
  session->id = id;
  session->repository = repository;
  session->parts = std::move((*stored)->parts);
  session->size = (*stored)->size;
  if (session->parts.empty()) session->hash.emplace();
  sessions_.emplace(std::move(id), session);
  co_return session;
}

awaitable<Result<Uploads::Progress>> Uploads::status(std::int64_t repository, std::string id) {
  Result<SessionRef> session = co_await find(repository, std::move(id));
  if (!session.ok()) co_return std::move(session).error();
  co_return Progress{(*session)->id, (*session)->size};
}

Result<void> Uploads::check(const Session& session, const std::optional<ChunkRange>& range) const {
  if (session.is_busy) return Error{kRangeInvalid, "another request is writing to this upload"};
  if (range && range->first != session.size)
    return Error{kRangeInvalid, "the next byte of this upload is number " + std::to_string(session.size)};
  if (session.parts.size() >= limits_.parts)
    return Error{kTooManyRequests, "an upload may come in " + std::to_string(limits_.parts) + " requests at most"};
  return {};
}

// With the hash of what is there already: kept, or made anew after a restart.
awaitable<Result<Uploads::IntakeRef>> Uploads::intake_for(SessionRef session) {
  auto intake = std::make_shared<Intake>(blobs_);
  if (session->hash) {
    intake->hash = std::move(*session->hash);
    session->hash.reset();  // what fails on the way leaves it unknown
    co_return intake;
  }
  std::function<Result<void>()> work = [intake, parts = session->parts]() -> Result<void> {
    std::string block(kBlock, '\0');
    for (const Extent& part : parts) {
      CUMULET_TRY(const auto file, intake->blobs.open_blob(part.file, part.size));
      for (std::uint64_t at = 0; at < part.size;) {
        const auto n = ::pread(file->fd(), block.data(), std::min<std::uint64_t>(block.size(), part.size - at),
                               static_cast<off_t>(at));
        if (n <= 0) return Error{storage::kStorageFailure, "cannot read a part of an upload"};
        intake->hash.update(std::string_view(block).substr(0, static_cast<std::size_t>(n)));
        at += static_cast<std::uint64_t>(n);
      }
    }
    return {};
  };
  CUMULET_CO_CHECK(co_await run_on(workers_, std::move(work)));
  co_return intake;
}

awaitable<Result<void>> Uploads::read(IntakeRef intake, http::BodyStream* body, std::uint64_t before) {
  BackgroundWork work(workers_);
  std::string block;
  std::optional<Error> failure;
  const auto absorb = [&]() {
    std::function<void()> one = [intake, full = std::make_shared<std::string>(std::move(block))] {
      intake->absorb(*full);
    };
    block = std::string();
    return one;
  };
  while (body != nullptr && !failure) {
    Result<std::string_view> piece = co_await body->read();
    if (!piece.ok()) {
      failure = std::move(piece).error();
      break;
    }
    std::string_view bytes = *piece;
    if (bytes.empty()) break;
    if (before + intake->size + bytes.size() > limits_.blob_bytes) co_return too_large(limits_.blob_bytes);
    intake->size += bytes.size();
    while (!bytes.empty()) {
      if (block.capacity() < kBlock) block.reserve(kBlock);
      const std::size_t n = std::min(bytes.size(), kBlock - block.size());
      block.append(bytes.substr(0, n));
      bytes.remove_prefix(n);
      if (block.size() < kBlock) continue;
      co_await work.wait();
      if (intake->failure) co_return *intake->failure;  // a full disk ends a push at once
      std::function<void()> one = absorb();
      co_await work.start(std::move(one));
    }
  }
  if (!block.empty()) {
    std::function<void()> one = absorb();
    co_await work.start(std::move(one));
  }
  co_await work.wait();
  if (failure) co_return std::move(*failure);
  co_return Result<void>{};
}

awaitable<Result<void>> Uploads::publish(IntakeRef intake) {
  if (intake->failure) co_return *intake->failure;
  if (!intake->writer) co_return Result<void>{};
  std::function<Result<void>()> work = [intake]() -> Result<void> {
    CUMULET_TRY(intake->published.file, intake->writer->publish());
    intake->published.size = intake->writer->size();
    intake->writer.reset();
    return {};
  };
  co_return co_await run_on(workers_, std::move(work));
}

// The request's bytes are the upload's next part.
awaitable<Result<void>> Uploads::keep(SessionRef session, IntakeRef intake) {
  CUMULET_CO_CHECK(co_await publish(intake));
  if (intake->published.size > 0) {
    storage::Database::Job job = [id = session->id, repository = session->repository, position = session->parts.size(),
                                  part = intake->published,
                                  now = clock_.now()](storage::Transaction& tx) -> Result<void> {
      CUMULET_CHECK(store::require_repository(tx, repository));
      if (!store::find_upload(tx, id)) return unknown_upload();
      store::add_part(tx, id, position, part, now);
      return {};
    };
    Result<void> kept = co_await database_.write(std::move(job));
    if (!kept.ok()) {
      std::vector<Extent> files{intake->published};
      remove_files(std::move(files));
      co_return kept;
    }
    session->parts.push_back(intake->published);
    session->size += intake->published.size;
  }
  session->hash = std::move(intake->hash);
  co_return Result<void>{};
}

awaitable<Result<Uploads::Progress>> Uploads::append(std::int64_t repository, std::string id, http::BodyStream* body,
                                                     std::optional<ChunkRange> range) {
  // What arrived is kept even if who sent it is gone.
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  Result<SessionRef> found = co_await find(repository, std::move(id));
  if (!found.ok()) co_return std::move(found).error();
  const SessionRef session = *found;
  CUMULET_CO_CHECK(check(*session, range));
  const Hold hold(session);
  Result<IntakeRef> intake = co_await intake_for(session);
  if (!intake.ok()) co_return std::move(intake).error();
  const Result<void> received = co_await read(*intake, body, session->size);
  const bool is_lost = !received.ok() && received.error().is(kBlobTooLarge);
  if (!is_lost) CUMULET_CO_CHECK(co_await keep(session, *intake));
  if (!received.ok()) co_return received.error();
  co_return Progress{session->id, session->size};
}

awaitable<Result<std::uint64_t>> Uploads::finish(std::int64_t repository, std::string id, http::BodyStream* body,
                                                 std::optional<ChunkRange> range, Digest digest) {
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  Result<SessionRef> found = co_await find(repository, std::move(id));
  if (!found.ok()) co_return std::move(found).error();
  const SessionRef session = *found;
  CUMULET_CO_CHECK(check(*session, range));
  const Hold hold(session);
  Result<IntakeRef> made = co_await intake_for(session);
  if (!made.ok()) co_return std::move(made).error();
  const IntakeRef intake = *made;
  const Result<void> received = co_await read(intake, body, session->size);
  if (!received.ok()) {
    if (!received.error().is(kBlobTooLarge)) CUMULET_CO_CHECK(co_await keep(session, intake));
    co_return received.error();
  }
  CUMULET_CO_CHECK(co_await publish(intake));
  Blob blob;
  blob.digest = digest;
  blob.extents = session->parts;
  if (intake->published.size > 0) blob.extents.push_back(intake->published);
  blob.size = session->size + intake->published.size;
  if (Digest::of_hex(intake->hash.finish_hex()) != digest) {
    co_await drop(session);
    std::vector<Extent> files;
    if (intake->published.size > 0) files.push_back(intake->published);
    remove_files(std::move(files));
    co_return wrong_digest();
  }
  const std::uint64_t size = blob.size;
  std::string upload = session->id;
  const Result<void> done = co_await commit(std::move(blob), repository, std::move(upload));
  if (!done.ok()) {  // the parts before stay the upload's
    std::vector<Extent> files;
    if (intake->published.size > 0) files.push_back(intake->published);
    remove_files(std::move(files));
    co_return done.error();
  }
  sessions_.erase(session->id);
  co_return size;
}

awaitable<Result<std::uint64_t>> Uploads::take(Repository repository, http::BodyStream* body, Digest digest) {
  auto intake = std::make_shared<Intake>(blobs_);
  CUMULET_CO_CHECK(co_await read(intake, body, 0));
  CUMULET_CO_CHECK(co_await publish(intake));
  Blob blob;
  blob.digest = digest;
  if (intake->published.size > 0) blob.extents.push_back(intake->published);
  blob.size = intake->published.size;
  if (Digest::of_hex(intake->hash.finish_hex()) != digest) {
    remove_files(std::move(blob.extents));
    co_return wrong_digest();
  }
  const std::uint64_t size = blob.size;
  CUMULET_CO_CHECK(co_await commit(std::move(blob), repository.id, std::string()));
  co_return size;
}

// `upload`: what is ended by it; empty: none, and the files are gone when it fails.
awaitable<Result<void>> Uploads::commit(Blob blob, std::int64_t repository, std::string upload) {
  const auto is_new = std::make_shared<bool>(false);
  std::vector<Extent> files = blob.extents;
  storage::Database::Job job = [blob = std::move(blob), repository, upload, is_new,
                                now = clock_.now()](storage::Transaction& tx) -> Result<void> {
    CUMULET_CHECK(store::require_repository(tx, repository));
    if (!upload.empty()) {
      if (!store::find_upload(tx, upload)) return unknown_upload();
      store::end_upload(tx, upload);
    }
    *is_new = store::add_blob(tx, repository, blob, now);
    return {};
  };
  Result<void> done = co_await database_.write(std::move(job));
  if (done.ok() ? !*is_new : upload.empty()) remove_files(std::move(files));
  co_return done;
}

awaitable<void> Uploads::drop(SessionRef session) {
  sessions_.erase(session->id);
  storage::Database::Job job = [id = session->id](storage::Transaction& tx) -> Result<void> {
    store::end_upload(tx, id);
    return {};
  };
  const Result<void> done = co_await database_.write(std::move(job), storage::Room::reserved);
  if (done.ok()) remove_files(std::move(session->parts));
}

awaitable<Result<void>> Uploads::cancel(std::int64_t repository, std::string id) {
  Result<SessionRef> session = co_await find(repository, std::move(id));
  if (!session.ok()) co_return std::move(session).error();
  CUMULET_CO_CHECK(check(**session, std::nullopt));
  co_await drop(*session);
  co_return Result<void>{};
}

void Uploads::remove_idle(TimePoint now) {
  std::vector<std::string> ids;
  const auto look = database_.read([&](storage::Connection& c) -> Result<void> {
    ids = store::idle_uploads(c, now - limits_.idle, 1000);
    return {};
  });
  if (!look.ok()) return;
  for (const std::string& id : ids) {
    std::vector<Extent> files;
    const auto ended = database_.write_blocking(
        [&](storage::Transaction& tx) -> Result<void> {
          files.clear();
          if (auto upload = store::find_upload(tx, id)) files = std::move(upload->parts);
          store::end_upload(tx, id);
          return {};
        },
        storage::Room::reserved);
    if (!ended.ok()) return;
    for (const Extent& file : files) blobs_.remove(file.file);
  }
}

}  // namespace cumulet::oci
