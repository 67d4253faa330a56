#pragma once
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/polybot/common/media.hpp"
#include "apps/polybot/worker/address.hpp"
#include "base/time.hpp"

// Fetching what a person named, by yt-dlp.
namespace cumulet::polybot {

inline constexpr ErrorKind kNotFetched{"NotFetched", 400};  // the message is one sentence for the person
inline constexpr ErrorKind kStopped{"Stopped", 400};        // the progress callback said so

struct FetchSettings {
  std::string program = "yt-dlp";
  std::uint64_t most_bytes = 500u << 20;
  Seconds longest_video{3600};
  std::vector<Network> allowed;                                // addresses beside the public ones
  std::string path = "/usr/local/bin:/usr/bin:/bin:/opt/bin";  // PATH of yt-dlp and what it starts
};

struct Fetched {
  std::filesystem::path file;  // in the folder that fetch() was given
  Container container = Container::other;
  std::uint64_t size = 0;
};

enum class WantedForm { any, mp4_or_mov };

// What yt-dlp is started with. A link is passed on as it is, any other text as ytsearch1:TEXT; both behind `--`.
std::vector<std::string> yt_dlp_arguments(const FetchSettings& settings, std::string_view text, WantedForm form,
                                          const std::filesystem::path& folder, const std::string& proxy);

// `progress` gets 0 to 100 as it goes on (-1: still going); false stops. Errors: kNotFetched, kStopped, others are the
// machine's fault. `folder` must be empty; it is the only place where anything is written.
Result<Fetched> fetch(const FetchSettings& settings, std::string_view text, WantedForm form,
                      const std::filesystem::path& folder, Milliseconds time_limit,
                      const std::function<bool(double percent)>& progress);

// Why yt-dlp brought nothing, in one sentence for a person.
std::string reason_of(std::string_view output, const FetchSettings& settings);

}  // namespace cumulet::polybot
