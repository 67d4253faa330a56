#include "readapi/read_api.hpp"

#include <algorithm>
#include <map>

#include "base/arn.hpp"
#include "base/background_work.hpp"
#include "base/encoding.hpp"
#include "base/ids.hpp"
#include "base/json.hpp"
#include "base/trace.hpp"
#include "base/utf8.hpp"
#include "readapi/feed_stream.hpp"
#include "readapi/query.hpp"

namespace cumulet::readapi {
namespace {

constexpr int kDefaultLimit = 100;
constexpr int kMostLimit = 1'000;
constexpr int kRowsOfATracePage = 5'000;   // of the journal, looked at for one page of traces
constexpr std::size_t kBodyBytes = 1'024;  // of a message, unless asked for more
constexpr std::size_t kMostBodyBytes = 1 << 20;
constexpr std::size_t kMostPageBytes = 8 << 20;
constexpr std::string_view kDefaultRegion = "us-east-1";

http::Response answer(int status, const json::value& document) {
  http::Response response;
  response.status = status;
  response.headers.add("Content-Type", "application/json");
  response.headers.add("Cache-Control", "no-store");
  response.body = http::Body(json::text(document) + "\n");
  return response;
}

http::Response answer(const Error& error) {
  return answer(
      error.status(),
      json::object{{"error", json::object{{"code", error.code()}, {"message", with_valid_utf8(error.message())}}}});
}

json::object row_json(const events::JournalRow& row) {
  json::object out;
  out["id"] = row.id;
  out["time"] = iso8601_millis(row.at);
  out["subject"] = events::name(row.entry.subject);
  out["what"] = with_valid_utf8(row.entry.what);
  out["outcome"] = with_valid_utf8(row.entry.outcome);
  out["verdict"] = events::name(row.entry.verdict);
  out["detail"] = with_valid_utf8(row.entry.detail);
  if (!row.entry.trace.empty()) out["trace"] = row.entry.trace;
  return out;
}

// {"NAME": [...], "next": "..."}; without a further page no "next".
json::object page_of(std::string_view name, json::array items, const std::string& next) {
  json::object out;
  out[name] = std::move(items);
  if (!next.empty()) out["next"] = next;
  return out;
}

std::string cursor_text(std::int64_t cursor) { return cursor == 0 ? std::string() : std::to_string(cursor); }

struct Paging {
  std::int64_t cursor = 0;
  int limit = kDefaultLimit;
};

Result<Paging> paging(Query& query) {
  Paging out;
  CUMULET_TRY(const auto limit, query.number("limit", 1, kMostLimit));
  CUMULET_TRY(const auto next, query.number("next", 1, INT64_MAX));
  if (limit) out.limit = static_cast<int>(*limit);
  if (next) out.cursor = *next;
  return out;
}

// Items of a list in memory: `next` is how many were given before.
template <class Item>
json::object slice(std::string_view name, const std::vector<Item>& all, const Paging& page,
                   json::object (*told)(const Item&)) {
  json::array items;
  std::size_t at = static_cast<std::size_t>(page.cursor);
  for (; at < all.size() && static_cast<int>(items.size()) < page.limit; ++at) items.emplace_back(told(all[at]));
  return page_of(name, std::move(items), at < all.size() ? std::to_string(at) : std::string());
}

json::object environment_json(const Environment& one) {
  json::object out;
  out["id"] = one.id;
  out["function"] = one.function;
  out["region"] = one.region;
  out["state"] = one.state;
  if (!one.request_id.empty()) out["requestId"] = one.request_id;
  out["started"] = iso8601_millis(one.started);
  if (one.idle_since) out["idleSince"] = iso8601_millis(*one.idle_since);
  out["memoryMb"] = one.memory_mb;
  out["logGroup"] = one.log_group;
  out["logStream"] = one.log_stream;
  return out;
}

json::object poller_json(const Poller& one) {
  return {{"mapping", one.mapping}, {"region", one.region},   {"function", one.function},
          {"queue", one.queue},     {"running", one.running}, {"limit", one.limit}};
}

json::object queue_json(const Queue& one) {
  return {{"queue", one.queue}, {"visible", one.visible}, {"inFlight", one.in_flight}, {"delayed", one.delayed}};
}

json::object job_json(const Job& one) {
  return {{"job", one.id}, {"video", one.video}, {"started", iso8601_millis(one.started)}, {"percent", one.percent}};
}

json::object message_json(const Message& one) {
  json::object out;
  out["messageId"] = one.message_id;
  out["sent"] = iso8601_millis(one.sent);
  out["state"] = one.state;
  out["receives"] = one.receives;
  if (!one.group_id.empty()) out["groupId"] = one.group_id;
  if (!one.trace.empty()) out["trace"] = one.trace;
  out["body"] = with_valid_utf8(one.body);
  out["bodyBytes"] = one.body_bytes;
  return out;
}

json::object series_json(const events::Series& one) {
  json::object out;
  out["region"] = one.region;
  out["namespace"] = one.name_space;
  out["metric"] = one.metric;
  if (!one.dimension.empty()) out["dimensions"] = json::object{{one.dimension, one.dimension_value}};
  return out;
}

}  // namespace

struct ReadApi::Impl : std::enable_shared_from_this<Impl> {
  Impl(Sources s, const Clock& c, boost::asio::any_io_executor w)
      : sources(std::move(s)), clock(c), workers(std::move(w)) {}

  using Answer = Result<json::object>;

  // --- the journal ---

  Answer journal(Query& query, std::optional<events::Verdict> verdict, std::string_view name) const {
    CUMULET_TRY(const Paging page, paging(query));
    events::JournalQuery wanted;
    wanted.cursor = page.cursor;
    wanted.limit = page.limit;
    wanted.verdict = verdict;
    CUMULET_TRY(wanted.since, query.time("since"));
    wanted.what_prefix = query.text("what");
    wanted.what_end = query.text("end");
    // Messages that a filter dropped have the same verdict.
    if (verdict == events::Verdict::unmatched) wanted.subject = events::Subject::object;
    const std::string subject = query.text("subject");
    if (!subject.empty()) {
      wanted.subject = events::subject_named(subject);
      if (!wanted.subject)
        return Error{
            kInvalidParameter,
            "The parameter 'subject' is one of object, notification, message, invocation, execution, request."};
    }
    if (name == "rows") {
      wanted.trace = query.text("trace");
      const std::string named = query.text("verdict");
      if (!named.empty()) {
        wanted.verdict = events::verdict_named(named);
        if (!wanted.verdict)
          return Error{kInvalidParameter, "The parameter 'verdict' is one of ok, failed, noTrigger."};
      }
    }
    CUMULET_CHECK(query.check_rest());
    CUMULET_TRY(const events::JournalPage found, sources.journal.read(wanted));
    json::array rows;
    for (const auto& row : found.rows) rows.emplace_back(row_json(row));
    return page_of(name, std::move(rows), cursor_text(found.next));
  }

  Answer trace(Query& query, const std::string& id) const {
    CUMULET_TRY(const Paging page, paging(query));
    CUMULET_CHECK(query.check_rest());
    events::JournalQuery wanted;
    wanted.trace = trace_root(id);
    if (wanted.trace.empty()) return Error{kNotFound, "'" + id + "' is no trace id."};
    wanted.order = events::JournalQuery::Order::oldest_first;
    wanted.cursor = page.cursor;
    wanted.limit = page.limit;
    CUMULET_TRY(const events::JournalPage found, sources.journal.read(wanted));
    if (found.rows.empty() && page.cursor == 0) return Error{kNotFound, "Nothing is known of the trace " + id + "."};
    json::array rows;
    for (const auto& row : found.rows) rows.emplace_back(row_json(row));
    json::object out = page_of("rows", std::move(rows), cursor_text(found.next));
    out["trace"] = wanted.trace;
    return out;
  }

  // Of those that something happened to lately, the newest first.
  Answer traces(Query& query) const {
    CUMULET_TRY(const Paging page, paging(query));
    CUMULET_CHECK(query.check_rest());
    events::JournalQuery wanted;
    wanted.cursor = page.cursor;
    wanted.limit = kRowsOfATracePage;
    CUMULET_TRY(const events::JournalPage found, sources.journal.read(wanted));
    struct Seen {
      std::string id, first_what, first_subject;
      TimePoint first, last;
      std::int64_t rows = 0, failed = 0;
    };
    std::vector<Seen> seen;
    std::map<std::string, std::size_t, std::less<>> places;
    std::int64_t next = found.next;
    for (const auto& row : found.rows) {
      if (row.entry.trace.empty()) continue;
      auto place = places.find(row.entry.trace);
      if (place == places.end()) {
        if (static_cast<int>(seen.size()) == page.limit) {
          next = row.id + 1;  // ids before it: this one begins the next page
          break;
        }
        place = places.emplace(row.entry.trace, seen.size()).first;
        seen.push_back({row.entry.trace, {}, {}, row.at, row.at, 0, 0});
      }
      Seen& one = seen[place->second];
      one.first = row.at;  // they come from the newest on
      one.first_what = row.entry.what;
      one.first_subject = events::name(row.entry.subject);
      ++one.rows;
      one.failed += row.entry.verdict == events::Verdict::failed ? 1 : 0;
    }
    json::array items;
    for (const Seen& one : seen)
      items.emplace_back(json::object{{"trace", one.id},
                                      {"first", iso8601_millis(one.first)},
                                      {"last", iso8601_millis(one.last)},
                                      {"subject", one.first_subject},
                                      {"what", with_valid_utf8(one.first_what)},
                                      {"rows", one.rows},
                                      {"failed", one.failed}});
    return page_of("traces", std::move(items), cursor_text(next));
  }

  Answer jobs(Query& query) const {
    CUMULET_TRY(const Paging page, paging(query));
    CUMULET_CHECK(query.check_rest());
    return slice("jobs", sources.jobs(), page, &job_json);
  }

  // --- queues ---

  Answer queues(Query& query) const {
    CUMULET_TRY(const Paging page, paging(query));
    CUMULET_CHECK(query.check_rest());
    return slice("queues", sources.queues(), page, &queue_json);
  }

  Answer messages(Query& query, const std::string& queue) const {
    CUMULET_TRY(const Paging page, paging(query));
    CUMULET_TRY(const auto body_bytes, query.number("body", 0, static_cast<std::int64_t>(kMostBodyBytes)));
    const std::string region = query.text("region");
    CUMULET_CHECK(query.check_rest());
    const auto arn = Arn::parse(queue);
    const std::string full =
        arn ? queue
            : Arn{"aws", "sqs", region.empty() ? std::string(kDefaultRegion) : region, std::string(kAccountId), queue}
                  .text();
    const std::size_t bytes = static_cast<std::size_t>(body_bytes.value_or(static_cast<std::int64_t>(kBodyBytes)));
    const int most = static_cast<int>(std::max<std::size_t>(1, kMostPageBytes / std::max<std::size_t>(bytes, 1)));
    CUMULET_TRY(const MessagePage found, sources.messages(full, page.cursor, std::min(page.limit, most), bytes));
    json::array items;
    for (const auto& message : found.messages) items.emplace_back(message_json(message));
    json::object out = page_of("messages", std::move(items), cursor_text(found.next));
    out["queue"] = full;
    return out;
  }

  // --- sums per minute ---

  events::SeriesFilter series_filter(Query& query) const {
    events::SeriesFilter filter;
    filter.region = query.text("region");
    filter.name_space = query.text("namespace");
    filter.metric = query.text("metric");
    filter.dimension = query.text("dimension");
    filter.dimension_value = query.text("value");
    return filter;
  }

  // Minutes of every series that fits; the pages are of series.
  Answer minutes(Query& query) const {
    CUMULET_TRY(const Paging page, paging(query));
    const events::SeriesFilter filter = series_filter(query);
    CUMULET_TRY(const auto since, query.time("since"));
    CUMULET_TRY(const auto until, query.time("until"));
    CUMULET_CHECK(query.check_rest());
    const TimePoint to = until.value_or(clock.now() + Seconds{60});
    const TimePoint from = since.value_or(to - std::chrono::hours(1));
    if (from >= to) return Error{kInvalidParameter, "The parameter 'since' lies before 'until'."};
    constexpr int kMostSeries = 10'000;
    CUMULET_TRY(const auto series, sources.sums.list(filter, std::nullopt, kMostSeries));
    json::array items;
    std::size_t at = static_cast<std::size_t>(page.cursor), points = 0;
    constexpr std::size_t kMostPoints = 100'000;
    for (; at < series.size() && static_cast<int>(items.size()) < page.limit && points < kMostPoints; ++at) {
      CUMULET_TRY(const auto sums, sources.sums.read(series[at], from, to));
      json::object one = series_json(series[at]);
      json::array values;
      for (const auto& sum : sums)
        values.emplace_back(json::object{{"time", iso8601(sum.at)},
                                         {"count", sum.count},
                                         {"sum", sum.sum},
                                         {"min", sum.smallest},
                                         {"max", sum.largest}});
      points += values.size() + 1;
      one["minutes"] = std::move(values);
      items.emplace_back(std::move(one));
    }
    return page_of("series", std::move(items), at < series.size() ? std::to_string(at) : std::string());
  }

  // --- the feed ---

  // Long poll: waits for up to `wait` seconds.
  awaitable<Result<http::Response>> feed(Query query, const http::RequestHead& head) {
    CUMULET_CO_TRY(const auto limit, query.number("limit", 1, kMostLimit));
    CUMULET_CO_TRY(const auto after, query.number("after", 0, INT64_MAX));
    CUMULET_CO_TRY(const auto wait, query.number("wait", 0, 60));
    const KindFilter kinds(query.text("kinds"));
    CUMULET_CO_CHECK(kinds.check());
    CUMULET_CO_CHECK(query.check_rest());
    std::uint64_t from = after ? static_cast<std::uint64_t>(*after) : sources.feed.last();
    if (head.headers.get_or("accept", "").find("text/event-stream") != std::string_view::npos) {
      if (const auto last = event_id(head.headers.get_or("last-event-id", ""))) from = *last;
      co_return event_stream(sources.feed, from, kinds, run);
    }
    const auto most = static_cast<std::size_t>(limit.value_or(kDefaultLimit));
    const Milliseconds patience = Seconds{wait.value_or(0)};
    events::Feed::Page page = co_await sources.feed.read(from, most, patience);
    co_return feed_page(page, kinds);
  }

  const std::string run = uuid4();  // of the engine: the feed's numbers begin anew with each
  Sources sources;
  const Clock& clock;
  boost::asio::any_io_executor workers;
};

ReadApi::ReadApi(Sources sources, const Clock& clock, boost::asio::any_io_executor workers)
    : impl_(std::make_shared<Impl>(std::move(sources), clock, std::move(workers))) {}
ReadApi::~ReadApi() = default;

// All routes stand here.
awaitable<http::Response> ReadApi::handle(const http::RequestHead& head) {
  const auto impl = impl_;
  if (head.method != "GET" && head.method != "HEAD") {
    const Error refused{kReadOnly, "Nothing can be changed here: GET and HEAD are understood."};
    http::Response response = answer(refused);
    response.headers.add("Allow", "GET, HEAD");
    co_return response;
  }
  std::string_view path = head.raw_path();
  path.remove_prefix(std::min(path.size(), kPrefix.size()));
  const auto slash = std::min(path.find('/'), path.size());
  const std::string_view first = path.substr(0, slash);
  std::optional<std::string> rest = percent_decode(slash < path.size() ? path.substr(slash + 1) : "");
  if (rest && !is_valid_utf8(*rest)) rest.reset();
  Result<Query> query = Query::parse(head.raw_query());
  if (!query.ok()) co_return answer(query.error());

  const Error nothing{kNotFound, "There is nothing at this path: see docs/read-api.md."};
  if (!rest) co_return answer(nothing);
  if (first == "feed" && rest->empty()) {
    Query asked = std::move(query).value();
    Result<http::Response> answered = co_await impl->feed(std::move(asked), head);
    if (!answered.ok()) co_return answer(answered.error());
    co_return std::move(answered).value();
  }

  // What lives on this thread, then what reads the disk.
  if ((first == "environments" || first == "pollers") && rest->empty()) {
    Result<Paging> page = paging(*query);
    if (!page.ok()) co_return answer(page.error());
    if (const auto known = query->check_rest(); !known.ok()) co_return answer(known.error());
    co_return answer(200, first == "environments"
                              ? slice("environments", impl->sources.environments(), *page, &environment_json)
                              : slice("pollers", impl->sources.pollers(), *page, &poller_json));
  }

  using Reader = std::function<Result<json::object>(Impl&, Query&)>;
  Reader reader;
  if (first == "journal" && rest->empty())
    reader = [](Impl& i, Query& q) { return i.journal(q, std::nullopt, "rows"); };
  else if (first == "failures" && rest->empty())
    reader = [](Impl& i, Query& q) { return i.journal(q, events::Verdict::failed, "failures"); };
  else if (first == "unmatched-uploads" && rest->empty())
    reader = [](Impl& i, Query& q) { return i.journal(q, events::Verdict::unmatched, "uploads"); };
  else if (first == "traces" && rest->empty())
    reader = [](Impl& i, Query& q) { return i.traces(q); };
  else if (first == "traces")
    reader = [id = *rest](Impl& i, Query& q) { return i.trace(q, id); };
  else if (first == "jobs" && rest->empty())
    reader = [](Impl& i, Query& q) { return i.jobs(q); };
  else if (first == "queues" && rest->empty())
    reader = [](Impl& i, Query& q) { return i.queues(q); };
  else if (first == "queues" && rest->ends_with("/messages"))
    reader = [queue = rest->substr(0, rest->size() - 9)](Impl& i, Query& q) { return i.messages(q, queue); };
  else if (first == "minutes" && rest->empty())
    reader = [](Impl& i, Query& q) { return i.minutes(q); };
  else
    co_return answer(nothing);

  struct Reading {
    std::shared_ptr<Impl> impl;
    Reader reader;
    Query query;
    std::optional<http::Response> response;
  };
  auto reading = std::make_shared<Reading>();
  reading->impl = impl;
  reading->reader = std::move(reader);
  reading->query = std::move(query).value();
  std::function<void()> work = [reading] {
    Result<json::object> read = reading->reader(*reading->impl, reading->query);
    reading->response = read.ok() ? answer(200, *read) : answer(read.error());
  };
  BackgroundWork background(impl->workers);
  co_await background.start(std::move(work));
  co_await background.wait();
  co_return std::move(*reading->response);
}

}  // namespace cumulet::readapi
