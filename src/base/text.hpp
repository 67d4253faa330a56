#pragma once
#include <string>
#include <string_view>

// Text as protocols use it: only ASCII letters have two cases, whatever the locale says.
namespace cumulet {

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
std::string lower(std::string_view text);
bool iequals(std::string_view a, std::string_view b);

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool is_letter_or_digit(char c) { return is_letter(c) || is_digit(c); }

// Whether the pattern stands for the whole text. In every pattern `*` stands for any text, also none.
enum class Wildcards {
  star,           // nothing else is special: log filter patterns, CORS
  star_question,  // `?` stands for any one byte: policies
};
enum class Letters { exact, any_case };
// Takes time of at most pattern times text, whatever the pattern.
bool matches_wildcard(std::string_view pattern, std::string_view text, Wildcards wildcards,
                      Letters letters = Letters::exact);

}  // namespace cumulet
