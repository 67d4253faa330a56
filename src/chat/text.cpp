#include "chat/text.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/http.hpp"
#include "chat/errors.hpp"
#include "chat/markup.hpp"

namespace cumulet::chat {
namespace {

constexpr std::size_t kSourceBytes = 64 * 1024;  // with its notation
constexpr std::size_t kMostEntities = 100;       // Telegram ignores the rest

bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_word(char c) { return is_alpha(c) || (c >= '0' && c <= '9') || c == '_'; }
bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_wide(char c) { return static_cast<unsigned char>(c) >= 0x80; }  // part of a letter of another script

std::size_t word_end(std::string_view text, std::size_t at) {
  while (at < text.size() && is_word(text[at])) ++at;
  return at;
}

struct Found {
  std::string_view type;
  std::size_t begin, end;  // bytes
};

// "/start", "/start@bot": 1 to 64 word characters.
std::size_t command_end(std::string_view text, std::size_t slash) {
  const std::size_t end = word_end(text, slash + 1);
  if (end == slash + 1 || end - slash > 65) return 0;
  if (end < text.size() && text[end] == '/') return 0;  // a path
  if (end < text.size() && text[end] == '@') {
    const std::size_t name_end = word_end(text, end + 1);
    if (name_end - end > 3) return name_end;
  }
  return end;
}

std::size_t url_end(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() && !is_blank(text[end]) && text[end] != '<' && text[end] != '>' && text[end] != '"') ++end;
  // What ends a sentence does not belong to the link; a bracket only when it was opened in it.
  const std::string_view link = text.substr(at, end - at);
  auto unopened = std::ranges::count(link, ')') - std::ranges::count(link, '(');
  for (; end > at; --end) {
    const char last = text[end - 1];
    const bool is_bracket = last == ')' && unopened > 0;
    if (!is_bracket && std::string_view(".,:;!?'").find(last) == std::string_view::npos) break;
    if (is_bracket) --unopened;
  }
  return end;
}

std::size_t scheme_end(std::string_view text, std::size_t at) {
  for (const std::string_view scheme : {"https://", "http://"})
    if (iequals(text.substr(at, scheme.size()), scheme)) return at + scheme.size();
  return 0;
}

// An entity that begins at `at`; end 0: none does.
Found entity_at(std::string_view text, std::size_t at) {
  const bool begins_word = at == 0 || !(is_word(text[at - 1]) || is_wide(text[at - 1]) || text[at - 1] == '/');
  if (!begins_word) return {"", at, 0};
  if (text[at] == '/') return {"bot_command", at, command_end(text, at)};
  if (text[at] == '@') {
    const std::size_t end = word_end(text, at + 1);
    return {"mention", at, end - at > 3 && end - at <= 33 ? end : 0};
  }
  if (text[at] == '#') {
    std::size_t end = at + 1;
    bool has_letter = false;
    for (; end < text.size() && (is_word(text[end]) || is_wide(text[end])); ++end)
      has_letter = has_letter || is_alpha(text[end]) || is_wide(text[end]);
    return {"hashtag", at, has_letter ? end : 0};
  }
  if (const std::size_t host = scheme_end(text, at); host != 0) {
    const std::size_t end = url_end(text, at);
    return {"url", at, end > host ? end : 0};
  }
  return {"", at, 0};
}

void append_entity(json::array& out, std::string_view type, std::size_t offset, std::size_t length) {
  json::object entity;
  entity["offset"] = static_cast<std::int64_t>(offset);
  entity["length"] = static_cast<std::int64_t>(length);
  entity["type"] = type;
  out.emplace_back(std::move(entity));
}

std::int64_t number(const json::value& entity, std::string_view key) {
  const json::value* v = json::find(entity, key);
  return v != nullptr && v->is_int64() ? v->get_int64() : -1;
}

bool overlaps(const json::array& entities, const json::value& one) {
  const std::int64_t begin = number(one, "offset"), end = begin + number(one, "length");
  return std::ranges::any_of(entities, [&](const json::value& other) {
    const std::int64_t from = number(other, "offset"), to = from + number(other, "length");
    return begin < to && from < end;
  });
}

// Entities that a bot gave: those that lie inside the text, with what else they carry.
json::array checked(const json::value& given, std::size_t length) {
  json::array out;
  if (!given.is_array()) return out;
  for (const json::value& one : given.get_array()) {
    const std::int64_t offset = number(one, "offset"), size = number(one, "length");
    const json::value* type = json::find(one, "type");
    if (offset < 0 || size <= 0 || type == nullptr || !type->is_string() || out.size() >= kMostEntities) continue;
    if (size > static_cast<std::int64_t>(length) - offset) continue;  // their sum could overflow
    out.push_back(one);
  }
  return out;
}

// Blanks around a message are not sent; entities move with the text.
void trim(FormattedText& formatted) {
  std::size_t begin = 0, end = formatted.text.size();
  while (end > 0 && is_blank(formatted.text[end - 1])) --end;
  while (begin < end && is_blank(formatted.text[begin])) ++begin;
  formatted.text = formatted.text.substr(begin, end - begin);
  const auto shift = static_cast<std::int64_t>(begin);
  const auto length = static_cast<std::int64_t>(utf16_length(formatted.text));
  json::array kept;
  for (json::value& one : formatted.entities) {
    const std::int64_t from = std::max<std::int64_t>(number(one, "offset") - shift, 0);
    const std::int64_t to = std::min(number(one, "offset") + number(one, "length") - shift, length);
    if (to <= from) continue;
    one.as_object()["offset"] = from;
    one.as_object()["length"] = to - from;
    kept.push_back(std::move(one));
  }
  formatted.entities = std::move(kept);
}

}  // namespace

std::size_t utf16_length(std::string_view utf8) {
  std::size_t units = 0;
  for (const char c : utf8) {
    const auto byte = static_cast<unsigned char>(c);
    units += (byte & 0xC0) != 0x80;  // not a continuation
    units += byte >= 0xF0;           // beyond the basic plane: two units
  }
  return units;
}

json::array find_entities(std::string_view text) {
  json::array out;
  std::size_t units = 0, counted = 0;
  for (std::size_t at = 0; at < text.size() && out.size() < kMostEntities;) {
    const Found found = entity_at(text, at);
    if (found.end == 0) {
      ++at;
      continue;
    }
    units += utf16_length(text.substr(counted, at - counted));
    const std::size_t length = utf16_length(text.substr(at, found.end - at));
    append_entity(out, found.type, units, length);
    units += length;
    at = counted = found.end;
  }
  return out;
}

Result<FormattedText> format(std::string_view text, std::string_view mode, const json::value& given) {
  if (text.size() > kSourceBytes) return bad_request("message is too long");
  FormattedText out;
  if (mode.empty()) {
    out.text = text;
    out.entities = checked(given, utf16_length(text));
  } else if (iequals(mode, "html")) {
    CUMULET_TRY(out, parse_html(text));
  } else if (iequals(mode, "markdown")) {
    CUMULET_TRY(out, parse_markdown(text));
  } else if (iequals(mode, "markdownv2")) {
    CUMULET_TRY(out, parse_markdown_v2(text));
  } else {
    return bad_request("unsupported parse_mode");
  }
  trim(out);
  for (json::value& one : find_entities(out.text))
    if (!overlaps(out.entities, one)) out.entities.push_back(std::move(one));
  std::stable_sort(out.entities.begin(), out.entities.end(), [](const json::value& a, const json::value& b) {
    const std::int64_t at_a = number(a, "offset"), at_b = number(b, "offset");
    return at_a != at_b ? at_a < at_b : number(a, "length") > number(b, "length");
  });
  if (out.entities.size() > kMostEntities) out.entities.resize(kMostEntities);
  return out;
}

}  // namespace cumulet::chat
