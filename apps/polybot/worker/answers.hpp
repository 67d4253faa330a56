#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "apps/polybot/common/bot_api.hpp"
#include "apps/polybot/common/buttons.hpp"
#include "apps/polybot/common/media.hpp"
#include "apps/polybot/common/work_store.hpp"

// Telling the person, once. Before anything is sent the job's answer is claimed (a marker that only the first can put),
// afterwards the marker says "answered". What a crash in between means:
//
//   before the claim       nothing was said; the next delivery answers
//   claimed, then dead     nobody can know whether it was sent. The next delivery does not send it again: it edits the
//                          status line, which changes nothing when done twice, so that the link is there at least
//   sent, marker not set   the same; the person has the video, and a line with its link
//   marker set             the next delivery sees it and says nothing
namespace cumulet::polybot {

// again: the message is to be delivered once more, soon; held: once more, but not before kClaimed is over.
enum class Outcome { done, again, held };
// So long nobody else takes an answer for abandoned. Sending 50 MB takes less, or the worker is dead.
inline constexpr Seconds kClaimed{150};

struct Deadline {
  Deadline(const Clock& c, TimePoint wall) : clock(&c), end(wall), steady_end(steady_of(c, wall)) {}
  const Clock* clock;
  TimePoint end;         // of the invocation, on the wall's clock
  TimePoint steady_end;  // setting the clock gives an invocation no more time and no less
  Milliseconds left() const { return std::max(Milliseconds{0}, steady_end - clock->steady()); }
};

struct Video {
  std::string key;  // in the videos bucket
  Container container = Container::other;
  std::uint64_t size = 0;
  std::filesystem::path file;  // empty: only in the bucket
};

// A message of its own, with a button to cancel, that is edited as work goes on, also by a later delivery of the same
// request, and is gone when the answer is there. Failures are nobody's concern.
class StatusLine {
 public:
  StatusLine(const Job& job, WorkStore& store, BotApi& api) : job_(job), store_(store), api_(api) {}
  // Begins the line if there is none. Takes 5 s at most: a program may be running that nobody watches meanwhile.
  void set(std::string_view text);
  // The answer is in the chat: nothing is left to say. Where it cannot be deleted it says `else_text`.
  void remove(std::string_view else_text);
  // The last of it: tried for a while when the server throttles. No line is begun for it.
  void finish(std::string_view text);
  // As finish(), but must be seen: as a message where there is no line.
  void finish_surely(std::string_view text);

 private:
  bool exists();
  void begin(std::string_view text);

  const Job& job_;
  WorkStore& store_;
  BotApi& api_;
  std::optional<std::int64_t> message_;
  bool begun_ = false;  // not twice: one whose answer was lost may be there
  std::string shown_;
};

struct AnswerSettings {
  std::uint64_t most_sent = 50'000'000;  // bytes of a video that Telegram takes from a bot
  Seconds link_expires{24 * 3600};
  std::filesystem::path scratch = "/tmp";
};

// Whether trying the same again could end otherwise.
enum class Hope { none, some };

// What the answer's file is called: as the film that was sent, with the suffix of what it is now; else "video".
std::string result_name(const Job& job, Container container);

class Answers {
 public:
  Answers(sdk::Client client, WorkStore& store, BotApi& api, AnswerSettings settings)
      : s3_(std::move(client)), store_(store), api_(api), settings_(std::move(settings)) {}

  // The one message that tells why it did not work; where there is hope, with a button to try again.
  Result<Outcome> failure(const Job& job, std::string_view sentence, Hope hope, const Deadline& deadline);
  Result<Outcome> video(const Job& job, const Video& video, const Deadline& deadline);
  // Nothing is said but in the status line.
  Result<Outcome> quietly(const Job& job, std::string_view status);
  std::uint64_t most_sent() const { return settings_.most_sent; }

 private:
  // Sends once it has the claim; `status` is what the line says then.
  template <class Send>
  Result<Outcome> once(const Job& job, const Deadline& deadline, std::string_view status,
                       const std::string& when_uncertain, Send send);
  Result<std::string> link(const Job& job, const Video& video);
  Result<json::value> send_text(const Job& job, std::string_view text, std::optional<Button> button,
                                const Deadline& deadline);
  Result<json::value> send_video(const Job& job, const Video& video, const Deadline& deadline);

  sdk::S3 s3_;
  WorkStore& store_;
  BotApi& api_;
  AnswerSettings settings_;
};

}  // namespace cumulet::polybot
