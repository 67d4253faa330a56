#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cumulet::lambda {

// One message of application/vnd.amazon.eventstream: lengths, headers of strings, payload, checksums.
// https://docs.aws.amazon.com/transcribe/latest/dg/event-stream.html
std::string event_stream_message(const std::vector<std::pair<std::string_view, std::string_view>>& headers,
                                 std::string_view payload);

// The messages of InvokeWithResponseStream.
std::string payload_chunk(std::string_view bytes);
// `error_code` and `log_result` may be empty: then they are left out.
std::string invoke_complete(std::string_view error_code, std::string_view error_details, std::string_view log_result);

}  // namespace cumulet::lambda
