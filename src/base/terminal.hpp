#pragma once
#include <string>
#include <string_view>

// What others wrote, on its way to a terminal. A terminal obeys control characters: they can hide lines, rename
// windows, fill the clipboard, and in old ones type commands.
namespace cumulet {

enum class LineEnds { kept, shown };  // shown: "\n", so that nobody's text can look like a line of ours

// The text with every control character made visible and harmless ("\x1b", "\u202e"): C0 but tab, DEL, C1 (in UTF-8 as
// well as a lone byte), and what turns the direction of writing around. All other UTF-8 stays; bytes that are none are
// shown as "\xNN".
std::string printable(std::string_view text, LineEnds ends = LineEnds::shown);

}  // namespace cumulet
