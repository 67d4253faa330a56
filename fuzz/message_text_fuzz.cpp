#include "base/encoding.hpp"
#include "chat/text.hpp"
#include "fuzz/fuzz.hpp"

using namespace cumulet;

// Entities lie inside the text, whatever the notation; the text stays UTF-8 when it was.
CUMULET_FUZZ(bytes) {
  if (bytes.size() > 8192 || !is_valid_utf8(bytes)) return;
  for (const std::string_view mode : {"", "HTML", "Markdown", "MarkdownV2"}) {
    const Result<chat::FormattedText> out = chat::format(bytes, mode, json::value{});
    if (!out.ok()) continue;
    CUMULET_HOLDS(is_valid_utf8(out->text));
    const auto length = static_cast<std::int64_t>(chat::utf16_length(out->text));
    std::int64_t before = 0;
    for (const json::value& one : out->entities) {
      const std::int64_t offset = one.at("offset").as_int64(), size = one.at("length").as_int64();
      CUMULET_HOLDS(offset >= before && size > 0 && offset + size <= length);
      before = offset;
    }
  }
}
