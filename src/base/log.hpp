#pragma once
#include <spdlog/spdlog.h>

#include <string_view>

namespace cumulet::log {

// Levels: trace debug info warn error off. Lines go to stderr: "2026-01-02T03:04:05.678Z level message".
// False when `level` is none of these.
bool start(std::string_view level);

using spdlog::debug;
using spdlog::error;
using spdlog::info;
using spdlog::trace;
using spdlog::warn;

}  // namespace cumulet::log
