#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/auth/digest.hpp"
#include "aws/auth/sigv4.hpp"

// aws-chunked, the content encoding of S3 uploads whose hash is not known beforehand. Pure and incremental.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
namespace cumulet::auth {

// What chunk signatures are computed from: each covers the one before it, the first one the request's own.
struct ChunkSigning {
  Digest256 key;
  std::string timestamp;  // "20150830T123600Z"
  std::string scope;      // "20150830/us-east-1/s3/aws4_request"
  std::string seed;       // the request's signature, hex
};
std::string chunk_signature(const ChunkSigning& signing, std::string_view previous,
                            std::string_view payload_sha256_hex);
std::string trailer_signature(const ChunkSigning& signing, std::string_view previous,
                              std::string_view trailers_sha256_hex);

class ChunkedDecoder {
 public:
  enum class Trailers { none, expected };
  struct Options {
    Trailers trailers = Trailers::none;
    std::optional<ChunkSigning> signing;  // absent: signatures, where present, are not checked
    std::optional<std::uint64_t> decoded_length;
    std::vector<std::string> announced_trailers;  // lower case (x-amz-trailer); each must arrive
  };

  explicit ChunkedDecoder(Options options);

  // Takes a prefix off `input` and gives the payload in it: a view into `input`, empty when only framing was taken.
  // Call again until `input` is empty. Payload is handed out before its chunk's signature is known: nothing may be
  // published before finish() succeeded. Errors are final: kSignatureDoesNotMatch, kIncompleteBody, kMalformedTrailer.
  Result<std::string_view> next(std::string_view& input);
  // The encoded body has ended.
  Result<void> finish();

  // Names in lower case, without x-amz-trailer-signature.
  const std::vector<std::pair<std::string, std::string>>& trailers() const { return trailers_; }
  std::uint64_t decoded() const { return decoded_; }

 private:
  enum class State { head, data, data_end, trailers, done };
  std::optional<std::string_view> take_line(std::string_view& input);
  Result<void> on_head(std::string_view line);
  Result<void> on_chunk_end();
  Result<void> on_trailer(std::string_view line);
  Result<void> on_end();

  Options options_;
  State state_ = State::head;
  std::string line_;  // a line that arrives in pieces
  std::uint64_t left_ = 0, decoded_ = 0;
  Sha256 hash_;
  std::string previous_, chunk_signature_, trailer_signature_, trailer_text_;
  std::vector<std::pair<std::string, std::string>> trailers_;
};

}  // namespace cumulet::auth
