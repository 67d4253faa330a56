#include "cmd/cumulet/view/findings.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "base/encoding.hpp"

namespace cumulet::view {
namespace {

using json::text_at;

struct Row {
  std::int64_t id = 0;
  std::string time, subject, what, outcome, detail;
};

Row row_of(const json::value& v) {
  const json::value* id = json::find(v, "id");
  return {id && id->is_int64() ? id->as_int64() : 0, text_at(v, "time"), text_at(v, "subject"), text_at(v, "what"),
          text_at(v, "outcome"),                     text_at(v, "detail")};
}

// "queue/message id", "function/request id": what stands before and behind the last slash.
std::pair<std::string, std::string> halves(const std::string& what) {
  const auto slash = what.rfind('/');
  if (slash == what.npos) return {what, {}};
  return {what.substr(0, slash), what.substr(slash + 1)};
}

// Equal things by key, in the order in which they are met first.
class Groups {
 public:
  json::object& of(const std::string& key, const Row& newest) {
    const auto [place, is_new] = places_.emplace(key, items_.size());
    if (is_new) {
      items_.emplace_back(json::object{});
      items_.back().as_object()["count"] = 0;
      items_.back().as_object()["time"] = newest.time;
    }
    json::object& item = items_[place->second].as_object();
    item["count"] = item["count"].as_int64() + 1;
    return item;
  }
  bool is_first(const json::object& item) const { return item.at("count").as_int64() == 1; }
  json::array take() && { return std::move(items_); }

 private:
  std::map<std::string, std::size_t> places_;
  json::array items_;
};

// arn:aws:states:REGION:ACCOUNT:execution:MACHINE:NAME
std::string machine_of(std::string_view execution_arn) {
  const auto end = execution_arn.rfind(':');
  if (end == execution_arn.npos || end == 0) return {};
  return last_part(execution_arn.substr(0, end));
}

class Sorting {
 public:
  void take(const Row& row) {
    if (row.subject == "execution") return execution(row);
    if (row.subject == "invocation") return invocation(row);
    if (row.subject == "message") return message(row);
    if (row.subject == "notification") return notification(row);
    if (row.subject == "request") return request(row);
    if (row.subject == "object" && !row.detail.empty()) return upload(row);  // without: its bucket has no triggers
  }

  json::object result() && {
    for (const std::string& key : order_) {
      Deliveries& counts = deliveries_[key];
      const auto most = std::ranges::max_element(counts.of, {}, [](const auto& one) { return one.second; });
      counts.item["count"] = counts.all;
      counts.item["messages"] = static_cast<std::int64_t>(counts.of.size());
      counts.item["message"] = most->first;
      counts.item["most"] = most->second;
      messages_.emplace_back(std::move(counts.item));
    }
    return {{"executions", std::move(executions_)},          {"functions", std::move(functions_).take()},
            {"messages", std::move(messages_)},              {"deadLetters", std::move(dead_).take()},
            {"uploads", std::move(uploads_)},                {"filtered", std::move(filtered_).take()},
            {"dropped", std::move(dropped_).take()},         {"requests", std::move(requests_).take()}};
  }

 private:
  void execution(const Row& row) {
    const Told why = told(row.detail);
    executions_.emplace_back(json::object{{"machine", machine_of(row.what)},
                                          {"execution", row.what},
                                          {"time", row.time},
                                          {"outcome", row.outcome},
                                          {"error", why.error},
                                          {"cause", why.message}});
  }

  void invocation(const Row& row) {
    // Each of its attempts has a row of its own.
    if (row.outcome == "RetriesExhausted" || row.outcome == "EventAgeExceeded") return;
    const auto [function, request] = halves(row.what);
    const Told why = told(row.detail);
    json::object& item = functions_.of(function + '\n' + why.error, row);
    if (!functions_.is_first(item)) return;
    item["function"] = function;
    item["error"] = why.error.empty() ? row.outcome : why.error;
    item["message"] = without_request_id(why.message);
    item["request"] = request;
  }

  void message(const Row& row) {
    const auto [queue, id] = halves(row.what);
    if (row.outcome == "deadLettered") {
      const Told where = told(row.detail.starts_with("to ") ? std::string_view(row.detail).substr(3) : row.detail);
      json::object& item = dead_.of(queue, row);
      if (!dead_.is_first(item)) return;
      item["queue"] = queue;
      item["deadLetterQueue"] = where.error;
      item["why"] = where.message;
      item["message"] = id;
      return;
    }
    if (row.outcome == "filtered") {
      json::object& item = filtered_.of(queue, row);
      item["queue"] = queue;
      item["why"] = row.detail;
      return;
    }
    if (row.outcome != "failed") return;
    // "to worker/REQUEST: error"
    const auto colon = row.detail.find(": ");
    const std::string target = row.detail.substr(0, colon);
    const std::string function = halves(target.starts_with("to ") ? target.substr(3) : target).first;
    auto& counts = deliveries_[queue + '\n' + function];
    if (counts.all == 0) {
      const Told why = told(colon == row.detail.npos ? "" : std::string_view(row.detail).substr(colon + 2));
      counts.item["queue"] = queue;
      counts.item["function"] = function;
      counts.item["error"] = why.error;
      counts.item["why"] = without_request_id(why.message);
      counts.item["time"] = row.time;
      order_.push_back(queue + '\n' + function);
    }
    ++counts.of[id];
    ++counts.all;
  }

  void notification(const Row& row) {
    json::object& item = dropped_.of(row.what + '\n' + row.detail, row);
    item["target"] = last_part(row.what);
    item["why"] = row.detail;
  }

  // "service:Operation/request id"
  void request(const Row& row) {
    const auto [operation, request] = halves(row.what);
    const Told why = told(row.detail);
    json::object& item = requests_.of(operation + '\n' + row.detail, row);
    if (!requests_.is_first(item)) return;
    item["operation"] = operation;
    item["error"] = why.error.empty() ? row.outcome : why.error;
    item["message"] = why.message;
    item["request"] = request;
  }

  void upload(const Row& row) {
    const auto slash = row.what.find('/'), at = row.what.rfind('@');
    uploads_.emplace_back(
        json::object{{"bucket", row.what.substr(0, slash)},
                     {"key", slash == row.what.npos ? "" : row.what.substr(slash + 1, at - slash - 1)},
                     {"time", row.time},
                     {"why", row.detail}});
  }

  struct Deliveries {
    json::object item;
    std::map<std::string, std::int64_t> of;  // by message
    std::int64_t all = 0;
  };
  json::array executions_, uploads_, messages_;
  Groups functions_, dead_, filtered_, dropped_, requests_;
  std::map<std::string, Deliveries> deliveries_;
  std::vector<std::string> order_;
};

}  // namespace

Result<json::array> read_all(const ReadApi& api, const std::string& path, std::string_view list, std::size_t most) {
  json::array out;
  std::string next;
  const char joint = path.find('?') == path.npos ? '?' : '&';
  while (out.size() < most) {
    const std::size_t limit = std::min<std::size_t>(1000, most - out.size());
    const std::string page = path + joint + "limit=" + std::to_string(limit) + (next.empty() ? "" : "&next=" + next);
    CUMULET_TRY(const json::value answer, api(page));
    if (const auto* items = json::find(answer, list); items && items->is_array())
      for (const json::value& item : items->as_array()) out.push_back(item);
    next = text_at(answer, "next");
    if (next.empty()) break;
  }
  return out;
}

std::string query_text(std::string_view text) { return percent_encode(text); }

json::object findings(const json::array& failures, const json::array& unmatched) {
  std::vector<Row> rows;
  for (const json::array* list : {&failures, &unmatched})
    for (const json::value& v : *list) rows.push_back(row_of(v));
  std::ranges::sort(rows, std::greater{}, &Row::id);
  Sorting sorting;
  for (const Row& row : rows) sorting.take(row);
  return std::move(sorting).result();
}

bool is_clean(const json::object& findings) {
  return std::ranges::all_of(findings, [](const auto& list) { return list.value().as_array().empty(); });
}

std::string without_request_id(std::string_view message) {
  constexpr std::string_view kBegin = "RequestId: ", kError = " Error: ";
  if (message.starts_with(kBegin)) {
    if (const auto at = message.find(kError); at != message.npos) message.remove_prefix(at + kError.size());
  }
  return std::string(message);
}

Told told(std::string_view detail) {
  const auto colon = detail.find(": ");
  const std::string_view code = detail.substr(0, colon);
  // A code is one word; a sentence may have a colon too.
  if (colon == detail.npos || code.empty() || code.find(' ') != code.npos) {
    const bool is_code = !detail.empty() && detail.find(' ') == detail.npos;
    return is_code ? Told{std::string(detail), {}} : Told{{}, std::string(detail)};
  }
  // SQS's JSON errors carry a name space: "com.amazon.coral.service#InvalidParameterValueException".
  return {std::string(code.substr(code.rfind('#') + 1)), std::string(detail.substr(colon + 2))};
}

std::string last_part(std::string_view arn) { return std::string(arn.substr(arn.rfind(':') + 1)); }

}  // namespace cumulet::view
