#include <algorithm>
#include <optional>

#include "aws/auth/chunked.hpp"
#include "fuzz/fuzz.hpp"

using namespace cumulet;

namespace {

std::optional<std::string> decode(std::string_view bytes, std::size_t step, auth::ChunkedDecoder::Trailers trailers) {
  auth::ChunkedDecoder decoder({trailers, std::nullopt, std::nullopt, {}});
  std::string out;
  while (!bytes.empty()) {
    std::string_view part = bytes.substr(0, step);
    bytes.remove_prefix(part.size());
    while (!part.empty()) {
      const std::size_t before = part.size();
      const auto piece = decoder.next(part);
      if (!piece.ok()) return std::nullopt;
      CUMULET_HOLDS(part.size() < before);
      out += *piece;
    }
  }
  if (!decoder.finish().ok()) return std::nullopt;
  CUMULET_HOLDS(decoder.decoded() == out.size());
  return out;
}

}  // namespace

// However the bytes are cut, the payload is the same.
CUMULET_FUZZ(bytes) {
  for (const auto trailers : {auth::ChunkedDecoder::Trailers::none, auth::ChunkedDecoder::Trailers::expected})
    CUMULET_HOLDS(decode(bytes, std::max<std::size_t>(1, bytes.size()), trailers) ==
                  decode(bytes, 1 + bytes.size() % 5, trailers));
}
