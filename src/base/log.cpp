#include "base/log.hpp"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <ctime>

#include "base/terminal.hpp"

namespace cumulet::log {
namespace {

// The message, of which others may have written a part: a record is one line, and nothing in it acts on a terminal.
class PrintableMessage final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& out) override {
    const std::string text = printable({message.payload.data(), message.payload.size()});
    out.append(text.data(), text.data() + text.size());
  }
  std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<PrintableMessage>(); }
};

constexpr spdlog::level::level_enum of(Level level) {
  switch (level) {
    case Level::trace: return spdlog::level::trace;
    case Level::debug: return spdlog::level::debug;
    case Level::info: return spdlog::level::info;
    case Level::warn: return spdlog::level::warn;
    case Level::error: break;
  }
  return spdlog::level::err;
}

}  // namespace

bool start(std::string_view level) {
  const auto parsed = spdlog::level::from_str(std::string(level));
  if (parsed == spdlog::level::off && level != "off") return false;
  auto logger = std::make_shared<spdlog::logger>("cumulet", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
  formatter->add_flag<PrintableMessage>('*').set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %*");
  logger->set_formatter(std::move(formatter));
  logger->set_level(parsed);
  spdlog::set_default_logger(std::move(logger));
  return true;
}

bool shows(Level level) { return spdlog::should_log(of(level)); }

void flush() { spdlog::default_logger()->flush(); }

void detail::write(Level level, fmt::string_view format, fmt::format_args arguments) {
  try {
    spdlog::default_logger_raw()->log(of(level), spdlog::string_view_t(fmt::vformat(format, arguments)));
  } catch (const std::exception& failure) {  // a line that cannot be written stops nothing
    spdlog::default_logger_raw()->log(spdlog::level::err, spdlog::string_view_t(failure.what()));
  }
}

}  // namespace cumulet::log
