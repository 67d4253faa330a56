#include <algorithm>

#include "fuzz/fuzz.hpp"
#include "net/request_parser.hpp"

using namespace cumulet;
using Outcome = net::RequestParser::Outcome;

namespace {

struct Parsed {
  Outcome outcome = Outcome::need_more;
  http::RequestHead head;
  std::string body;
  bool body_done = false, body_failed = false;
};

// Feeds the bytes as they would arrive, `step` at a time; the body is read from what follows the head.
Parsed parse(std::string_view bytes, std::size_t step) {
  Parsed out;
  net::RequestParser parser;
  parser.start({16u << 10, 8u << 10, 1u << 20});
  std::size_t received = 0;
  while (out.outcome == Outcome::need_more && received < bytes.size()) {
    received = std::min(bytes.size(), received + step);
    out.outcome = parser.parse_head(bytes.substr(0, received), out.head);
  }
  if (out.outcome != Outcome::complete) return out;
  CUMULET_HOLDS(parser.head_bytes() <= bytes.size());
  std::size_t at = parser.head_bytes(), end = std::max(at, received);
  for (std::size_t rounds = 0; rounds < 4 * bytes.size() + 16 && !parser.body_done() && !parser.body_failed();
       ++rounds) {
    std::string_view piece;
    const std::size_t taken = parser.parse_body(bytes.substr(at, end - at), piece);
    CUMULET_HOLDS(taken <= end - at);
    CUMULET_HOLDS(piece.size() <= taken);
    out.body += piece;
    at += taken;
    if (taken == 0) {
      if (end == bytes.size()) break;
      end = std::min(bytes.size(), end + step);
    }
  }
  out.body_done = parser.body_done();
  out.body_failed = parser.body_failed();
  return out;
}

}  // namespace

// However the bytes are cut, the request is the same.
CUMULET_FUZZ(bytes) {
  if (bytes.size() > 4096) return;
  const Parsed whole = parse(bytes, bytes.size());
  const Parsed pieces = parse(bytes, 1 + bytes.size() % 7);
  if (whole.outcome != Outcome::complete || pieces.outcome != Outcome::complete) return;
  CUMULET_HOLDS(whole.head.method == pieces.head.method);
  CUMULET_HOLDS(whole.head.target == pieces.head.target);
  CUMULET_HOLDS(whole.head.headers.size() == pieces.head.headers.size());
  if (whole.body_done && pieces.body_done) CUMULET_HOLDS(whole.body == pieces.body);
}
