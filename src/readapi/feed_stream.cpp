#include "readapi/feed_stream.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "readapi/sources.hpp"

namespace cumulet::readapi {
namespace {

constexpr Milliseconds kSilence{15'000};
constexpr std::size_t kEventsAtOnce = 256;

template <std::size_t... I>
constexpr auto all_kinds(std::index_sequence<I...>) {
  return std::array<std::string_view, sizeof...(I)>{std::variant_alternative_t<I, events::Record>::kKind...};
}
constexpr auto kKinds = all_kinds(std::make_index_sequence<std::variant_size_v<events::Record>>());

// The record's own object with number and time in front.
std::string entry_json(const events::Feed::Entry& entry) {
  return "{\"sequence\":" + std::to_string(entry.sequence) + ",\"time\":\"" + iso8601_millis(entry.at) + "\"," +
         events::json_text(entry.record).substr(1);
}

class EventStream final : public http::BodyStream {
 public:
  EventStream(events::Feed& feed, std::uint64_t after, KindFilter kinds, std::string run)
      : feed_(feed), after_(after), kinds_(std::move(kinds)), run_(std::move(run)) {}

  awaitable<Result<std::string_view>> read() override {
    text_.clear();
    if (!has_begun_) {  // so that the client sees at once that it is heard
      has_begun_ = true;
      text_ = ": this is what happens from now on\n\nevent: run\ndata: {\"run\":\"" + run_ + "\"}\n\n";
      co_return std::string_view(text_);
    }
    while (text_.empty()) {
      if (feed_.is_closed()) co_return std::string_view();
      const Milliseconds patience = kSilence;
      events::Feed::Page page = co_await feed_.read(after_, kEventsAtOnce, patience);
      if (page.is_of_another_run) text_ += "event: restarted\ndata: {}\n\n";
      if (page.lost > 0)
        text_ += "event: lost\nid: " + std::to_string(page.next) + "\ndata: {\"count\":" + std::to_string(page.lost) +
                 "}\n\n";
      for (const auto& entry : page.entries) {
        if (!kinds_.wants(entry->record)) continue;
        text_ += "id: " + std::to_string(entry->sequence) + "\nevent: ";
        text_ += events::kind_of(entry->record);
        text_ += "\ndata: " + entry_json(*entry) + "\n\n";
      }
      const bool is_silent = page.entries.empty() && page.next == after_;
      after_ = page.next;
      if (is_silent && !feed_.is_closed()) text_ += ":\n\n";
    }
    co_return std::string_view(text_);
  }

 private:
  events::Feed& feed_;
  std::uint64_t after_;
  KindFilter kinds_;
  std::string run_;
  std::string text_;
  bool has_begun_ = false;
};

}  // namespace

KindFilter::KindFilter(std::string_view list) {
  while (!list.empty()) {
    const auto end = std::min(list.find(','), list.size());
    kinds_.emplace_back(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
}

Result<void> KindFilter::check() const {
  for (const auto& kind : kinds_) {
    if (std::find(kKinds.begin(), kKinds.end(), kind) != kKinds.end()) continue;
    std::string text = "There is no kind '" + kind + "'; there are";
    for (const auto known : kKinds) text += (known == kKinds.front() ? " " : ", ") + std::string(known);
    return Error{kInvalidParameter, text + "."};
  }
  return {};
}

bool KindFilter::wants(const events::Record& record) const {
  return kinds_.empty() || std::find(kinds_.begin(), kinds_.end(), events::kind_of(record)) != kinds_.end();
}

http::Response feed_page(const events::Feed::Page& page, const KindFilter& kinds) {
  std::string text = "{\"events\":[";
  bool is_first = true;
  for (const auto& entry : page.entries) {
    if (!kinds.wants(entry->record)) continue;
    if (!std::exchange(is_first, false)) text += ',';
    text += entry_json(*entry);
  }
  text += "],\"next\":" + std::to_string(page.next) + ",\"lost\":" + std::to_string(page.lost);
  if (page.is_of_another_run) text += ",\"restarted\":true";
  text += "}\n";
  http::Response response;
  response.headers.add("Content-Type", "application/json");
  response.headers.add("Cache-Control", "no-store");
  response.body = http::Body(std::move(text));
  return response;
}

http::Response event_stream(events::Feed& feed, std::uint64_t after, KindFilter kinds, std::string run) {
  http::Response response;
  response.headers.add("Content-Type", "text/event-stream");
  response.headers.add("Cache-Control", "no-store");
  response.body = http::Body(
      http::StreamBody{std::make_shared<EventStream>(feed, after, std::move(kinds), std::move(run)), std::nullopt});
  return response;
}

std::optional<std::uint64_t> event_id(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || code != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace cumulet::readapi
