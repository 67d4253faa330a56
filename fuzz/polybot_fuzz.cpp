#include "apps/polybot/bot/update.hpp"
#include "apps/polybot/common/job.hpp"
#include "apps/polybot/common/media.hpp"
#include "apps/polybot/worker/event.hpp"
#include "apps/polybot/worker/filter_proxy.hpp"
#include "base/encoding.hpp"
#include "fuzz/fuzz.hpp"

using namespace cumulet;

// What strangers write reaches the bot as updates, the worker as events, and its proxy as requests.
CUMULET_FUZZ(bytes) {
  if (const auto parsed = json::parse(bytes, {.depth = 64}); parsed.ok())
    for (const auto& update : polybot::read_updates(*parsed)) {
      CUMULET_HOLDS(update.id >= 0);
      if (update.message) (void)polybot::command_of(update.message->text);
    }
  if (const auto records = polybot::read_sqs_event(bytes); records.ok())
    for (const auto& record : *records) {
      CUMULET_HOLDS(!record.message_id.empty() && record.receive_count() >= 1);
      const auto job = polybot::job_of(record.body, record.message_attributes, record.message_id);
      CUMULET_HOLDS(!job.ok() || job->chat_id.find_first_not_of("-0123456789") == std::string::npos);
    }
  (void)polybot::read_result_message(bytes);
  CUMULET_HOLDS(is_valid_utf8(polybot::allowed_characters(bytes)));
  if (const auto link = polybot::link_of(bytes)) (void)polybot::host_of(*link);
  const auto request = polybot::read_proxy_request(bytes);
  CUMULET_HOLDS(request.head.empty() || request.head.ends_with("\r\n\r\n"));
  (void)polybot::container_of(bytes);
}
