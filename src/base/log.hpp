#pragma once
#include <fmt/core.h>

#include <string_view>
#include <utility>

// Formatting happens behind plain functions: the templates that spdlog logs through bring the whole of fmt into every unit
// that writes a line, which takes two seconds to compile.
namespace cumulet::log {

enum class Level { trace, debug, info, warn, error };

// Levels: trace debug info warn error off. Lines go to stderr: "2026-01-02T03:04:05.678Z level message".
// False when `level` is none of these.
bool start(std::string_view level);

bool shows(Level level);
void flush();

namespace detail {
void write(Level level, fmt::string_view format, fmt::format_args arguments);
}

template <class... Args>
void at(Level level, fmt::format_string<Args...> format, Args&&... args) {
  if (shows(level)) detail::write(level, format, fmt::make_format_args(args...));
}
template <class... Args>
void trace(fmt::format_string<Args...> format, Args&&... args) {
  at(Level::trace, format, std::forward<Args>(args)...);
}
template <class... Args>
void debug(fmt::format_string<Args...> format, Args&&... args) {
  at(Level::debug, format, std::forward<Args>(args)...);
}
template <class... Args>
void info(fmt::format_string<Args...> format, Args&&... args) {
  at(Level::info, format, std::forward<Args>(args)...);
}
template <class... Args>
void warn(fmt::format_string<Args...> format, Args&&... args) {
  at(Level::warn, format, std::forward<Args>(args)...);
}
template <class... Args>
void error(fmt::format_string<Args...> format, Args&&... args) {
  at(Level::error, format, std::forward<Args>(args)...);
}

}  // namespace cumulet::log
