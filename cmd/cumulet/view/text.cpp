#include "cmd/cumulet/view/text.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "base/terminal.hpp"
#include "cmd/cumulet/view/findings.hpp"

namespace cumulet::view {
namespace {

constexpr std::size_t kLabel = 12, kName = 34;

std::string text(const json::value& v, std::string_view name) {
  const json::value* member = json::find(v, name);
  if (!member) return {};
  return printable(member->is_string() ? std::string_view(member->as_string()) : json::text(*member));
}
std::int64_t number(const json::value& v, std::string_view name) {
  const json::value* member = json::find(v, name);
  return member && member->is_int64() ? member->as_int64() : 0;
}
const json::array& list(const json::value& v, std::string_view name) {
  static const json::array kNone;
  const json::value* member = json::find(v, name);
  return member && member->is_array() ? member->as_array() : kNone;
}

std::string times(std::int64_t count, std::string_view one, std::string_view many) {
  return std::to_string(count) + ' ' + std::string(count == 1 ? one : many);
}
std::string joined(std::string a, std::string_view between, std::string_view b) {
  return b.empty() ? a : a.empty() ? std::string(b) : a + std::string(between) + std::string(b);
}

// The lines of one status.
class Page {
 public:
  Page(TimePoint now, const Paint& paint) : now_(now), paint_(paint) {}

  void heading(std::string_view label, const std::string& rest) { out_ += padded(std::string(label), kLabel) + rest + '\n'; }
  void line(const std::string& name, const std::string& rest) {
    out_ += "  " + padded(name, kName) + rest + '\n';
  }
  // What went wrong: who, how often and when, then why on a line of its own.
  void failed(std::string_view kind, const std::string& who, const std::string& how, const json::value& item,
              const std::string& why) {
    out_ += "  " + paint_.red(padded(std::string(kind), 13)) + paint_.bold(padded(who, kName)) +
            joined(how, how.empty() ? "" : ", ", ago(now_, text(item, "time"))) + '\n';
    if (!why.empty()) out_ += std::string(15, ' ') + why + '\n';
  }
  void remedy(const std::string& command) { out_ += std::string(15, ' ') + paint_.dim("→ " + command) + '\n'; }
  void blank() { out_ += '\n'; }
  const Paint& paint() const { return paint_; }
  std::string take() && { return std::move(out_); }

 private:
  TimePoint now_;
  const Paint& paint_;
  std::string out_;
};

void show_failures(Page& page, const json::value& failures) {
  for (const json::value& one : list(failures, "uploads")) {
    page.failed("no trigger", text(one, "bucket") + '/' + text(one, "key"), "", one,
                "no trigger matched: " + text(one, "why"));
  }
  for (const json::value& one : list(failures, "dropped"))
    page.failed("event", "to " + text(one, "target"), times(number(one, "count"), "dropped", "dropped"), one,
                text(one, "why"));
  for (const json::value& one : list(failures, "functions")) {
    std::string why = joined(text(one, "error"), ": ", text(one, "message"));
    // AWS's words for it, which few take for what they mean.
    if (why.ends_with("signal: killed")) why += " (it needed more memory than its MemorySize, most likely)";
    page.failed("function", text(one, "function"), times(number(one, "count"), "time", "times"), one, why);
    page.remedy("cumulet logs " + text(one, "function") + "; cumulet trace " + text(one, "request"));
  }
  for (const json::value& one : list(failures, "messages")) {
    page.failed("mapping", text(one, "queue") + " → " + text(one, "function"),
                times(number(one, "messages"), "message", "messages") + " failed", one,
                joined(text(one, "error"), ": ", text(one, "why")));
    if (number(one, "most") > 1)
      page.remedy("one came back " + times(number(one, "most"), "time", "times") +
                  (text(one, "deadLetterQueue") == "" && json::find(one, "deadLetterQueue")
                       ? " and will for ever, the queue has no dead-letter queue"
                       : "") +
                  ": cumulet trace " + text(one, "message"));
  }
  for (const json::value& one : list(failures, "stuck")) {
    page.failed("message", text(one, "queue"), "received " + times(number(one, "count"), "time", "times"), one,
                "nobody deletes it, so it comes back" +
                    std::string(text(one, "deadLetterQueue").empty() ? " for ever: the queue has no dead-letter queue" : ""));
    page.remedy("cumulet trace " + text(one, "message"));
  }
  for (const json::value& one : list(failures, "deadLetters")) {
    page.failed("dead letters", text(one, "queue") + " → " + text(one, "deadLetterQueue"),
                times(number(one, "count"), "message", "messages"), one, text(one, "why"));
    page.remedy("cumulet trace " + text(one, "message"));
  }
  for (const json::value& one : list(failures, "filtered"))
    page.failed("filtered", text(one, "queue"), times(number(one, "count"), "message", "messages"), one, text(one, "why"));
  for (const json::value& one : list(failures, "executions")) {
    page.failed("execution", text(one, "machine"), text(one, "outcome"), one,
                joined(text(one, "error"), ": ", text(one, "cause")));
    page.remedy("cumulet trace " + last_part(text(one, "execution")));
  }
  for (const json::value& one : list(failures, "requests"))
    page.failed("request", text(one, "operation"), times(number(one, "count"), "time", "times"), one,
                joined(text(one, "error"), ": ", text(one, "message")));
}

void show_resources(Page& page, const json::value& status) {
  page.heading("stacks", std::to_string(list(status, "stacks").size()));
  for (const json::value& one : list(status, "stacks"))
    page.line(text(one, "name"), padded(text(one, "status"), 24) + ' ' + text(one, "resources") + " resources, " + text(one, "updated"));
  page.heading("functions", std::to_string(list(status, "functions").size()));
  for (const json::value& one : list(status, "functions"))
    page.line(text(one, "name"), padded(text(one, "runtime"), 16) + ' ' + text(one, "memoryMb") + " MB, " + text(one, "timeout") +
                                     " s; environments: " + text(one, "busy") + " busy, " + text(one, "idle") + " idle");
  page.heading("queues", std::to_string(list(status, "queues").size()));
  for (const json::value& one : list(status, "queues"))
    page.line(text(one, "name"),
              text(one, "visible") + " visible, " + text(one, "inFlight") + " in flight, " + text(one, "delayed") + " delayed");
  page.heading("mappings", std::to_string(list(status, "mappings").size()));
  for (const json::value& one : list(status, "mappings")) {
    const std::string state = text(one, "state");
    const bool is_off = state.starts_with("Disabl");
    page.line(text(one, "queue") + " → " + text(one, "function"),
              (is_off ? page.paint().yellow(padded(state, 12)) : padded(state, 12)) + ' ' + text(one, "running") + " of " +
                  text(one, "limit") + " batches" +
                  (is_off ? ", " + times(number(one, "waiting"), "message waits", "messages wait") : ""));
    if (const std::string problem = text(one, "problem"); !problem.empty()) page.line("", problem);
  }
  page.heading("machines", std::to_string(list(status, "machines").size()));
  for (const json::value& one : list(status, "machines")) {
    page.line(text(one, "name"), text(one, "type"));
    for (const json::value& running : list(one, "running"))
      page.line("  running", text(running, "name"));
  }
  page.heading("face jobs", std::to_string(list(status, "jobs").size()));
  for (const json::value& one : list(status, "jobs")) page.line(text(one, "video"), text(one, "percent") + " %");
}

}  // namespace

std::string Paint::in(std::string_view code, std::string_view text) const {
  if (colours_ == Colours::none || text.empty()) return std::string(text);
  return "\x1b[" + std::string(code) + 'm' + std::string(text) + "\x1b[0m";
}

Paint paint_of_stdout() {
  const char* none = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  const bool colours = ::isatty(1) && !(none && *none) && terminal && std::string_view(terminal) != "dumb";
  return Paint(colours ? Paint::Colours::ansi : Paint::Colours::none);
}

std::string ago(TimePoint now, std::string_view iso8601) {
  const auto at = parse_iso8601(iso8601);
  if (!at) return {};
  const auto seconds = std::max<std::int64_t>(0, std::chrono::duration_cast<Seconds>(now - *at).count());
  if (seconds < 60) return std::to_string(seconds) + " s ago";
  if (seconds < 3600) return std::to_string(seconds / 60) + " min ago";
  if (seconds < 2 * 86'400) return std::to_string(seconds / 3600) + " h ago";
  return std::to_string(seconds / 86'400) + " days ago";
}

std::string duration(std::int64_t milliseconds) {
  if (milliseconds < 1000) return std::to_string(milliseconds) + " ms";
  char text[64];
  if (milliseconds < 60'000)
    std::snprintf(text, sizeof text, "%.1f s", static_cast<double>(milliseconds) / 1000);
  else
    std::snprintf(text, sizeof text, "%lld min %lld s", static_cast<long long>(milliseconds / 60'000),
                  static_cast<long long>(milliseconds / 1000 % 60));
  return text;
}

std::string padded(std::string text, std::size_t width) {
  std::size_t columns = 0;  // good enough: a character is a column
  for (const char c : text) columns += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  text.append(columns < width ? width - columns : 1, ' ');
  return text;
}

std::string status_text(const json::object& object, TimePoint now, const Paint& paint) {
  const json::value status(object);
  Page page(now, paint);
  const json::value& engine = *json::find(status, "engine");
  page.heading("engine", text(engine, "version") + " at " + text(engine, "endpoint") + ", up " +
                             duration(number(engine, "uptimeSeconds") * 1000) + " (account " + text(engine, "account") + ", " +
                             text(engine, "region") + ")");
  std::string names;
  for (const json::value& name : list(engine, "services")) names += (names.empty() ? "" : " ") + printable(name.as_string());
  page.heading("services", names);
  page.heading("faces", text(engine, "faceDetector"));
  page.blank();
  const json::value& failures = *json::find(status, "failures");
  const std::string span = " in the last " + text(status, "since");
  page.heading("failures", is_clean(failures.as_object()) ? paint.green("none") + span : span.substr(1));
  show_failures(page, failures);
  page.blank();
  show_resources(page, status);
  return std::move(page).take();
}

}  // namespace cumulet::view
