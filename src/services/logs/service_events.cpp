#include <algorithm>
#include <limits>

#include "services/logs/errors.hpp"
#include "services/logs/event_reader.hpp"
#include "services/logs/filter_pattern.hpp"
#include "services/logs/service.hpp"

// PutLogEvents, GetLogEvents, FilterLogEvents.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
namespace cumulet::logs {
namespace {

constexpr std::int64_t kHour = 3'600'000, kDay = 24 * kHour;
constexpr std::int64_t kTooOld = 14 * kDay, kTooNew = 2 * kHour;
constexpr std::size_t kOverhead = 26, kLargestEvent = 1u << 20, kLargestBatch = 1u << 20;
constexpr std::size_t kPageBytes = 1u << 20;
constexpr int kPageEvents = 10'000;
constexpr std::size_t kScanBytes = 64u << 20;  // a filtering page reads no more; its token goes on from there

Result<void> check_batch(const std::vector<InputLogEvent>& events) {
  std::size_t total = 0;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const std::size_t size = events[i].message.size() + kOverhead;
    total += size;
    if (size > kLargestEvent)
      return Error{kInvalidParameter, "Log event too large: " + std::to_string(size) + " bytes exceeds limit of " +
                                          std::to_string(kLargestEvent)};
    if (i && events[i].timestamp < events[i - 1].timestamp)
      return Error{kInvalidParameter, "Log events in a single PutLogEvents request must be in chronological order."};
  }
  if (total > kLargestBatch)
    return Error{kInvalidParameter, "Upload too large: " + std::to_string(total) + " bytes exceeds limit of " +
                                        std::to_string(kLargestBatch)};
  if (events.back().timestamp - events.front().timestamp > kDay)
    return Error{kInvalidParameter,
                 "The batch of log events in a single PutLogEvents request cannot span more than 24 hours."};
  return {};
}

// The events that are taken; what is too old, expired or too new is reported by index. Events are in time order.
std::vector<InputEvent> acceptable(std::vector<InputLogEvent>& events, std::int64_t now,
                                   std::optional<int> retention_days, std::optional<RejectedLogEventsInfo>& rejected) {
  const auto index_of_first = [&events](std::int64_t time) {
    return static_cast<int>(std::lower_bound(events.begin(), events.end(), time,
                                             [](const InputLogEvent& e, std::int64_t t) { return e.timestamp < t; }) -
                            events.begin());
  };
  const int count = static_cast<int>(events.size());
  int begin = index_of_first(now - kTooOld);
  if (begin > 0) rejected.emplace().too_old_log_event_end_index = begin;
  if (retention_days) {
    const int expired = index_of_first(now - *retention_days * kDay);
    if (expired > begin) {
      if (!rejected) rejected.emplace();
      rejected->expired_log_event_end_index = expired;
      begin = expired;
    }
  }
  const int end = index_of_first(now + kTooNew + 1);
  if (end < count) {
    if (!rejected) rejected.emplace();
    rejected->too_new_log_event_start_index = end;
  }
  std::vector<InputEvent> taken;
  for (int i = begin; i < end; ++i) {
    auto& event = events[static_cast<std::size_t>(i)];
    taken.push_back({from_millis(event.timestamp), std::move(event.message)});
  }
  return taken;
}

// The time range of a read: what the group's retention has expired is out of sight before it is removed.
EventReader::Range range_of(std::optional<std::int64_t> start, std::optional<std::int64_t> end, const Group& group,
                            TimePoint now) {
  EventReader::Range range;
  range.from = start.value_or(0);
  if (group.retention_days) range.from = std::max(range.from, to_millis(now) - *group.retention_days * kDay);
  range.to = end.value_or(std::numeric_limits<std::int64_t>::max());
  return range;
}

Error bad_token() { return Error{kInvalidParameter, "The specified nextToken is invalid."}; }

// A token stands between two events: "f/" goes on with the first at or after its position, "b/" with the last before.
struct PageToken {
  store::Direction direction = store::Direction::ascending;
  std::optional<Position> border;
};

Result<PageToken> page_token(const GetLogEventsRequest& request) {
  PageToken token;
  if (!request.next_token) {
    if (!request.start_from_head.value_or(false)) token.direction = store::Direction::descending;
    return token;
  }
  const std::string_view text = *request.next_token;
  if (!text.starts_with("f/") && !text.starts_with("b/")) return bad_token();
  if (!parse_digits(text.substr(2), token.border.emplace())) return bad_token();
  if (text.front() == 'b') token.direction = store::Direction::descending;
  return token;
}

Position after(Position at) {
  ++at.index;
  return at;
}

}  // namespace

awaitable<Result<PutLogEventsResponse>> Logs::put_log_events(const Context& context, PutLogEventsRequest request) {
  Result<void> checked = check_batch(request.log_events);
  if (!checked.ok()) co_return std::move(checked).error();
  std::function<Result<PutLogEventsResponse>(storage::Transaction&)> job =
      [region = context.region, request = std::move(request),
       now = clock_.now()](storage::Transaction& tx) mutable -> Result<PutLogEventsResponse> {
    CUMULET_TRY(const Group group, store::require_group(tx, region, request.log_group_name));
    CUMULET_TRY(const Stream stream, store::require_stream(tx, group.id, request.log_stream_name));
    PutLogEventsResponse response;
    const auto events =
        acceptable(request.log_events, to_millis(now), group.retention_days, response.rejected_log_events_info);
    store::append(tx, stream, events, now);
    response.next_sequence_token = digits({to_millis(now), stream.id, 0});
    return response;
  };
  Result<PutLogEventsResponse> response = co_await database_.write_value<PutLogEventsResponse>(std::move(job));
  co_return response;
}

Result<GetLogEventsResponse> Logs::get_log_events(const Context& context, const GetLogEventsRequest& request) {
  CUMULET_TRY(const GroupName name, resolve_group(context, request.log_group_name, request.log_group_identifier));
  CUMULET_TRY(const PageToken token, page_token(request));
  writer_.flush();
  return database_.read_value<GetLogEventsResponse>([&](storage::Connection& c) -> Result<GetLogEventsResponse> {
    CUMULET_TRY(const Group group, store::require_group(c, name.region, name.name));
    CUMULET_TRY(const Stream stream, store::require_stream(c, group.id, request.log_stream_name));
    EventReader::Range range = range_of(request.start_time, request.end_time, group, clock_.now());
    range.direction = token.direction;
    if (token.border) {
      range.beyond = token.border;
      if (token.direction == store::Direction::ascending) --range.beyond->index;
    }
    EventReader reader(c, {group.id, stream.id}, range);
    GetLogEventsResponse response;
    std::optional<Position> first, last;
    std::size_t bytes = 0;
    const auto limit = static_cast<std::size_t>(request.limit.value_or(kPageEvents));
    while (response.events.size() < limit) {
      const auto item = reader.next();
      if (!item) break;
      const StoredEvent& event = *item->event;
      bytes += event.message.size() + kOverhead;
      if (!response.events.empty() && bytes > kPageBytes) break;
      response.events.push_back({event.at.timestamp, std::string(event.message), event.ingested});
      if (!first) first = event.at;
      last = event.at;
    }
    if (token.direction == store::Direction::descending) {
      std::reverse(response.events.begin(), response.events.end());
      std::swap(first, last);
    }
    const Position border = token.border.value_or(Position{});
    response.next_backward_token = "b/" + digits(first.value_or(border));
    response.next_forward_token = "f/" + digits(last ? after(*last) : border);
    return response;
  });
}

Result<FilterLogEventsResponse> Logs::filter_log_events(const Context& context, const FilterLogEventsRequest& request) {
  CUMULET_TRY(const GroupName name, resolve_group(context, request.log_group_name, request.log_group_identifier));
  if (request.log_stream_names && request.log_stream_name_prefix)
    return Error{kInvalidParameter, "logStreamNames and logStreamNamePrefix are mutually exclusive parameters."};
  CUMULET_TRY(const FilterPattern pattern, FilterPattern::parse(request.filter_pattern.value_or("")));
  std::optional<Position> beyond;
  if (request.next_token && !parse_digits(*request.next_token, beyond.emplace())) return bad_token();
  writer_.flush();
  return database_.read_value<FilterLogEventsResponse>([&](storage::Connection& c) -> Result<FilterLogEventsResponse> {
    CUMULET_TRY(const Group group, store::require_group(c, name.region, name.name));
    std::map<std::int64_t, std::string> streams;
    if (request.log_stream_names) {
      for (const auto& stream_name : *request.log_stream_names) {
        CUMULET_TRY(const Stream stream, store::require_stream(c, group.id, stream_name));
        streams.emplace(stream.id, stream.name);
      }
    } else {
      for (auto& stream : store::all_streams(c, group.id, request.log_stream_name_prefix.value_or("")))
        streams.emplace(stream.id, std::move(stream.name));
    }
    EventReader::Range range = range_of(request.start_time, request.end_time, group, clock_.now());
    range.beyond = beyond;
    range.streams = &streams;
    EventReader reader(c, {group.id, std::nullopt}, range);
    FilterLogEventsResponse response;
    std::size_t bytes = 0;
    const auto limit = static_cast<std::size_t>(request.limit.value_or(kPageEvents));
    std::optional<Position> last = beyond;
    while (const auto item = reader.next()) {
      const StoredEvent& event = *item->event;
      const bool is_full = response.events.size() == limit || bytes > kPageBytes || reader.scanned() > kScanBytes;
      if (is_full && last) {
        response.next_token = digits(*last);
        break;
      }
      last = event.at;
      if (!pattern.matches(event.message)) continue;
      bytes += event.message.size() + kOverhead;
      response.events.push_back({streams.at(item->stream_id), event.at.timestamp, std::string(event.message),
                                 event.ingested, digits(event.at)});
    }
    return response;
  });
}

}  // namespace cumulet::logs
