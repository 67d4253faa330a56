#include "base/file_response.hpp"

#include <algorithm>
#include <charconv>

namespace cumulet::http {
namespace {

struct Range {
  std::uint64_t first = 0, length = 0;
};
enum class Asked { whole, part, beyond };

bool number(std::string_view text, std::uint64_t& out) {
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), out);
  return !text.empty() && ec == std::errc{} && end == text.data() + text.size();
}

Asked asked_for(std::string_view header, std::uint64_t size, Range& range) {
  constexpr std::string_view kUnit = "bytes=";
  if (!header.starts_with(kUnit) || header.find(',') != header.npos) return Asked::whole;
  header.remove_prefix(kUnit.size());
  const auto dash = header.find('-');
  if (dash == header.npos) return Asked::whole;
  std::uint64_t first = 0, last = size - 1;
  if (dash == 0) {
    std::uint64_t count = 0;
    if (!number(header.substr(1), count)) return Asked::whole;
    if (count == 0 || size == 0) return Asked::beyond;
    first = size - std::min(count, size);
  } else {
    if (!number(header.substr(0, dash), first)) return Asked::whole;
    const std::string_view end = header.substr(dash + 1);
    if (!end.empty() && (!number(end, last) || last < first)) return Asked::whole;
    if (first >= size) return Asked::beyond;
    last = std::min(last, size - 1);
  }
  range = {first, last - first + 1};
  return Asked::part;
}

}  // namespace

Response file_response(const RequestHead& head, std::vector<FileRange> pieces) {
  Response response;
  response.headers.add("Accept-Ranges", "bytes");
  std::uint64_t size = 0;
  for (const FileRange& piece : pieces) size += piece.length;
  Range range{0, size};
  switch (head.method == "HEAD" ? Asked::whole : asked_for(head.headers.get_or("Range", ""), size, range)) {
    case Asked::whole: break;
    case Asked::part:
      response.status = 206;
      response.headers.add("Content-Range", "bytes " + std::to_string(range.first) + '-' +
                                                std::to_string(range.first + range.length - 1) + '/' +
                                                std::to_string(size));
      break;
    case Asked::beyond:
      response.status = 416;
      response.headers.add("Content-Range", "bytes */" + std::to_string(size));
      return response;
  }
  if (head.method == "HEAD") {
    response.announced_length = range.length;
    return response;
  }
  std::vector<Piece> body;
  std::uint64_t skipped = range.first, left = range.length;
  for (FileRange& piece : pieces) {
    const std::uint64_t skip = std::min(skipped, piece.length);
    skipped -= skip;
    const std::uint64_t take = std::min(left, piece.length - skip);
    left -= take;
    if (take > 0) body.emplace_back(FileRange{std::move(piece.file), piece.offset + skip, take});
  }
  response.body = Body(std::move(body));
  return response;
}

}  // namespace cumulet::http
