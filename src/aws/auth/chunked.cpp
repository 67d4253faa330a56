#include "aws/auth/chunked.hpp"

#include <algorithm>
#include <charconv>

#include "aws/auth/canonical.hpp"

namespace cumulet::auth {
namespace {

constexpr std::size_t kLongestLine = 4096;
constexpr std::size_t kMostTrailers = 16;
constexpr std::uint64_t kLargestChunk = 5ull << 30;

Error incomplete() { return Error{kIncompleteBody, "The request body terminated unexpectedly"}; }
Error malformed_trailer() {
  return Error{
      kMalformedTrailer,
      "The request contained trailing data that was not well-formed or did not conform to our published schema."};
}
Error mismatch() {
  return Error{kSignatureDoesNotMatch,
               "The request signature we calculated does not match the signature you provided. Check your key and "
               "signing method."};
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\n' || text.back() == '\r'))
    text.remove_suffix(1);
  return text;
}

std::string signed_lines(std::string_view kind, const ChunkSigning& signing, std::string_view previous) {
  std::string text(kind);
  text += '\n';
  text += signing.timestamp;
  text += '\n';
  text += signing.scope;
  text += '\n';
  text += previous;
  text += '\n';
  return text;
}

}  // namespace

std::string chunk_signature(const ChunkSigning& signing, std::string_view previous,
                            std::string_view payload_sha256_hex) {
  std::string text = signed_lines("AWS4-HMAC-SHA256-PAYLOAD", signing, previous);
  text += kEmptySha256;
  text += '\n';
  text += payload_sha256_hex;
  return signature_of(signing.key, text);
}

std::string trailer_signature(const ChunkSigning& signing, std::string_view previous,
                              std::string_view trailers_sha256_hex) {
  std::string text = signed_lines("AWS4-HMAC-SHA256-TRAILER", signing, previous);
  text += trailers_sha256_hex;
  return signature_of(signing.key, text);
}

ChunkedDecoder::ChunkedDecoder(Options options) : options_(std::move(options)) {
  if (options_.signing) previous_ = options_.signing->seed;
}

// A whole line without its CRLF, or nullopt when the rest of it is still to come. The view lives until the next call.
std::optional<std::string_view> ChunkedDecoder::take_line(std::string_view& input) {
  const auto newline = input.find('\n');
  if (newline == std::string_view::npos) {
    line_ += input;
    input = {};
    return std::nullopt;
  }
  line_ += input.substr(0, newline);
  input.remove_prefix(newline + 1);
  std::string_view line = line_;
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

Result<void> ChunkedDecoder::on_head(std::string_view line) {
  const auto semicolon = std::min(line.find(';'), line.size());
  const auto digits = trimmed(line.substr(0, semicolon));
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), left_, 16);
  if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size() || left_ > kLargestChunk)
    return incomplete();
  chunk_signature_.clear();
  constexpr std::string_view kName = "chunk-signature=";
  auto extensions = line.substr(semicolon);
  const auto at = extensions.find(kName);
  if (at != std::string_view::npos) {
    extensions.remove_prefix(at + kName.size());
    chunk_signature_ = lower(trimmed(extensions.substr(0, extensions.find(';'))));
  }
  if (options_.decoded_length && decoded_ + left_ > *options_.decoded_length) return incomplete();
  if (left_ > 0) {
    state_ = State::data;
    return {};
  }
  CUMULET_CHECK(on_chunk_end());  // the last chunk signs the empty payload
  state_ = State::trailers;
  return {};
}

Result<void> ChunkedDecoder::on_chunk_end() {
  if (!options_.signing) return {};
  const std::string expected = chunk_signature(*options_.signing, previous_, hash_.finish_hex());
  if (!constant_time_equal(expected, chunk_signature_)) return mismatch();
  previous_ = expected;
  return {};
}

Result<void> ChunkedDecoder::on_trailer(std::string_view line) {
  if (line.empty()) return on_end();
  if (options_.trailers == Trailers::none || trailers_.size() >= kMostTrailers) return malformed_trailer();
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return malformed_trailer();
  std::string name = lower(trimmed(line.substr(0, colon)));
  std::string value(trimmed(line.substr(colon + 1)));
  if (name == "x-amz-trailer-signature") {
    trailer_signature_ = lower(value);
    return {};
  }
  trailer_text_ += name + ':' + value + '\n';
  trailers_.emplace_back(std::move(name), std::move(value));
  return {};
}

Result<void> ChunkedDecoder::on_end() {
  state_ = State::done;
  if (options_.decoded_length && decoded_ != *options_.decoded_length) return incomplete();
  for (const auto& name : options_.announced_trailers) {
    const bool arrived =
        std::any_of(trailers_.begin(), trailers_.end(), [&](const auto& trailer) { return trailer.first == name; });
    if (!arrived) return malformed_trailer();
  }
  if (options_.signing && options_.trailers == Trailers::expected) {
    const std::string expected = trailer_signature(*options_.signing, previous_, sha256_hex(trailer_text_));
    if (!constant_time_equal(expected, trailer_signature_)) return mismatch();
  }
  return {};
}

Result<std::string_view> ChunkedDecoder::next(std::string_view& input) {
  if (state_ == State::data) {
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size()));
    const auto piece = input.substr(0, size);
    input.remove_prefix(size);
    if (options_.signing) hash_.update(piece);
    left_ -= size;
    decoded_ += size;
    if (left_ == 0) state_ = State::data_end;
    return piece;
  }
  if (state_ == State::done) {
    if (!input.empty()) return incomplete();
    return std::string_view{};
  }
  const auto line = take_line(input);
  if (line_.size() > kLongestLine) return incomplete();
  if (!line) return std::string_view{};
  Result<void> result;
  switch (state_) {
    case State::head: result = on_head(*line); break;
    case State::data_end:
      if (!line->empty()) return incomplete();
      result = on_chunk_end();
      state_ = State::head;
      break;
    default: result = on_trailer(*line);
  }
  line_.clear();
  if (!result.ok()) return std::move(result).error();
  return std::string_view{};
}

Result<void> ChunkedDecoder::finish() {
  if (state_ == State::done) return {};
  // Some clients leave the last CRLF out.
  if (state_ != State::trailers) return incomplete();
  if (!trimmed(line_).empty()) {
    const std::string line(trimmed(line_));
    line_.clear();
    CUMULET_CHECK(on_trailer(line));
  }
  return on_end();
}

}  // namespace cumulet::auth
