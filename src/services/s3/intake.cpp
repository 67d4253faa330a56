#include "services/s3/intake.hpp"

#include "services/s3/errors.hpp"
#include "services/s3/on_workers.hpp"

namespace cumulet::s3 {
namespace {
constexpr std::size_t kBlock = 512 * 1024;
}

struct Intake::State {
  State(storage::BlobStore& b, Algorithm a, Keep k) : blobs(b), keep(k), hasher(make_hasher(a)), md5(make_md5()) {}

  // The waiting block goes through the digests and, when there is a file, into it.
  Result<void> absorb() {
    md5->update(block);
    hasher->update(block);
    if (writer) CUMULET_CHECK(writer->append(block));
    block.clear();
    return {};
  }
  Result<void> absorb_into_file() {
    if (!writer) {
      CUMULET_TRY(writer, blobs.create());
    }
    return absorb();
  }

  storage::BlobStore& blobs;
  Keep keep;
  std::unique_ptr<Hasher> hasher, md5;
  std::unique_ptr<storage::BlobStore::Writer> writer;
  std::string block;
  std::string inline_bytes;
  std::string md5_value, checksum_value;
  std::string blob;
  bool handed_over = false;
  std::uint64_t size = 0;
};

Error entity_too_large(std::uint64_t proposed) {
  return Error{kEntityTooLarge,
               "Your proposed upload exceeds the maximum allowed size",
               {{"ProposedSize", std::to_string(proposed)}, {"MaxSizeAllowed", std::to_string(kMaxPut)}}};
}

Intake::Intake(storage::BlobStore& blobs, boost::asio::any_io_executor workers, Algorithm algorithm, Keep keep)
    : state_(std::make_shared<State>(blobs, algorithm, keep)), workers_(std::move(workers)) {}
Intake::~Intake() {
  if (!state_->handed_over) discard();
}

void Intake::hand_over() { state_->handed_over = true; }

std::uint64_t Intake::size() const { return state_->size; }
const std::string& Intake::md5() const { return state_->md5_value; }
const std::string& Intake::checksum() const { return state_->checksum_value; }
std::string Intake::take_bytes() { return std::move(state_->inline_bytes); }

awaitable<Result<void>> Intake::read(http::BodyStream* stream) {
  State& s = *state_;
  while (stream != nullptr) {
    Result<std::string_view> piece = co_await stream->read();
    if (!piece.ok()) co_return std::move(piece).error();
    std::string_view bytes = *piece;
    if (bytes.empty()) break;
    s.size += bytes.size();
    if (s.size > kMaxPut) co_return entity_too_large(s.size);
    while (!bytes.empty()) {
      const std::size_t n = std::min(bytes.size(), kBlock - s.block.size());
      s.block.append(bytes.substr(0, n));
      bytes.remove_prefix(n);
      if (s.block.size() < kBlock) continue;
      std::function<Result<void>()> work = [state = state_] { return state->absorb_into_file(); };
      Result<void> done = co_await on_workers(workers_, std::move(work));
      if (!done.ok()) co_return std::move(done).error();
    }
  }
  if (s.size <= kInlineBytes && s.keep == Keep::inline_when_small) {
    s.inline_bytes = s.block;
    Result<void> done = s.absorb();
    if (!done.ok()) co_return std::move(done).error();
  } else if (s.size > 0) {
    std::function<Result<void>()> work = [state = state_] { return state->absorb_into_file(); };
    Result<void> done = co_await on_workers(workers_, std::move(work));
    if (!done.ok()) co_return std::move(done).error();
  }
  std::string().swap(s.block);
  s.md5_value = s.md5->finish();
  s.checksum_value = s.hasher->finish();
  co_return Result<void>{};
}

awaitable<Result<std::vector<Extent>>> Intake::publish() {
  std::vector<Extent> extents;
  if (!state_->writer) co_return extents;
  std::function<Result<void>()> work = [state = state_]() -> Result<void> {
    CUMULET_TRY(state->blob, state->writer->publish());
    state->writer.reset();
    return {};
  };
  Result<void> done = co_await on_workers(workers_, std::move(work));
  if (!done.ok()) co_return std::move(done).error();
  extents.push_back(Extent{state_->blob, 0, state_->size});
  co_return extents;
}

void Intake::discard() {
  if (!state_->blob.empty()) state_->blobs.remove(state_->blob);
  state_->blob.clear();
}

}  // namespace cumulet::s3
