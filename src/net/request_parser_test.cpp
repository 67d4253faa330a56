#include "net/request_parser.hpp"

#include <gtest/gtest.h>

namespace cumulet::net {
namespace {

struct Body {
  std::string text;
  bool done = false, failed = false;
};

// The whole head first, then the body as it arrives, `step` bytes at a time.
Body read_body(std::string_view head_text, std::string_view body, std::size_t step) {
  RequestParser parser;
  parser.start({16u << 10, 8u << 10, 1u << 20});
  http::RequestHead head;
  Body out;
  if (parser.parse_head(head_text, head) != RequestParser::Outcome::complete) {
    out.failed = true;
    return out;
  }
  std::size_t at = 0, end = 0;
  while (!parser.body_done() && !parser.body_failed()) {
    std::string_view piece;
    const std::size_t taken = parser.parse_body(body.substr(at, end - at), piece);
    out.text += piece;
    at += taken;
    if (taken != 0) continue;
    if (end == body.size()) break;
    end = std::min(body.size(), end + step);
  }
  out.done = parser.body_done();
  out.failed = parser.body_failed();
  return out;
}

constexpr std::string_view kChunkedHead = "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";

TEST(ChunkedBodies, AreTheSameHoweverTheyAreCut) {
  for (std::size_t step = 1; step < 12; ++step) {
    for (const std::string_view body : {"0\r\n\r\n", "0\r\nX-Trailer: y\r\n\r\n"}) {
      const Body empty = read_body(kChunkedHead, body, step);
      EXPECT_TRUE(empty.done) << step;
      EXPECT_EQ(empty.text, "");
    }
    const Body some = read_body(kChunkedHead, "3\r\nabc\r\n1;x=y\r\nd\r\n0\r\n\r\n", step);
    EXPECT_TRUE(some.done) << step;
    EXPECT_EQ(some.text, "abcd");
    EXPECT_FALSE(read_body(kChunkedHead, "3\r\nabcd\r\n0\r\n\r\n", step).done) << step;
    EXPECT_FALSE(read_body(kChunkedHead, "3\r\nab", step).done) << step;
  }
}

}  // namespace
}  // namespace cumulet::net
