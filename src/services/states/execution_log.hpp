#pragma once
#include <span>
#include <string>
#include <vector>

#include "services/states/ports.hpp"
#include "services/states/store.hpp"

// What an execution writes into CloudWatch Logs.
// https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
namespace cumulet::states {

// The log events for history events, by the level of the revision's logging configuration; empty at OFF.
std::vector<LogSink::Event> log_events(const LoggingConfiguration& logging, std::string_view execution_arn,
                                       std::span<const asl::HistoryEvent> events);
// The configured group's ARN ("arn:aws:logs:...:log-group:NAME:*"); empty when there is none.
std::string log_group(const LoggingConfiguration& logging);
// "states/MACHINE/2026-01-02-03-04/1a2b3c4d": a stream of the machine for its start's minute.
std::string log_stream(std::string_view machine_name, std::string_view execution_arn, TimePoint started);

}  // namespace cumulet::states
