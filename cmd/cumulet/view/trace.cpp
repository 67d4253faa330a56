#include "cmd/cumulet/view/trace.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "base/terminal.hpp"
#include "cmd/cumulet/view/spelling.hpp"

namespace cumulet::view {
namespace {

using json::text_at;

constexpr std::size_t kMostRows = 2'000;    // of one trace
constexpr std::size_t kMostTraces = 20;     // that one message became part of
constexpr std::size_t kMostSimilar = 1'000;  // uploads that are looked through for one of a like name

std::int64_t id_of(const json::value& row) {
  const json::value* id = json::find(row, "id");
  return id && id->is_int64() ? id->as_int64() : 0;
}

// "bucket/key@version" as a URL.
std::string object_url(std::string_view what) { return "s3://" + std::string(what.substr(0, what.rfind('@'))); }

Result<json::array> rows_of_subject(const ReadApi& api, const std::string& subject) {
  if (subject.starts_with("s3://")) {
    const std::string what = subject.substr(5) + '@';
    // The newest upload of that name: an older one was another video.
    CUMULET_TRY(json::array all, read_all(api, "journal?subject=object&what=" + query_text(what), "rows", 50));
    for (const json::value& row : all)
      if (text_at(row, "outcome").starts_with("ObjectCreated")) return json::array{row};
    return all;
  }
  if (subject.starts_with("arn:")) return read_all(api, "journal?what=" + query_text(subject), "rows", kMostRows);
  CUMULET_TRY(json::array rows, read_all(api, "journal?end=" + query_text('/' + subject), "rows", kMostRows));
  if (rows.empty()) {
    CUMULET_TRY(rows, read_all(api, "journal?subject=execution&end=" + query_text(':' + subject), "rows", kMostRows));
  }
  return rows;
}

// What was probably meant by an upload that nothing is known of.
std::string similar_upload(const ReadApi& api, const std::string& url) {
  const std::string bucket = url.substr(5, url.find('/', 5) - 5);
  std::vector<std::string> known;
  const auto rows = read_all(api, "journal?subject=object&what=" + query_text(bucket + '/'), "rows", kMostSimilar);
  if (!rows) return {};
  for (const json::value& row : *rows) known.push_back(object_url(text_at(row, "what")));
  return nearest(url, known);
}

Error nothing_known(const ReadApi& api, const std::string& subject) {
  std::string text = "nothing is known of " + subject;
  if (subject.starts_with("s3://")) {
    const std::string meant = similar_upload(api, subject);
    return Error{kNothingKnown, text + (meant.empty() ? ": no such upload in the last 7 days" : "; did you mean " + meant + "?")};
  }
  return Error{kNothingKnown, text +
                                  ": it is no message, execution, request or trace of the last 7 days (an upload is "
                                  "written s3://BUCKET/KEY)"};
}

// "+1.2 s" since the row before; blank where nothing passed.
std::string since_before(std::optional<TimePoint> before, std::optional<TimePoint> now) {
  if (!before || !now || *now - *before < Milliseconds{1}) return {};
  return '+' + duration((*now - *before).count());
}

std::string clock_of(std::string_view iso8601) {  // "2026-12-01T03:20:18.101Z" → "03:20:18.101"
  const auto t = iso8601.find('T');
  return t == iso8601.npos ? std::string(iso8601) : std::string(iso8601.substr(t + 1, iso8601.size() - t - 2));
}

// Short and in the words of people: what of which kind, and what became of it.
struct Shown {
  std::string kind, who, outcome;
};

Shown shown(const json::value& row) {
  const std::string subject = text_at(row, "subject"), what = text_at(row, "what"), outcome = text_at(row, "outcome");
  if (subject == "object") return {"upload", object_url(what), outcome};
  if (subject == "notification") return {"event", "to " + last_part(what), outcome};
  if (subject == "invocation") return {"function", what.substr(0, what.rfind('/')), outcome};
  if (subject == "message") return {"message", what.substr(0, what.rfind('/')), outcome};
  if (subject == "execution") {
    const auto end = what.rfind(':');
    return {"execution", last_part(what.substr(0, end)) + '/' + what.substr(end + 1), outcome};
  }
  if (subject == "state") return {"  state", what, outcome};
  return {subject, what.substr(0, what.rfind('/')), outcome};
}

}  // namespace

Result<json::object> trace_document(const ReadApi& api, const std::string& subject) {
  json::array found;
  std::set<std::string> traces;
  if (subject.starts_with("1-") && subject.size() == 35) {
    traces.insert(subject);
  } else {
    CUMULET_TRY(found, rows_of_subject(api, subject));
    if (found.empty()) return nothing_known(api, subject);
    for (const json::value& row : found)
      if (const std::string trace = text_at(row, "trace"); !trace.empty() && traces.size() < kMostTraces)
        traces.insert(trace);
  }
  std::map<std::int64_t, json::value> rows;
  for (json::value& row : found) rows.emplace(id_of(row), std::move(row));
  for (const std::string& trace : traces) {
    CUMULET_TRY(json::array more, read_all(api, "journal?trace=" + trace, "rows", kMostRows));
    for (json::value& row : more) rows.emplace(id_of(row), std::move(row));
  }
  if (rows.empty()) return nothing_known(api, subject);
  json::array ordered;
  for (auto& [id, row] : rows) ordered.push_back(std::move(row));
  return json::object{{"subject", subject}, {"rows", std::move(ordered)}};
}

std::vector<std::string> executions_of(const json::object& trace) {
  std::vector<std::string> out;
  for (const json::value& row : trace.at("rows").as_array()) {
    const std::string what = text_at(row, "what");
    if (text_at(row, "subject") == "execution" && std::ranges::find(out, what) == out.end()) out.push_back(what);
  }
  return out;
}

json::array history_rows(const std::string& execution_arn, const json::array& events) {
  json::array out;
  for (const json::value& event : events) {
    const std::string type = text_at(event, "type");
    std::string who, outcome = "entered", detail, verdict = "ok";
    for (const auto& [name, details] : event.as_object()) {
      if (!details.is_object()) continue;
      if (type.ends_with("StateEntered")) who = text_at(details, "name");
      if (const std::string error = text_at(details, "error"); !error.empty()) {
        detail = error;
        if (const std::string cause = text_at(details, "cause"); !cause.empty()) detail += ": " + cause;
      }
    }
    if (type.ends_with("StateEntered")) {
      who += " (" + type.substr(0, type.size() - 12) + ")";
    } else if (type.find("Failed") != type.npos || type.find("TimedOut") != type.npos) {
      if (type.starts_with("Execution")) continue;  // the journal tells that
      outcome = type;
      verdict = "failed";
    } else {
      continue;
    }
    const json::value* time = json::find(event, "timestamp");
    const std::string at = time && time->is_number()
                               ? iso8601_millis(from_millis(static_cast<std::int64_t>(time->to_number<double>() * 1000)))
                               : std::string();
    out.emplace_back(json::object{{"time", at},
                                  {"subject", "state"},
                                  {"what", who},
                                  {"outcome", outcome},
                                  {"verdict", verdict},
                                  {"detail", detail},
                                  {"execution", execution_arn}});
  }
  return out;
}

void add_rows(json::object& trace, json::array rows) {
  json::array& all = trace["rows"].as_array();
  for (json::value& row : rows) all.push_back(std::move(row));
  std::ranges::stable_sort(all, {}, [](const json::value& row) { return text_at(row, "time"); });
}

bool goes_on(const json::object& trace) {
  std::map<std::string, bool> open;  // by what it is
  for (const json::value& row : trace.at("rows").as_array()) {
    const std::string subject = text_at(row, "subject"), outcome = text_at(row, "outcome");
    bool& is_open = open[subject + '\n' + text_at(row, "what")];
    if (subject == "execution") is_open = outcome == "started";
    // An event that failed is tried again, until its retries are exhausted.
    if (subject == "invocation")
      is_open = outcome == "queued" || (is_open && (outcome == "failed" || outcome == "timedOut"));
    if (subject == "message")
      is_open = outcome != "deleted" && outcome != "filtered" && outcome != "deadLettered" && outcome != "expired";
    if (subject == "object")
      is_open = outcome.starts_with("ObjectCreated") && !text_at(row, "detail").empty() && text_at(row, "verdict") == "ok";
    if (subject == "notification") {
      is_open = false;
      for (auto& [key, still] : open)
        if (key.starts_with("object\n")) still = false;  // it reached whom it was for
    }
  }
  return std::ranges::any_of(open, [](const auto& one) { return one.second; });
}

bool has_failed(const json::object& trace) {
  std::map<std::string, bool> bad;
  for (const json::value& row : trace.at("rows").as_array()) {
    const std::string verdict = text_at(row, "verdict"), subject = text_at(row, "subject");
    if (subject == "state" || subject == "request") continue;  // whoever called may have expected it
    // An upload below the first one is a result: its bucket has no triggers.
    const bool is_result = verdict == "noTrigger" && text_at(row, "detail").empty();
    bad[subject + '\n' + text_at(row, "what")] = verdict != "ok" && !is_result;
  }
  return std::ranges::any_of(bad, [](const auto& one) { return one.second; });
}

std::string trace_text(const json::object& trace, const Paint& paint) {
  const json::array& rows = trace.at("rows").as_array();
  std::string out;
  std::optional<TimePoint> before, first;
  const json::value* cause = nullptr;
  for (const json::value& row : rows) {
    const std::string time = text_at(row, "time"), verdict = text_at(row, "verdict");
    const auto at = parse_iso8601(time);
    if (!first) {
      first = at;
      out += paint.dim(time.substr(0, 10)) + '\n';
    }
    const Shown s = shown(row);
    const std::string detail = printable(without_request_id(text_at(row, "detail")));
    // An upload into a bucket without triggers is a result, unless it is what was asked for.
    const bool is_result = verdict == "noTrigger" && detail.empty() && rows.size() > 1;
    const bool is_bad = verdict == "failed" || (verdict == "noTrigger" && !is_result);
    if (is_bad) cause = &row;
    std::string outcome =
        padded(printable(is_bad && verdict == "noTrigger" && s.kind == "upload" ? "no trigger matched" : s.outcome), 12);
    outcome = is_bad ? paint.red(outcome) : outcome;
    out += clock_of(time) + ' ' + padded(since_before(before, at), 12) + padded(s.kind, 11) +
           padded(printable(s.who), 40) + outcome + (detail.empty() ? "" : ' ' + detail) + '\n';
    before = at;
  }
  if (first && before) out += paint.dim("in all " + duration((*before - *first).count())) + '\n';
  if (cause == nullptr) return out + paint.green("nothing of it failed") + '\n';
  const Shown s = shown(*cause);
  if (text_at(*cause, "verdict") == "noTrigger" && s.kind == "upload") {
    const std::string why = text_at(*cause, "detail");
    return out + paint.red("no trigger matched") +
           (why.empty() ? ": the bucket has no triggers, nothing was to happen" : ": " + printable(why)) + '\n';
  }
  return out + paint.red("it failed at " + printable(s.who)) + ": " +
         printable(without_request_id(text_at(*cause, "detail"))) + '\n';
}

}  // namespace cumulet::view
