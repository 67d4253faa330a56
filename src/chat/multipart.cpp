#include "chat/multipart.hpp"

#include "base/encoding.hpp"
#include "base/http.hpp"

namespace cumulet::chat {
namespace {

constexpr std::size_t kHeaderBytes = 8 * 1024;
constexpr std::size_t kPaddingBytes = 256;  // blanks behind a delimiter
constexpr std::size_t kBoundaryBytes = 70;

std::string_view trimmed(std::string_view s) {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t')) s.remove_suffix(1);
  return s;
}

// Takes `; name=value` or `; name="value"` off the front of `rest`. False at the end or at what is neither.
bool take_parameter(std::string_view& rest, std::string_view& name, std::string& value) {
  rest = trimmed(rest);
  if (rest.empty() || rest.front() != ';') return false;
  rest = trimmed(rest.substr(1));
  const auto equals = rest.find('=');
  if (equals == rest.npos) return false;
  name = trimmed(rest.substr(0, equals));
  rest = trimmed(rest.substr(equals + 1));
  value.clear();
  if (rest.empty() || rest.front() != '"') {
    const std::size_t end = std::min(rest.find(';'), rest.size());
    value = trimmed(rest.substr(0, end));
    rest = rest.substr(end);
    return true;
  }
  std::size_t i = 1;
  for (; i < rest.size() && rest[i] != '"'; ++i) {
    // Only quotes and backslashes are escaped: older browsers send Windows paths as they are.
    if (rest[i] == '\\' && i + 1 < rest.size() && (rest[i + 1] == '"' || rest[i + 1] == '\\')) ++i;
    value += rest[i];
  }
  if (i == rest.size()) return false;
  rest = rest.substr(i + 1);
  return true;
}

// RFC 8187: charset'language'percent-encoded.
std::string extended_value(std::string_view value) {
  const auto first = value.find('\'');
  const auto second = first == value.npos ? value.npos : value.find('\'', first + 1);
  if (second == value.npos || !iequals(value.substr(0, first), "utf-8")) return {};
  return percent_decode(value.substr(second + 1)).value_or("");
}

}  // namespace

std::string boundary_of(std::string_view content_type) {
  std::string_view rest = content_type.substr(std::min(content_type.find(';'), content_type.size()));
  std::string_view name;
  std::string value;
  while (take_parameter(rest, name, value))
    if (iequals(name, "boundary")) return value.size() <= kBoundaryBytes ? value : std::string();
  return {};
}

// The line break before the first delimiter may be missing: it is put there.
MultipartParser::MultipartParser(std::string_view boundary)
    : delimiter_("\r\n--" + std::string(boundary)), buffer_("\r\n") {}

void MultipartParser::feed(std::string_view bytes) {
  drop_consumed();
  if (state_ != State::end && state_ != State::failed) buffer_ += bytes;
}

void MultipartParser::drop_consumed() {
  buffer_.erase(0, at_);
  at_ = 0;
}

MultipartParser::Event MultipartParser::fail(std::string_view reason) {
  state_ = State::failed;
  reason_ = reason;
  return Event::failed;
}

MultipartParser::Event MultipartParser::next() {
  switch (state_) {
    case State::preamble: return skip_preamble();
    case State::after_delimiter: return after_delimiter();
    case State::header: return read_header();
    case State::data: return read_data();
    case State::end: return Event::end;
    case State::failed: break;
  }
  return Event::failed;
}

MultipartParser::Event MultipartParser::skip_preamble() {
  const auto found = buffer_.find(delimiter_, at_);
  if (found == buffer_.npos) {
    if (buffer_.size() - at_ >= delimiter_.size()) at_ = buffer_.size() - delimiter_.size() + 1;
    return Event::need_more;
  }
  at_ = found + delimiter_.size();
  state_ = State::after_delimiter;
  return after_delimiter();
}

MultipartParser::Event MultipartParser::after_delimiter() {
  const std::string_view rest = std::string_view(buffer_).substr(at_);
  if (rest.starts_with("--")) {
    state_ = State::end;
    return Event::end;
  }
  const auto line_end = rest.find("\r\n");
  if (line_end == rest.npos && rest.size() <= kPaddingBytes) return Event::need_more;
  if (line_end == rest.npos || !trimmed(rest.substr(0, line_end)).empty())
    return fail("a boundary is followed by something else");
  at_ += line_end;  // the header's own blank line may follow at once
  state_ = State::header;
  return read_header();
}

MultipartParser::Event MultipartParser::read_header() {
  const std::string_view rest = std::string_view(buffer_).substr(at_);
  const auto end = rest.find("\r\n\r\n");
  if (end == rest.npos) return rest.size() > kHeaderBytes ? fail("a part's header is too long") : Event::need_more;
  if (end > kHeaderBytes) return fail("a part's header is too long");
  if (!parse_header(rest.substr(0, end))) return fail("a part has no name");
  at_ += end + 4;
  state_ = State::data;
  return Event::part;
}

bool MultipartParser::parse_header(std::string_view lines) {
  name_.clear();
  file_name_.clear();
  content_type_.clear();
  is_file_ = false;
  bool is_named = false, is_extended = false;
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find("\r\n"), lines.size());
    const std::string_view line = lines.substr(0, end);
    lines.remove_prefix(std::min(end + 2, lines.size()));
    const auto colon = line.find(':');
    if (colon == line.npos) continue;
    const std::string_view field = trimmed(line.substr(0, colon));
    std::string_view value = trimmed(line.substr(colon + 1));
    if (iequals(field, "Content-Type")) content_type_ = value;
    if (!iequals(field, "Content-Disposition")) continue;
    value.remove_prefix(std::min(value.find(';'), value.size()));
    std::string_view parameter;
    std::string text;
    while (take_parameter(value, parameter, text)) {
      if (iequals(parameter, "name")) {
        name_ = text;
        is_named = true;
      } else if (iequals(parameter, "filename")) {
        if (!is_extended) file_name_ = text;
        is_file_ = true;
      } else if (iequals(parameter, "filename*")) {
        file_name_ = extended_value(text);
        is_file_ = is_extended = true;
      }
    }
  }
  return is_named;
}

MultipartParser::Event MultipartParser::read_data() {
  const auto found = buffer_.find(delimiter_, at_);
  const std::size_t kept = delimiter_.size() - 1;  // may be the beginning of the delimiter
  const std::size_t end = found != buffer_.npos ? found : (buffer_.size() - at_ > kept ? buffer_.size() - kept : at_);
  data_ = std::string_view(buffer_).substr(at_, end - at_);
  if (found != buffer_.npos && data_.empty()) {
    at_ = found + delimiter_.size();
    state_ = State::after_delimiter;
    return Event::part_end;
  }
  at_ = end;
  return data_.empty() ? Event::need_more : Event::data;
}

}  // namespace cumulet::chat
