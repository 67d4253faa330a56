#include <string>

#include "chat/multipart.hpp"
#include "fuzz/fuzz.hpp"

using namespace cumulet::chat;
using Event = MultipartParser::Event;

namespace {

// All that comes out, in order; data joined.
std::string parse(std::string_view bytes, std::size_t step) {
  std::string out;
  MultipartParser parser("b");
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    parser.feed(bytes.substr(at, step));
    for (std::size_t rounds = 0;; ++rounds) {
      CUMULET_HOLDS(rounds <= 4 * bytes.size() + 16);
      const Event event = parser.next();
      if (event == Event::need_more) break;
      if (event == Event::part) out += "\x01" + parser.name() + '\x02' + parser.file_name() + '\x03';
      if (event == Event::data) {
        CUMULET_HOLDS(!parser.data().empty());
        out += parser.data();
      }
      if (event == Event::part_end) out += '\x04';
      if (event == Event::end) return out + '\x05';
      if (event == Event::failed) return out + '\x06';
    }
  }
  return out;
}

}  // namespace

// However the bytes are cut, the form is the same. (Data of a part that has no end yet may still be held back.)
CUMULET_FUZZ(bytes) {
  if (bytes.size() > 20'000) return;
  boundary_of(bytes);
  const std::string whole = parse(bytes, bytes.size() + 1), pieces = parse(bytes, 1 + bytes.size() % 7);
  CUMULET_HOLDS(whole == pieces);
}
