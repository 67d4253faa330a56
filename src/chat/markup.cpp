#include "chat/markup.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "chat/errors.hpp"

namespace cumulet::chat {
namespace {

constexpr std::size_t kUrlBytes = 2048;

Error cannot_parse(const std::string& why) { return bad_request("can't parse entities: " + why); }

// Collects text and entities, counting UTF-16 units as it goes.
struct Builder {
  FormattedText out;
  std::size_t units = 0;

  void append(std::string_view bytes) {
    out.text += bytes;
    units += utf16_length(bytes);
  }
  void add(std::string_view type, std::size_t from, std::string_view key = {}, std::string_view value = {}) {
    if (units == from) return;  // of nothing
    json::object entity;
    entity["offset"] = static_cast<std::int64_t>(from);
    entity["length"] = static_cast<std::int64_t>(units - from);
    entity["type"] = type;
    if (!key.empty()) entity[key] = value;
    out.entities.emplace_back(std::move(entity));
  }
};

void append_utf8(std::string& out, std::uint32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | (c >> 6));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | (c >> 12));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (c >> 18));
    out += static_cast<char>(0x80 | ((c >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  }
}

// The character of "&lt;", "&#60;", "&#x3c;" at `at`, moving it behind; empty when it is none: a plain "&" then.
std::string take_reference(std::string_view text, std::size_t& at) {
  const auto end = text.substr(at, 12).find(';');
  if (end == std::string_view::npos) return {};
  const std::string_view name = text.substr(at + 1, end - 1);
  std::string out;
  if (name == "lt") out = "<";
  if (name == "gt") out = ">";
  if (name == "amp") out = "&";
  if (name == "quot") out = "\"";
  if (name.size() > 1 && name[0] == '#') {
    const bool is_hex = name[1] == 'x' || name[1] == 'X';
    const std::string_view digits = name.substr(is_hex ? 2 : 1);
    std::uint32_t c = 0;
    bool ok = !digits.empty();
    for (const char d : digits) {
      const int v = d >= '0' && d <= '9'             ? d - '0'
                    : is_hex && d >= 'a' && d <= 'f' ? d - 'a' + 10
                    : is_hex && d >= 'A' && d <= 'F' ? d - 'A' + 10
                                                     : -1;
      ok = ok && v >= 0 && c < 0x110000;
      c = c * (is_hex ? 16 : 10) + static_cast<std::uint32_t>(std::max(v, 0));
    }
    if (ok && c != 0 && c < 0x110000 && !(c >= 0xD800 && c < 0xE000)) append_utf8(out, c);
  }
  if (!out.empty()) at += end + 1;
  return out;
}

struct TagRow {
  std::string_view tag, type;
};
constexpr std::array<TagRow, 15> kTags{{{"b", "bold"},
                                        {"strong", "bold"},
                                        {"i", "italic"},
                                        {"em", "italic"},
                                        {"u", "underline"},
                                        {"ins", "underline"},
                                        {"s", "strikethrough"},
                                        {"strike", "strikethrough"},
                                        {"del", "strikethrough"},
                                        {"tg-spoiler", "spoiler"},
                                        {"span", "spoiler"},
                                        {"code", "code"},
                                        {"pre", "pre"},
                                        {"blockquote", "blockquote"},
                                        {"a", "text_link"}}};

struct OpenTag {
  std::string tag;
  std::size_t from;       // UTF-16 units
  std::string attribute;  // href, or the language of <code class="language-...">
};

bool is_name(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'; }
bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
std::string lower(std::string_view s) {
  std::string out(s);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return out;
}

struct HtmlParser {
  std::string_view text;
  std::size_t at = 0;
  Builder builder;
  std::vector<OpenTag> open;

  Result<void> parse_start_tag(std::size_t begin) {
    OpenTag tag{lower(take_name()), builder.units, {}};
    const auto row = std::ranges::find(kTags, std::string_view(tag.tag), &TagRow::tag);
    if (row == kTags.end() && tag.tag != "tg-emoji")
      return cannot_parse("Unsupported start tag \"" + tag.tag + "\" at byte offset " + std::to_string(begin));
    while (true) {
      while (at < text.size() && is_space(text[at])) ++at;
      if (at >= text.size()) return cannot_parse("Unclosed start tag at byte offset " + std::to_string(begin));
      if (text[at] == '>') break;
      if (text[at] == '/' && text.substr(at, 2) == "/>") {
        ++at;
        break;
      }
      const std::string name = lower(take_name());
      if (name.empty())
        return cannot_parse("Empty attribute name in the tag \"" + tag.tag + "\" at byte offset " +
                            std::to_string(begin));
      std::string value;
      if (at < text.size() && text[at] == '=') {
        ++at;
        CUMULET_TRY(value, take_value(begin));
      }
      if ((tag.tag == "a" && name == "href") || (tag.tag == "code" && name == "class")) tag.attribute = value;
    }
    ++at;  // '>'
    if (open.size() >= 50) return cannot_parse("Too many nested tags at byte offset " + std::to_string(begin));
    open.push_back(std::move(tag));
    return {};
  }

  std::string_view take_name() {
    const std::size_t begin = at;
    while (at < text.size() && (is_name(text[at]) || (text[at] >= 'A' && text[at] <= 'Z'))) ++at;
    return text.substr(begin, at - begin);
  }

  Result<std::string> take_value(std::size_t tag_begin) {
    std::string value;
    const char quote = at < text.size() && (text[at] == '"' || text[at] == '\'') ? text[at] : '\0';
    if (quote != '\0') ++at;
    while (at < text.size() && (quote != '\0' ? text[at] != quote : !is_space(text[at]) && text[at] != '>')) {
      if (text[at] == '&') {
        if (std::string c = take_reference(text, at); !c.empty()) {
          value += c;
          continue;
        }
      }
      value += text[at++];
    }
    if (at >= text.size()) return cannot_parse("Unclosed start tag at byte offset " + std::to_string(tag_begin));
    if (quote != '\0') ++at;
    return value;
  }

  Result<void> parse_end_tag(std::size_t begin) {
    at = begin + 2;
    const std::string name = lower(take_name());
    while (at < text.size() && is_space(text[at])) ++at;
    if (at >= text.size() || text[at] != '>')
      return cannot_parse("Unclosed end tag at byte offset " + std::to_string(begin));
    ++at;
    if (open.empty()) return cannot_parse("Unexpected end tag at byte offset " + std::to_string(begin));
    const OpenTag tag = std::move(open.back());
    open.pop_back();
    if (!name.empty() && name != tag.tag)
      return cannot_parse("Unmatched end tag at byte offset " + std::to_string(begin) + ", expected \"</" + tag.tag +
                          ">\", found \"</" + name + ">\"");
    finish(tag);
    return {};
  }

  void finish(const OpenTag& tag) {
    if (tag.tag == "tg-emoji") return;
    const std::string_view type = std::ranges::find(kTags, std::string_view(tag.tag), &TagRow::tag)->type;
    constexpr std::string_view kLanguage = "language-";
    if (tag.tag == "a") {
      if (tag.attribute.starts_with("http://") || tag.attribute.starts_with("https://") ||
          tag.attribute.starts_with("tg://"))
        builder.add(type, tag.from, "url", tag.attribute);
    } else if (tag.tag == "code" && !open.empty() && open.back().tag == "pre" && open.back().from == tag.from) {
      if (tag.attribute.starts_with(kLanguage)) open.back().attribute = tag.attribute.substr(kLanguage.size());
    } else if (tag.tag == "pre" && !tag.attribute.empty()) {
      builder.add(type, tag.from, "language", tag.attribute);
    } else {
      builder.add(type, tag.from);
    }
  }

  Result<FormattedText> run() {
    while (at < text.size()) {
      const char c = text[at];
      if (c == '&') {
        if (const std::string one = take_reference(text, at); !one.empty()) {
          builder.append(one);
          continue;
        }
      }
      if (c != '<') {
        const std::size_t end = std::min(text.find_first_of("<&", at + 1), text.size());
        builder.append(text.substr(at, end - at));
        at = end;
        continue;
      }
      const std::size_t begin = at++;
      CUMULET_CHECK(at < text.size() && text[at] == '/' ? parse_end_tag(begin) : parse_start_tag(begin));
    }
    if (!open.empty()) return cannot_parse("Can't find end tag corresponding to start tag \"" + open.back().tag + "\"");
    return std::move(builder.out);
  }
};

// What one of Markdown's marks stands for; `is_raw`: nothing inside it is read.
struct Mark {
  std::string_view mark, type;
  bool is_raw = false;
};

// Both Markdowns: `marks` longest first; `escapes`: what a backslash takes its meaning from; `strict`: characters that
// must not stand alone (MarkdownV2).
struct MarkdownParser {
  struct Open {
    const Mark* mark;
    std::size_t from;   // UTF-16 units
    std::size_t begin;  // bytes, for errors
  };
  std::string_view text;
  const std::vector<Mark>& marks;
  std::string_view escapes, strict;
  bool may_nest;
  std::size_t at = 0;
  Builder builder;
  std::vector<Open> open;

  static Error no_end(const Open& one) {
    const std::string_view type = one.mark->type;
    std::string name(type == "text_link" ? "TextUrl" : type);
    if (name[0] >= 'a' && name[0] <= 'z') name[0] = static_cast<char>(name[0] - 32);
    return cannot_parse("Can't find end of " + name + " entity at byte offset " + std::to_string(one.begin));
  }

  const Mark* mark_at(std::size_t where) const {
    for (const Mark& one : marks)
      if (text.substr(where).starts_with(one.mark)) return &one;
    return nullptr;
  }

  // `(url)` behind a closed "]".
  std::string take_url() {
    if (at >= text.size() || text[at] != '(') return {};
    std::string url;
    std::size_t i = at + 1;
    for (; i < text.size() && text[i] != ')' && url.size() < kUrlBytes; ++i) {
      if (text[i] == '\\' && i + 1 < text.size()) ++i;
      url += text[i];
    }
    if (i >= text.size() || text[i] != ')') return {};
    at = i + 1;
    return url;
  }

  void close(const Open& one) {
    if (one.mark->type == "text_link") {
      const std::string url = take_url();
      if (url.starts_with("http://") || url.starts_with("https://") || url.starts_with("tg://"))
        builder.add("text_link", one.from, "url", url);
      return;
    }
    builder.add(one.mark->type, one.from);
  }

  // Code from its mark to the next of the same.
  Result<void> take_raw(const Mark& mark) {
    const Open one{&mark, builder.units, at};
    at += mark.mark.size();
    std::string language;
    if (mark.type == "pre") {
      const std::size_t line = std::min(text.find_first_of("\n`", at), text.size());
      const std::string_view first = text.substr(at, line - at);
      if (line < text.size() && text[line] == '\n' && std::ranges::none_of(first, is_space)) {
        language = first;
        at = line + 1;
      }
    }
    std::string raw;
    for (; at < text.size() && !text.substr(at).starts_with(mark.mark); ++at) {
      if (text[at] == '\\' && !strict.empty() && at + 1 < text.size() && (text[at + 1] == '`' || text[at + 1] == '\\'))
        ++at;
      raw += text[at];
    }
    if (at >= text.size()) return no_end(one);
    at += mark.mark.size();
    builder.append(raw);
    if (language.empty()) {
      builder.add(mark.type, one.from);
    } else {
      builder.add(mark.type, one.from, "language", language);
    }
    return {};
  }

  Result<FormattedText> run() {
    while (at < text.size()) {
      const char c = text[at];
      if (c == '\\' && at + 1 < text.size() && escapes.find(text[at + 1]) != escapes.npos) {
        builder.append(text.substr(at + 1, 1));
        at += 2;
        continue;
      }
      const bool closes_link = c == ']' && !open.empty() && open.back().mark->mark == "[";
      if (!open.empty() &&
          (closes_link || (open.back().mark->mark != "[" && text.substr(at).starts_with(open.back().mark->mark)))) {
        const Open one = open.back();
        open.pop_back();
        at += closes_link ? 1 : one.mark->mark.size();
        close(one);
        continue;
      }
      if (const Mark* mark = mark_at(at); mark != nullptr && (may_nest || open.empty())) {
        if (mark->is_raw) {
          CUMULET_CHECK(take_raw(*mark));
          continue;
        }
        if (open.size() >= 50) return no_end(open.back());
        open.push_back({mark, builder.units, at});
        at += mark->mark.size();
        continue;
      }
      if (strict.find(c) != strict.npos)
        return cannot_parse("Character '" + std::string(1, c) +
                            "' is reserved and must be escaped with the preceding '\\'");
      builder.append(text.substr(at, 1));
      ++at;
    }
    if (!open.empty()) return no_end(open.back());
    return std::move(builder.out);
  }
};

}  // namespace

Result<FormattedText> parse_html(std::string_view text) {
  HtmlParser parser{text, 0, {}, {}};
  return parser.run();
}

Result<FormattedText> parse_markdown(std::string_view text) {
  static const std::vector<Mark> marks{
      {"```", "pre", true}, {"`", "code", true}, {"*", "bold"}, {"_", "italic"}, {"[", "text_link"}};
  MarkdownParser parser{text, marks, "_*`[", "", false, 0, {}, {}};
  return parser.run();
}

Result<FormattedText> parse_markdown_v2(std::string_view text) {
  static const std::vector<Mark> marks{{"```", "pre", true},   {"`", "code", true}, {"||", "spoiler"},
                                       {"__", "underline"},    {"*", "bold"},       {"_", "italic"},
                                       {"~", "strikethrough"}, {"[", "text_link"}};
  MarkdownParser parser{text, marks, "_*[]()~`>#+-=|{}.!\\", "]()>#+-=|{}.!", true, 0, {}, {}};
  return parser.run();
}

}  // namespace cumulet::chat
