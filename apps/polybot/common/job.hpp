#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.hpp"

// One thing a person asked for, and how it travels on the queue: the text is the body, the rest message attributes.
namespace cumulet::polybot {

inline constexpr ErrorKind kNoJob{"NotAJob", 400};

enum class Wish { fetch, blur };

// A message's place among those of its chat, by the chat server's clock; never goes back, even if ids begin anew.
struct Place {
  std::int64_t date = 0;  // Unix seconds
  std::int64_t message_id = 0;
  friend auto operator<=>(const Place&, const Place&) = default;
};

struct Job {
  std::string chat_id;  // decimal, may be negative
  Wish wish = Wish::fetch;
  std::string text;            // a link, or what to look for; the file's name where file_id is set
  std::string file_id;         // of a video that the person sent; empty: text says what
  std::optional<Place> place;  // none: somebody else than our bot put it on the queue
  std::string retry_of;        // id of the failed job that a person wished to be tried again; empty: none
  std::string queue_id;        // MessageId, where there is no place

  // 32 hex digits: the same for every delivery of the same request, also when the bot had to queue it twice.
  std::string id() const;
};

// Attributes of the queued message: chat_id always; message_id, date, kind, file_id, retry_of.
std::map<std::string, std::string> attributes_of(const Job& job);
// Of a received message; error kNoJob without a chat_id that is a number.
Result<Job> job_of(std::string_view body, const std::map<std::string, std::string>& attributes,
                   std::string_view message_id);

json::object to_json(const Job& job);
Result<Job> job_from_json(std::string_view text);

bool is_chat_id(std::string_view text);
bool is_job_id(std::string_view text);
// For SQS, whose bodies are XML 1.0's characters: others become spaces, so does broken UTF-8.
std::string allowed_characters(std::string_view text);
// At most `most` characters, with an ellipsis where some are left out.
std::string shortened(std::string_view text, std::size_t most);
std::string trimmed(std::string_view text);
// The first http(s) link of a text, to its blank, without the signs of the sentence around it; nullopt: the text is
// something to look for.
std::optional<std::string> link_of(std::string_view text);

}  // namespace cumulet::polybot
