#include "services/s3/intake.hpp"

#include "base/awaitable.hpp"
#include "services/s3/errors.hpp"

namespace cumulet::s3 {
namespace {
constexpr std::size_t kBlock = 512 * 1024;
}

struct Intake::State {
  State(storage::BlobStore& b, Algorithm a, Keep k) : blobs(b), keep(k), hasher(make_hasher(a)), md5(make_md5()) {}

  void digest(const std::string& block) {
    md5->update(block);
    hasher->update(block);
    if (second_hasher) second_hasher->update(block);
  }
  // On a worker.
  Result<void> absorb_into_file(const std::string& block) {
    if (!writer) {
      CUMULET_TRY(writer, blobs.create());
    }
    digest(block);
    return writer->append(block);
  }

  storage::BlobStore& blobs;
  Keep keep;
  std::unique_ptr<Hasher> hasher, md5, second_hasher;
  std::unique_ptr<storage::BlobStore::Writer> writer;
  std::optional<Error> failure;  // of the background work
  std::string inline_bytes;
  std::string md5_value, checksum_value, second_value;
  std::string blob;
  bool handed_over = false;
  std::uint64_t size = 0;
};

Error entity_too_large(std::uint64_t proposed) {
  return Error{kEntityTooLarge,
               "Your proposed upload exceeds the maximum allowed size",
               {{"ProposedSize", std::to_string(proposed)}, {"MaxSizeAllowed", std::to_string(kMaxPut)}}};
}

Intake::Intake(storage::BlobStore& blobs, boost::asio::any_io_executor workers, Algorithm algorithm, Keep keep,
               std::optional<Algorithm> also)
    : state_(std::make_shared<State>(blobs, algorithm, keep)), workers_(workers), work_(std::move(workers)) {
  if (also && *also != algorithm) state_->second_hasher = make_hasher(*also);
}
Intake::~Intake() {
  if (!state_->handed_over) discard();
}

void Intake::hand_over() { state_->handed_over = true; }

std::uint64_t Intake::size() const { return state_->size; }
const std::string& Intake::md5() const { return state_->md5_value; }
const std::string& Intake::checksum() const { return state_->checksum_value; }
const std::string& Intake::second_checksum() const {
  return state_->second_hasher ? state_->second_value : state_->checksum_value;
}
std::string Intake::take_bytes() { return std::move(state_->inline_bytes); }

awaitable<void> Intake::absorb(std::string block) {
  std::function<void()> work = [state = state_, block = std::make_shared<std::string>(std::move(block))] {
    if (state->failure) return;
    Result<void> done = state->absorb_into_file(*block);
    if (!done.ok()) state->failure = std::move(done).error();
  };
  co_await work_.start(std::move(work));
}

awaitable<Result<void>> Intake::read(http::BodyStream* stream) {
  State& s = *state_;
  std::string block;
  while (stream != nullptr) {
    Result<std::string_view> piece = co_await stream->read();
    if (!piece.ok()) co_return std::move(piece).error();
    std::string_view bytes = *piece;
    if (bytes.empty()) break;
    s.size += bytes.size();
    if (s.size > kMaxPut) co_return entity_too_large(s.size);
    while (!bytes.empty()) {
      const std::size_t n = std::min(bytes.size(), kBlock - block.size());
      block.append(bytes.substr(0, n));
      bytes.remove_prefix(n);
      if (block.size() < kBlock) continue;
      // A disk that is full is known a block later: the next one waits for the last.
      co_await work_.wait();
      if (s.failure) co_return std::move(*s.failure);
      std::string full = std::move(block);
      block = std::string();
      block.reserve(kBlock);
      co_await absorb(std::move(full));
    }
  }
  if (s.size <= kInlineBytes && s.keep == Keep::inline_when_small) {
    s.digest(block);
    s.inline_bytes = std::move(block);
  } else if (!block.empty()) {
    co_await absorb(std::move(block));
  }
  co_await work_.wait();
  if (s.failure) co_return std::move(*s.failure);
  s.md5_value = s.md5->finish();
  s.checksum_value = s.hasher->finish();
  if (s.second_hasher) s.second_value = s.second_hasher->finish();
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
  Result<void> done = co_await run_on(workers_, std::move(work));
  if (!done.ok()) co_return std::move(done).error();
  extents.push_back(Extent{state_->blob, 0, state_->size});
  co_return extents;
}

void Intake::discard() {
  if (!state_->blob.empty()) state_->blobs.remove(state_->blob);
  state_->blob.clear();
}

}  // namespace cumulet::s3
