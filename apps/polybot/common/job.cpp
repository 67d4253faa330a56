#include "apps/polybot/common/job.hpp"

#include <algorithm>
#include <charconv>

#include "base/encoding.hpp"
#include "base/http.hpp"

namespace cumulet::polybot {
namespace {

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return out;
}

// The length of the UTF-8 sequence at `at`, 0 when it is broken or one that XML 1.0 does not have.
std::size_t sequence_at(std::string_view text, std::size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  if (lead < 0x80) return lead >= 0x20 || lead == '\t' || lead == '\n' || lead == '\r' ? 1 : 0;
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  const auto piece = text.substr(at, length);
  if (piece.size() < length || !is_valid_utf8(piece)) return 0;
  return piece == "\xEF\xBF\xBE" || piece == "\xEF\xBF\xBF" ? 0 : length;
}

// "(https://x.y/z)," -> "https://x.y/z". A closing bracket belongs to the link that opens it.
std::optional<std::string> link_in_word(std::string_view word) {
  const auto begin = word.find_first_not_of("([{<\"'");
  if (begin == std::string_view::npos) return std::nullopt;
  word.remove_prefix(begin);
  const auto scheme = word.find("://");
  if (scheme == std::string_view::npos ||
      !(iequals(word.substr(0, scheme), "http") || iequals(word.substr(0, scheme), "https")))
    return std::nullopt;
  const auto is_closed_too_often = [&word](char open, char close) {
    return word.back() == close &&
           std::count(word.begin(), word.end(), close) > std::count(word.begin(), word.end(), open);
  };
  while (!word.empty() && (std::string_view(".,;:!?\"'>}").find(word.back()) != std::string_view::npos ||
                           is_closed_too_often('(', ')') || is_closed_too_often('[', ']')))
    word.remove_suffix(1);
  if (word.size() <= scheme + 3) return std::nullopt;
  return std::string(word);
}

}  // namespace

bool is_chat_id(std::string_view text) { return text.size() <= 20 && number(text).has_value(); }

bool is_job_id(std::string_view text) {
  return text.size() == 32 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string Job::id() const {
  const std::string which =
      !retry_of.empty() ? "retry/" + retry_of
      : place ? std::to_string(place->date) + '/' + std::to_string(place->message_id) : "queue/" + queue_id;
  return hex_encode(sha256("polybot\n" + chat_id + '\n' + which)).substr(0, 32);
}

std::map<std::string, std::string> attributes_of(const Job& job) {
  std::map<std::string, std::string> out{{"chat_id", job.chat_id}};
  if (job.place) {
    out["message_id"] = std::to_string(job.place->message_id);
    out["date"] = std::to_string(job.place->date);
  }
  if (job.wish == Wish::blur) out["kind"] = "blur";
  if (!job.file_id.empty()) out["file_id"] = job.file_id;
  if (!job.retry_of.empty()) out["retry_of"] = job.retry_of;
  return out;
}

Result<Job> job_of(std::string_view body, const std::map<std::string, std::string>& attributes,
                   std::string_view message_id) {
  const auto attribute = [&](const char* name) {
    const auto found = attributes.find(name);
    return found == attributes.end() ? std::string{} : found->second;
  };
  Job out;
  out.chat_id = attribute("chat_id");
  if (!is_chat_id(out.chat_id))
    return Error{kNoJob, "message " + std::string(message_id) + " has no message attribute chat_id that is a number"};
  out.text = body;
  out.file_id = attribute("file_id");
  if (auto failed = attribute("retry_of"); is_job_id(failed)) out.retry_of = std::move(failed);
  if (attribute("kind") == "blur") out.wish = Wish::blur;
  const auto date = number(attribute("date")), id = number(attribute("message_id"));
  if (date && id) out.place = Place{*date, *id};
  out.queue_id = message_id;
  return out;
}

json::object to_json(const Job& job) {
  json::object attributes;
  for (const auto& [name, value] : attributes_of(job)) attributes[name] = value;
  return {{"text", job.text}, {"attributes", std::move(attributes)}, {"queue_id", job.queue_id}};
}

Result<Job> job_from_json(std::string_view text) {
  CUMULET_TRY(const auto parsed, json::parse(text, {.depth = 8}));
  const auto member = [&](const char* name) {
    const auto* found = json::find(parsed, name);
    return found && found->is_string() ? std::string(found->get_string()) : std::string{};
  };
  std::map<std::string, std::string> attributes;
  if (const auto* all = json::find(parsed, "attributes"); all && all->is_object())
    for (const auto& [name, value] : all->get_object())
      if (value.is_string()) attributes[name] = value.get_string();
  return job_of(member("text"), attributes, member("queue_id"));
}

std::string allowed_characters(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto length = sequence_at(text, at);
    out += length == 0 ? std::string_view(" ") : text.substr(at, length);
    at += std::max<std::size_t>(length, 1);
  }
  return out;
}

std::string shortened(std::string_view text, std::size_t most) {
  std::size_t at = 0, characters = 0;
  while (at < text.size() && characters < most) {
    ++at;
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80) ++at;
    ++characters;
  }
  return std::string(text.substr(0, at)) + (at < text.size() ? "…" : "");
}

std::string trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n\v\f";
  const auto first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(kBlank) - first + 1));
}

std::optional<std::string> link_of(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n\v\f";
  for (std::size_t at = 0; (at = text.find_first_not_of(kBlank, at)) != std::string_view::npos;) {
    const std::size_t end = std::min(text.find_first_of(kBlank, at), text.size());
    if (auto link = link_in_word(text.substr(at, end - at))) return link;
    at = end;
  }
  return std::nullopt;
}

}  // namespace cumulet::polybot
