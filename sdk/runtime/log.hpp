#pragma once
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "base/json.hpp"

// Structured logging of a function: one JSON object a line on standard output, in the form of Lambda's JSON log format
// (timestamp, level, message, requestId, then the given fields). AWS_LAMBDA_LOG_LEVEL sets the lowest level (INFO).
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html
namespace cumulet::sdk::log {

enum class Level { trace, debug, info, warn, error, fatal };
using Fields = std::initializer_list<std::pair<std::string_view, json::value>>;

void write(Level level, std::string_view message, Fields fields = {});
inline void debug(std::string_view message, Fields fields = {}) { write(Level::debug, message, fields); }
inline void info(std::string_view message, Fields fields = {}) { write(Level::info, message, fields); }
inline void warn(std::string_view message, Fields fields = {}) { write(Level::warn, message, fields); }
inline void error(std::string_view message, Fields fields = {}) { write(Level::error, message, fields); }

// The invocation that lines belong to; set by run_handler().
void set_request_id(std::string_view id);
// The line write() would print, with its newline; empty below the lowest level.
std::string line(Level level, std::string_view message, Fields fields, std::string_view timestamp);

}  // namespace cumulet::sdk::log
