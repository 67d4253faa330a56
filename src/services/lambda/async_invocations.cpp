#include "services/lambda/async_invocations.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>

#include "base/arn.hpp"
#include "base/encoding.hpp"
#include "base/json.hpp"
#include "base/log.hpp"
#include "base/trace.hpp"
#include "events/journal.hpp"
#include "services/lambda/errors.hpp"
#include "services/lambda/function_name.hpp"
#include "services/lambda/witness.hpp"
#include "storage/row_checksum.hpp"

namespace cumulet::lambda {
namespace {

constexpr std::size_t kResident = 2'000;  // events held in memory; the others wait in the database
constexpr std::size_t kRefill = 500;
constexpr int kMaxRunning = 200;
constexpr Seconds kMaxAge{6 * 3600};
constexpr int kRetries = 2;
constexpr std::size_t kErrorMessageBytes = 1'024;
constexpr Milliseconds kFirstBackoff{1'000};
constexpr Milliseconds kLastBackoff{5 * 60'000};

// AUTOINCREMENT: an id is never used again, for it may still be in memory when its row is gone.
constexpr std::array<std::string_view, 3> kMigrations{
    "CREATE TABLE lambda_event("
    " id INTEGER PRIMARY KEY AUTOINCREMENT, region TEXT NOT NULL, name TEXT NOT NULL, arn TEXT NOT NULL, request_id "
    "TEXT NOT NULL,"
    " payload BLOB NOT NULL, created INTEGER NOT NULL, due INTEGER NOT NULL, attempts INTEGER NOT NULL);"
    "CREATE INDEX lambda_event_due ON lambda_event(due)",
    "ALTER TABLE lambda_event ADD COLUMN crc INTEGER",  // null: older than the column
    "ALTER TABLE lambda_event ADD COLUMN trace TEXT NOT NULL DEFAULT ''"};

std::int64_t event_checksum(std::string_view arn, std::string_view request_id, std::string_view payload) {
  return storage::row_checksum({arn, request_id, payload});
}

// What is set for asynchronous invocations by that qualifier; null: nothing. Lives as long as the function's snapshot.
const EventInvokeConfig* config_of(const FunctionRef& function, const std::optional<std::string>& qualifier) {
  if (!function) return nullptr;
  const auto found = function->event_invoke_configs.find(qualifier.value_or(std::string(kLatest)));
  return found == function->event_invoke_configs.end() ? nullptr : &found->second;
}

Seconds max_age(const FunctionRef& function, const std::optional<std::string>& qualifier) {
  const EventInvokeConfig* config = config_of(function, qualifier);
  return config && config->maximum_event_age_in_seconds ? Seconds{*config->maximum_event_age_in_seconds} : kMaxAge;
}

// How many bytes of `utf8` to keep, at most `bytes`, without cutting a character.
std::size_t whole_characters(std::string_view utf8, std::size_t bytes) {
  while (bytes > 0 && (static_cast<unsigned char>(utf8[bytes]) & 0xC0) == 0x80) --bytes;
  return bytes;
}

// A text that SQS takes: U+FFFD for every character, and every byte outside one, that it refuses.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
std::string message_text(std::string_view text) {
  constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto lead = static_cast<unsigned char>(text.front());
    const std::string_view character = text.substr(0, lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4);
    const bool is_whole = is_valid_utf8(character);
    const bool is_allowed = is_whole && (lead >= 0x20 || lead == 0x9 || lead == 0xA || lead == 0xD) &&
                            character != "\xEF\xBF\xBE" && character != "\xEF\xBF\xBF";
    out += is_allowed ? character : kReplacement;
    text.remove_prefix(is_whole ? character.size() : 1);
  }
  return out;
}

// One minute before the first retry, two before the second.
std::chrono::minutes retry_delay(int attempts) { return std::chrono::minutes(attempts); }

}  // namespace

AsyncInvocations::AsyncInvocations(storage::Database& database, FunctionStore& store, Environments& environments,
                                   boost::asio::any_io_executor executor, boost::asio::any_io_executor workers,
                                   const Clock& clock, Timers& timers, Random& random, QueueSource* queues,
                                   events::Observers observers)
    : database_(database),
      store_(store),
      environments_(environments),
      executor_(std::move(executor)),
      workers_(std::move(workers)),
      clock_(clock),
      timers_(timers),
      random_(random),
      queues_(queues),
      journal_(observers.journal) {}

AsyncInvocations::~AsyncInvocations() { stop(); }

Result<void> AsyncInvocations::migrate() { return database_.migrate("lambda_events", kMigrations); }

void AsyncInvocations::start() {
  started_ = true;
  backlog_ = true;
  read_backlog();
}

void AsyncInvocations::stop() {
  *alive_ = false;
  lanes_.clear();
}

void AsyncInvocations::at(TimePoint when, std::function<void()> task) {
  timers_.after(when - clock_.steady(), [executor = executor_, alive = alive_, task = std::move(task)] {
    boost::asio::post(executor, [alive, task] {
      if (*alive) task();
    });
  });
}

Result<void> AsyncInvocations::enqueue(storage::Transaction& tx, std::string_view function_arn,
                                       std::string_view payload, std::string request_id, std::string_view trace) {
  const auto arn = Arn::parse(function_arn);
  if (!arn || arn->service != "lambda")
    return user_error(kInvalidParameterValue, "not a function's ARN: " + std::string(function_arn));
  CUMULET_TRY(const FunctionName name, FunctionName::parse(function_arn, arn->region));
  Event event;
  event.region = arn->region;
  event.name = name.name;
  event.qualifier = name.qualifier;
  event.arn = function_arn;
  event.request_id = request_id.empty() ? uuid4(random_) : std::move(request_id);
  event.trace = trace_root(trace);
  if (event.trace.empty()) event.trace = derived_trace_root(clock_.now(), event.request_id);
  event.payload = std::make_shared<const std::string>(payload);
  event.created = event.due = clock_.steady();
  auto insert = tx.prepare(
      "INSERT INTO lambda_event(region, name, arn, request_id, payload, created, due, attempts, crc, "
      "trace) VALUES(?,?,?,?,?,?,?,0,?,?)");
  insert.bind(event.region).bind(event.name).bind(event.arn).bind(event.request_id).bind_blob(payload);
  const std::int64_t now = to_millis(clock_.now());
  insert.bind(now).bind(now).bind(event_checksum(event.arn, event.request_id, payload)).bind(event.trace).run();
  event.id = tx.last_insert_rowid();
  if (journal_ != nullptr)
    journal_->write(tx, {events::Subject::invocation,
                         event.name + '/' + event.request_id,
                         "queued",
                         events::Verdict::fine,
                         {},
                         event.trace});
  tx.after_commit([this, alive = alive_, executor = executor_, event = std::move(event)] {
    boost::asio::post(executor, [this, alive, event] {
      if (*alive) admit(event);
    });
  });
  return {};
}

void AsyncInvocations::admit(Event event) {
  if (!started_ || resident_.contains(event.id)) return;  // start() finds it in the database
  if (resident_.size() >= kResident) {
    backlog_ = true;
    return;
  }
  resident_.insert(event.id);
  if (event.due > clock_.steady()) {
    at(event.due, [this, event] {
      lanes_[{event.region, event.name}].ready.push_back(event);
      pump();
    });
    return;
  }
  Lane& lane = lanes_[{event.region, event.name}];
  lane.ready.push_back(std::move(event));
  pump();
}

void AsyncInvocations::pump() {
  std::size_t passed = 0;  // lanes in a row that had nothing to start
  while (running_ < kMaxRunning && passed < lanes_.size()) {
    auto found = lanes_.upper_bound(served_);
    if (found == lanes_.end()) found = lanes_.begin();
    served_ = found->first;
    Lane& lane = found->second;
    if (lane.ready.empty() && lane.running == 0) {
      lanes_.erase(found);
    } else if (lane.ready.empty() || clock_.steady() < lane.blocked_until) {
      ++passed;
    } else {
      passed = 0;
      Event event = std::move(lane.ready.front());
      lane.ready.pop_front();
      dispatch(std::move(event));
    }
  }
}

void AsyncInvocations::dispatch(Event event) {
  const FunctionRef function = store_.find(event.region, event.name);
  if (!function) {
    log::warn("an event for function {} is dropped: there is no such function any more", event.name);
    drop(event);
    return;
  }
  if (function->reserved_concurrency == 0) {  // nothing will ever run it
    finish(event, {"ZeroReservedConcurrency", std::nullopt});
    return;
  }
  if (clock_.steady() - event.created > max_age(function, event.qualifier)) {
    finish(event, {"EventAgeExceeded", std::nullopt});
    return;
  }
  ++lanes_[{event.region, event.name}].running;
  ++running_;
  InvocationJob job;
  job.region = event.region;
  job.function_name = event.name;
  job.qualifier = event.qualifier;
  job.function_arn = event.arn;
  job.request_id = event.request_id;
  job.trace_id = event.trace;
  job.payload = event.payload;
  environments_.invoke(std::move(job), [this, alive = alive_, event](Result<InvocationOutcome> result) {
    if (*alive) concluded(event, std::move(result));
  });
}

void AsyncInvocations::concluded(Event event, Result<InvocationOutcome> result) {
  Lane& lane = lanes_[{event.region, event.name}];
  --lane.running;
  --running_;
  if (!result.ok() && result.error().is(kTooManyRequests)) {
    throttled(std::move(event));
    pump();  // its place is another's
    return;
  }
  lane.blocked_until = {};
  lane.backoff = Milliseconds{0};
  if (!result.ok()) {
    log::warn("an event for function {} is dropped: {}", event.name, result.error().message());
    drop(event);
  } else if (!result->is_error) {
    finish(event, {"Success", std::move(result).value()});
  } else {
    ++event.attempts;
    const FunctionRef function = store_.find(event.region, event.name);
    const EventInvokeConfig* config = config_of(function, event.qualifier);
    const int retries = config ? config->maximum_retry_attempts.value_or(kRetries) : kRetries;
    if (event.attempts > retries)
      finish(event, {"RetriesExhausted", std::move(result).value()});
    else if (clock_.steady() + retry_delay(event.attempts) >= event.created + max_age(function, event.qualifier))
      finish(event, {"EventAgeExceeded", std::move(result).value()});  // the retry would come too late
    else
      retry(std::move(event));
  }
  pump();
  if (backlog_ && resident_.size() < kResident - kRefill) read_backlog();
}

void AsyncInvocations::throttled(Event event) {
  Lane& lane = lanes_[{event.region, event.name}];
  lane.ready.push_front(std::move(event));
  if (lane.blocked_until > clock_.steady()) return;  // another of its events was told so just now
  lane.backoff = std::clamp(lane.backoff * 2, kFirstBackoff, kLastBackoff);
  lane.blocked_until = clock_.steady() + lane.backoff;
  at(lane.blocked_until, [this] { pump(); });
}

void AsyncInvocations::retry(Event event) {
  event.due = clock_.steady() + retry_delay(event.attempts);
  database_.submit(
      [id = event.id, due = to_millis(wall_of(clock_, event.due)),
       attempts = event.attempts](storage::Transaction& tx) -> Result<void> {
        tx.run("UPDATE lambda_event SET due = ?, attempts = ? WHERE id = ?", due, attempts, id);
        return {};
      },
      [](Result<void>) {});
  at(event.due, [this, event] {
    lanes_[{event.region, event.name}].ready.push_back(event);
    pump();
  });
}

void AsyncInvocations::drop(const Event& event) { finish(event, {}); }

void AsyncInvocations::finish(const Event& event, const Destination& destination) {
  std::string target, dead_letters;
  const FunctionRef function = store_.find(event.region, event.name);
  const bool is_failure = !destination.condition.empty() && destination.condition != "Success";
  const EventInvokeConfig* config = config_of(function, event.qualifier);
  if (config && !destination.condition.empty()) {
    const auto& on = is_failure ? config->destination_config.on_failure : config->destination_config.on_success;
    if (on && on->destination) target = *on->destination;
  }
  const VersionRef version = function ? version_to_run(function, event.qualifier, 1) : nullptr;
  if (version && version->configuration.dead_letter_config && is_failure)
    dead_letters = version->configuration.dead_letter_config->target_arn.value_or("");
  const std::string text = target.empty() ? std::string{} : record(event, destination);
  OutgoingQueueMessage dead;
  if (!dead_letters.empty()) dead = dead_letter(event, destination);
  std::optional<events::JournalEntry> ended;  // of a success the invocation itself tells
  if (journal_ != nullptr && destination.condition != "Success") {
    ended.emplace();
    ended->subject = events::Subject::invocation;
    ended->what = event.name + '/' + event.request_id;
    ended->outcome = destination.condition.empty() ? "dropped" : destination.condition;
    ended->verdict = events::Verdict::failed;
    if (destination.outcome) ended->detail = error_sentence(destination.outcome->payload);
    if (destination.condition.empty())
      ended->detail = function ? "It could not be invoked" : "There is no such function";
    ended->trace = event.trace;
  }
  database_.submit(
      [this, id = event.id, name = event.name, trace = event.trace, target, text, dead_letters, dead,
       ended](storage::Transaction& tx) {
        tx.run("DELETE FROM lambda_event WHERE id = ?", id);
        if (ended) journal_->write(tx, *ended);
        // A destination that is gone or takes nothing so large keeps no event alive.
        const auto sent = [&](const std::string& arn, Result<void> result) {
          if (!result.ok()) log::warn("function {}: nothing was sent to {}: {}", name, arn, result.error().message());
        };
        if (!target.empty()) sent(target, deliver(tx, target, text, trace));
        if (!dead_letters.empty()) sent(dead_letters, send(tx, dead_letters, dead));
        return Result<void>{};
      },
      [this, alive = alive_, executor = executor_, id = event.id](Result<void> done) {
        if (!done.ok())
          log::error("the outcome of an asynchronous invocation could not be stored: {}", done.error().message());
        boost::asio::post(executor, [this, alive, id] {
          if (*alive) forget(id);
        });
      });
}

void AsyncInvocations::forget(std::int64_t id) {
  resident_.erase(id);
  if (reading_) forgotten_while_reading_.push_back(id);
}

Result<void> AsyncInvocations::send(storage::Transaction& tx, const std::string& queue_arn,
                                    OutgoingQueueMessage message) {
  if (!queues_) return user_error(kInvalidParameterValue, "there are no queues here");
  Result<void> sent = queues_->send(tx, queue_arn, message);
  if (sent.ok() || !queues_->find(queue_arn)) return sent;
  // The event is deleted whatever comes of this: better it arrives with less than not at all. A body may hold
  // characters that SQS refuses, attributes may make the message too large.
  message.body = message_text(message.body);
  sent = queues_->send(tx, queue_arn, message);
  if (sent.ok() || message.attributes.empty()) return sent;
  message.attributes.clear();
  return queues_->send(tx, queue_arn, std::move(message));
}

Result<void> AsyncInvocations::deliver(storage::Transaction& tx, const std::string& target, const std::string& text,
                                       const std::string& trace) {
  const auto arn = Arn::parse(target);
  if (arn && arn->service == "sqs") return send(tx, target, OutgoingQueueMessage{text, {}});
  return enqueue(tx, target, text, {}, trace);
}

// The event itself, and why it failed in the message's attributes.
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html#invocation-dlq
OutgoingQueueMessage AsyncInvocations::dead_letter(const Event& event, const Destination& destination) const {
  std::string code = "200", message;
  if (destination.outcome) {
    const auto document = json::parse(destination.outcome->payload);
    const json::value* said = document.ok() ? json::find(*document, "errorMessage") : nullptr;
    message = said && said->is_string() ? std::string(said->as_string()) : destination.outcome->payload;
  } else {
    code = "429";
    message = "Rate Exceeded.";
  }
  message = message_text(message);
  if (message.size() > kErrorMessageBytes) message.resize(whole_characters(message, kErrorMessageBytes));
  if (message.empty()) message = destination.condition;  // an attribute has a value
  OutgoingQueueMessage out;
  out.body = *event.payload;
  out.attributes["RequestID"] = {"String", event.request_id, std::nullopt};
  out.attributes["ErrorCode"] = {"Number", code, std::nullopt};
  out.attributes["ErrorMessage"] = {"String", message, std::nullopt};
  return out;
}

// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
std::string AsyncInvocations::record(const Event& event, const Destination& destination) const {
  const auto document = [](std::string_view text) -> json::value {
    auto parsed = json::parse(text);
    return parsed.ok() ? std::move(*parsed) : json::value(boost::json::string(text));
  };
  const FunctionRef function = store_.find(event.region, event.name);
  json::object context;
  context["requestId"] = event.request_id;
  const std::string qualifier = event.qualifier.value_or(std::string(kLatest));
  context["functionArn"] = function ? function->arn() + ':' + qualifier : event.arn;
  context["condition"] = destination.condition;
  // `attempts` counts failures; the success itself is one more.
  context["approximateInvokeCount"] = event.attempts + (destination.condition == "Success" ? 1 : 0);
  json::object out;
  out["version"] = "1.0";
  out["timestamp"] = iso8601_millis(clock_.now());
  out["requestContext"] = std::move(context);
  out["requestPayload"] = document(*event.payload);
  if (destination.outcome) {
    json::object response;
    response["statusCode"] = 200;
    response["executedVersion"] = destination.outcome->executed_version;
    if (destination.outcome->is_error) response["functionError"] = "Unhandled";
    out["responseContext"] = std::move(response);
    out["responsePayload"] = document(destination.outcome->payload);
  }
  return json::text(out);
}

void AsyncInvocations::read_backlog() {
  if (std::exchange(reading_, true)) return;
  backlog_ = false;
  const std::size_t limit = resident_.size() + kRefill;
  boost::asio::post(workers_, [this, alive = alive_, executor = executor_, limit] {
    auto events = std::make_shared<std::vector<Event>>();
    Result<void> read = database_.read([&](storage::Connection& connection) -> Result<void> {
      auto rows = connection.prepare(
          "SELECT id, region, name, arn, request_id, payload, created, due, attempts, crc, trace FROM lambda_event "
          "ORDER BY due LIMIT ?");
      rows.bind(static_cast<std::int64_t>(limit));
      while (rows.step()) {
        if (!rows.is_null(9) && rows.integer(9) != event_checksum(rows.text(3), rows.text(4), rows.text(5))) {
          log::error("the stored event {} for function {} is damaged: it is not delivered", rows.integer(0),
                     rows.text(2));
          continue;
        }
        Event event;
        event.id = rows.integer(0);
        event.region = rows.string(1);
        event.name = rows.string(2);
        event.arn = rows.string(3);
        if (auto name = FunctionName::parse(event.arn, event.region); name.ok()) event.qualifier = name->qualifier;
        event.request_id = rows.string(4);
        event.trace = rows.string(10);
        event.payload = std::make_shared<const std::string>(rows.string(5));
        event.attempts = static_cast<int>(rows.integer(8));
        // Somebody may have set the wall's clock back since: none waits for longer than it was to.
        const TimePoint now = clock_.steady();
        event.created = std::min(steady_of(clock_, from_millis(rows.integer(6))), now);
        event.due =
            std::min<TimePoint>(steady_of(clock_, from_millis(rows.integer(7))), now + retry_delay(event.attempts));
        events->push_back(std::move(event));
      }
      return {};
    });
    if (!read.ok()) log::error("the queue of asynchronous invocations could not be read: {}", read.error().message());
    boost::asio::post(executor, [this, alive, events, limit] {
      if (!*alive) return;
      reading_ = false;
      const auto forgotten = std::exchange(forgotten_while_reading_, {});
      if (events->size() >= limit) backlog_ = true;
      for (auto& event : *events)
        if (std::find(forgotten.begin(), forgotten.end(), event.id) == forgotten.end()) admit(std::move(event));
    });
  });
}

void scrub_events(storage::Connection& connection, storage::Scrub& scrub) {
  auto rows = connection.prepare("SELECT id, name, arn, request_id, payload, crc FROM lambda_event");
  while (rows.step()) {
    scrub.checked(rows.text(4).size());
    if (rows.is_null(5) || rows.integer(5) == event_checksum(rows.text(2), rows.text(3), rows.text(4))) continue;
    scrub.damaged(
        "the stored event " + std::to_string(rows.integer(0)) + " for function " + rows.string(1) + " is damaged",
        "it is not delivered; send it again");
  }
}

}  // namespace cumulet::lambda
