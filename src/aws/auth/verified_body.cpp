#include "aws/auth/verified_body.hpp"

#include <algorithm>
#include <charconv>

#include "aws/auth/canonical.hpp"
#include "aws/auth/chunked.hpp"
#include "base/background_work.hpp"

namespace cumulet::auth {
namespace {

constexpr std::size_t kBlock = 256 * 1024;  // copied aside and hashed on a worker
constexpr std::size_t kHeavy = 16 * 1024;   // less is hashed where it is: a worker is farther away

// Passes the bytes on and compares their SHA-256 with the announced one at the end.
class HashedBody final : public http::BodyStream {
 public:
  HashedBody(std::shared_ptr<http::BodyStream> raw, std::string expected, boost::asio::any_io_executor workers)
      : raw_(std::move(raw)),
        expected_(std::move(expected)),
        has_workers_(static_cast<bool>(workers)),
        work_(std::move(workers)) {}

  awaitable<Result<std::string_view>> read() override {
    Result<std::string_view> piece = co_await raw_->read();
    if (!piece.ok()) co_return piece;
    if (!piece->empty()) {
      block_ += *piece;
      if (block_.size() >= kBlock) co_await hash_block();
      co_return piece;
    }
    if (!ended_) {
      ended_ = true;
      if (block_.size() >= kHeavy) co_await hash_block();
      co_await work_.wait();
      hash_->update(block_);
      computed_ = hash_->finish_hex();
    }
    if (computed_ != expected_) {
      Error error(kContentSha256Mismatch,
                  "The provided 'x-amz-content-sha256' header does not match what was computed.",
                  {{"ClientComputedContentSHA256", expected_}, {"S3ComputedContentSHA256", computed_}});
      co_return error;
    }
    co_return piece;
  }

 private:
  awaitable<void> hash_block() {
    if (has_workers_) {
      std::function<void()> work = [hash = hash_, block = std::make_shared<std::string>(std::move(block_))] {
        hash->update(*block);
      };
      co_await work_.start(std::move(work));
    } else {
      hash_->update(block_);
    }
    block_.clear();
  }

  std::shared_ptr<http::BodyStream> raw_;
  std::string expected_, computed_;
  std::string block_;
  std::shared_ptr<Sha256> hash_ = std::make_shared<Sha256>();
  bool has_workers_;
  BackgroundWork work_;
  bool ended_ = false;
};

class ChunkedBody final : public http::BodyStream {
 public:
  using OnTrailer = std::function<void(std::string, std::string)>;
  // Null workers: chunks are hashed in place.
  ChunkedBody(std::shared_ptr<http::BodyStream> raw, ChunkedDecoder::Options options, OnTrailer on_trailer,
              boost::asio::any_io_executor workers)
      : raw_(std::move(raw)),
        hashes_on_workers_(options.signing && static_cast<bool>(workers)),
        decoder_(std::move(options)),
        on_trailer_(std::move(on_trailer)),
        work_(std::move(workers)) {}

  awaitable<Result<std::string_view>> read() override {
    if (failed_) {
      Error error = *failed_;
      co_return error;
    }
    while (!ended_) {
      if (input_.empty()) {
        Result<std::string_view> piece = co_await raw_->read();
        if (!piece.ok()) co_return fail(std::move(piece).error());
        if (piece->empty()) {
          if (auto end = decoder_.finish(); !end.ok()) co_return fail(std::move(end).error());
          ended_ = true;
          if (on_trailer_)
            for (const auto& [name, value] : decoder_.trailers()) on_trailer_(name, value);
          break;
        }
        input_ = *piece;
      }
      Result<std::string_view> payload = std::string_view{};
      if (hashes_on_workers_ && input_.size() >= kHeavy) {
        // The caller holds this stream, and with it everything touched, until the work is done.
        std::function<void()> work = [this, &payload] { payload = decoder_.next(input_); };
        co_await work_.start(std::move(work));
        co_await work_.wait();
      } else {
        payload = decoder_.next(input_);
      }
      if (!payload.ok()) co_return fail(std::move(payload).error());
      if (!payload->empty()) co_return payload;
    }
    co_return std::string_view{};
  }

 private:
  Result<std::string_view> fail(Error error) {
    failed_ = error;
    return error;
  }

  std::shared_ptr<http::BodyStream> raw_;
  bool hashes_on_workers_;
  ChunkedDecoder decoder_;
  OnTrailer on_trailer_;
  BackgroundWork work_;
  std::string_view input_;  // the raw stream's current piece, what is left of it
  std::optional<Error> failed_;
  bool ended_ = false;
};

class FailedBody final : public http::BodyStream {
 public:
  explicit FailedBody(Error error) : error_(std::move(error)) {}
  awaitable<Result<std::string_view>> read() override {
    Error error = error_;
    co_return error;
  }

 private:
  Error error_;
};

std::vector<std::string> announced_trailers(const http::RequestHead& head) {
  std::vector<std::string> names;
  for (const auto& [key, value] : head.headers) {
    if (!iequals(key, "x-amz-trailer")) continue;
    std::string name;
    for (const char c : lower(value) + ',') {
      if (c == ',') {
        if (!name.empty()) names.push_back(std::exchange(name, {}));
      } else if (c != ' ' && c != '\t') {
        name += c;
      }
    }
  }
  return names;
}

}  // namespace

std::shared_ptr<http::BodyStream> verified_body(std::shared_ptr<http::BodyStream> raw,
                                                const Authorization& authorization, const http::RequestHead& head,
                                                std::optional<Credentials> credentials,
                                                std::function<void(std::string name, std::string value)> on_trailer) {
  return verified_body(std::move(raw), authorization, head, std::move(credentials), std::move(on_trailer),
                       boost::asio::any_io_executor());
}

std::shared_ptr<http::BodyStream> verified_body(std::shared_ptr<http::BodyStream> raw,
                                                const Authorization& authorization, const http::RequestHead& head,
                                                std::optional<Credentials> credentials,
                                                std::function<void(std::string name, std::string value)> on_trailer,
                                                boost::asio::any_io_executor workers) {
  if (authorization.payload == Payload::unsigned_) return raw;
  if (authorization.payload == Payload::hash)
    return std::make_shared<HashedBody>(std::move(raw), authorization.payload_hash, std::move(workers));

  ChunkedDecoder::Options options;
  const auto length = head.headers.get("x-amz-decoded-content-length");
  std::uint64_t decoded = 0;
  const auto parse = [&] {
    const auto [end, error] = std::from_chars(length->data(), length->data() + length->size(), decoded);
    return error == std::errc{} && end == length->data() + length->size();
  };
  if (!length || !parse())
    return std::make_shared<FailedBody>(
        Error{kMissingContentLength, "You must provide the Content-Length HTTP header."});
  options.decoded_length = decoded;
  options.announced_trailers = announced_trailers(head);
  if (authorization.payload != Payload::streaming_signed) options.trailers = ChunkedDecoder::Trailers::expected;
  if (credentials && authorization.placement != Placement::none &&
      authorization.payload != Payload::streaming_unsigned_trailer)
    options.signing = ChunkSigning{signing_key(credentials->secret_access_key, authorization.scope),
                                   authorization.timestamp, authorization.scope.text(), authorization.signature};
  return std::make_shared<ChunkedBody>(std::move(raw), std::move(options), std::move(on_trailer), std::move(workers));
}

}  // namespace cumulet::auth
