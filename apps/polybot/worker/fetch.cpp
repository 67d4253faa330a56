#include "apps/polybot/worker/fetch.hpp"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>

#include "apps/polybot/common/job.hpp"
#include "apps/polybot/common/texts.hpp"
#include "apps/polybot/worker/child.hpp"
#include "apps/polybot/worker/filter_proxy.hpp"
#include "base/folder_removal.hpp"
#include "base/text.hpp"
#include "sdk/errors.hpp"
#include "sdk/runtime/log.hpp"

namespace cumulet::polybot {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongestSearch = 300;  // characters
// A list of pieces that yt-dlp gives to ffmpeg (one with AES-256 keys, say) may turn out to be anything when ffmpeg
// asks for it, an SDP or a playlist of local files too: it opens no more than a list of pieces on the web needs.
constexpr const char* kFfmpegInputs = "ffmpeg_i:-protocol_whitelist http,https,tcp,tls,httpproxy,crypto";

constexpr std::string_view kPastTheProxy = "only the proxy may be reached";
constexpr std::string_view kPrivate = "That link leads to a private address, and I fetch from public ones only.";

// yt-dlp's own downloaders, all of which go through the proxy; RTMP, RTSP and the like would not.
constexpr std::string_view kProtocols = "[protocol~='^(https?|m3u8_native|http_dash_segments)$']";

bool has_program(const std::string& path, const std::string& name) {
  for (std::size_t at = 0; at < path.size();) {
    const auto end = std::min(path.find(':', at), path.size());
    if (::access((path.substr(at, end - at) + '/' + name).c_str(), X_OK) == 0) return true;
    at = end + 1;
  }
  return false;
}

std::string format_selection(const FetchSettings& settings, WantedForm form) {
  const auto with_protocols = [](std::string format) { return format + std::string(kProtocols); };
  std::string out;
  if (has_program(settings.path, "ffmpeg"))  // which joins picture and sound
    out = with_protocols("bv*[ext=mp4][height<=720]") + '+' + with_protocols("ba[ext=m4a]") + '/';
  out += with_protocols("b[ext=mp4]") + '/' + with_protocols("b[ext=mov]") + '/';
  if (form == WantedForm::any) return out + with_protocols("b") + '/' + with_protocols("bv*");
  return out + with_protocols("b");  // a direct link's format may not say what it is; its bytes will
}

// What every Python program of the environment runs first: an audit hook, which cannot be taken off again, refuses each
// way to the network but the proxy. yt-dlp follows a redirect to ftp:// past --proxy, for one. The address counts here,
// where confine_network() sees the port alone.
std::string site_customization(int proxy_port) {
  return "import sys\n"
         "def only_the_proxy(event, arguments):\n"
         "    if event not in ('socket.connect', 'socket.sendto', 'socket.sendmsg', 'socket.bind'):\n"
         "        return\n"
         "    socket, address = arguments[0], arguments[1]\n"
         "    if address is None or int(socket.family) == 1:\n"
         "        return\n"
         "    if event == 'socket.connect' and int(socket.type) == 1 and tuple(address[:2]) == ('127.0.0.1', " +
         std::to_string(proxy_port) +
         "):\n"
         "        return\n"
         "    raise PermissionError(13, '" +
         std::string(kPastTheProxy) +
         "')\n"
         "sys.addaudithook(only_the_proxy)\n";
}

// The folder with it: beside the one that yt-dlp writes to, and not writable.
class Site {
 public:
  static Result<Site> make(const fs::path& folder, int proxy_port) {
    std::string path = folder.string() + ".site-XXXXXX";
    if (::mkdtemp(path.data()) == nullptr) return Error{sdk::kFileFailed, "No folder can be made beside " + path};
    Site out(path);
    std::ofstream file(out.path_ / "sitecustomize.py", std::ios::binary);
    file << site_customization(proxy_port);
    file.close();
    if (!file) return Error{sdk::kFileFailed, "cannot write in " + path};
    fs::permissions(out.path_, fs::perms::owner_read | fs::perms::owner_exec);
    return out;
  }
  Site(Site&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  Site& operator=(Site&&) = delete;
  ~Site() {
    if (path_.empty()) return;
    remove_folder(path_);
  }
  std::string path() const { return path_.string(); }

 private:
  explicit Site(fs::path path) : path_(std::move(path)) {}
  fs::path path_;
};

std::vector<std::pair<std::string, std::string>> environment(const FetchSettings& settings, const fs::path& folder,
                                                             const std::string& proxy, const std::string& site) {
  const std::string home = folder.string();
  std::vector<std::pair<std::string, std::string>> out = {{"PATH", settings.path},   {"HOME", home},
                                                          {"TMPDIR", home},          {"LANG", "C.UTF-8"},
                                                          {"PYTHONUNBUFFERED", "1"}, {"PYTHONDONTWRITEBYTECODE", "1"},
                                                          {"XDG_CONFIG_HOME", home}, {"XDG_CACHE_HOME", home},
                                                          {"PYTHONPATH", site}};
  for (const char* name :
       {"http_proxy", "https_proxy", "ftp_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "ALL_PROXY"})
    out.emplace_back(name, proxy);
  return out;
}

// "[download]  42.3% of ..." -> 42.3
double percent_of(std::string_view line) {
  const auto sign = line.find('%');
  if (!line.starts_with("[download]") || sign == std::string_view::npos) return -1;
  const std::string number = trimmed(line.substr(10, sign - 10));
  double out = -1;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), out);
  return error == std::errc{} && end == number.data() + number.size() && out >= 0 && out <= 100 ? out : -1;
}

// The largest regular file of the folder: names are yt-dlp's, so none is used but to open it there.
fs::path largest_file(const fs::path& folder, std::uint64_t& size) {
  fs::path out;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (!entry.is_regular_file(error) || entry.is_symlink(error)) continue;
    const std::string name = entry.path().filename().string();
    if (!name.starts_with("video") || name.ends_with(".part") || name.ends_with(".ytdl")) continue;
    const auto bytes = entry.file_size(error);
    if (error || (!out.empty() && bytes <= size)) continue;
    out = entry.path();
    size = bytes;
  }
  return out;
}

bool leads_only_to_private(const std::string& link, const std::vector<Network>& allowed) {
  const auto target = host_of(link);
  if (target.host.empty()) return false;
  const auto addresses = resolve(target.host, target.port);
  const auto own = own_addresses();
  return !addresses.empty() && std::none_of(addresses.begin(), addresses.end(),
                                            [&](const Address& a) { return is_permitted(a, allowed, own); });
}

}  // namespace

std::vector<std::string> yt_dlp_arguments(const FetchSettings& settings, std::string_view text, WantedForm form,
                                          const fs::path& folder, const std::string& proxy) {
  std::string target;
  if (const auto link = link_of(text)) {
    target = *link;
  } else {
    std::string words = shortened(trimmed(text), kLongestSearch);
    for (char& c : words)
      if (static_cast<unsigned char>(c) < 0x20) c = ' ';
    target = "ytsearch1:" + words;
  }
  std::erase(target, '\0');
  return {settings.program,
          "--ignore-config",
          "--no-playlist",
          "--playlist-items",
          "1",
          "--no-cache-dir",
          "--no-mtime",
          "--no-continue",
          "--newline",
          "--proxy",
          proxy,
          "--socket-timeout",
          "20",
          "--retries",
          "2",
          "--fragment-retries",
          "3",
          "--max-filesize",
          std::to_string(settings.most_bytes),
          "--match-filters",
          "!is_live & duration<=?" + std::to_string(settings.longest_video.count()),
          "--format",
          format_selection(settings, form),
          "--merge-output-format",
          "mp4",
          "--downloader-args",
          kFfmpegInputs,
          "--output",
          (folder / "video").string(),
          "--",
          target};
}

Result<Fetched> fetch(const FetchSettings& settings, std::string_view text, WantedForm form, const fs::path& folder,
                      Milliseconds time_limit, const std::function<bool(double percent)>& progress) {
  if (const auto link = link_of(text); link && leads_only_to_private(*link, settings.allowed))
    return Error{kNotFetched, std::string(kPrivate)};
  ProxyLimits limits;
  limits.allowed = settings.allowed;
  limits.most_bytes =
      settings.most_bytes + settings.most_bytes / 4 + (8u << 20);  // pages and protocols beside the video
  CUMULET_TRY(const auto proxy, FilterProxy::start(std::move(limits)));
  CUMULET_TRY(const auto site, Site::make(folder, proxy->port()));
  ChildSpec spec;
  spec.arguments = yt_dlp_arguments(settings, text, form, folder, proxy->url());
  spec.environment = environment(settings, folder, proxy->url(), site.path());
  spec.only_tcp_port = proxy->port();
  spec.folder = folder;
  spec.time_limit = time_limit;
  spec.largest_file = settings.most_bytes + (1u << 20);
  CUMULET_TRY(const auto ran, run_child(spec, [&](std::string_view line) { return progress(percent_of(line)); }));
  if (ran.end == ChildResult::End::stopped) return Error{kStopped, "stopped"};
  if (ran.end == ChildResult::End::timed_out)
    return Error{kNotFetched, "Fetching that video took longer than I may spend on it."};

  Fetched out;
  out.file = largest_file(folder, out.size);
  if (ran.status != 0 || out.file.empty()) {
    sdk::log::warn("nothing was fetched",
                   {{"status", ran.status},
                    {"output", json::value(allowed_characters(ran.output.substr(
                                   ran.output.size() - std::min<std::size_t>(ran.output.size(), 2000))))}});
    if (ran.status == 127 && ran.output.empty())
      return Error{kNotFetched, "I cannot fetch videos at the moment: my downloader is missing."};
    if (proxy->refused_an_address()) return Error{kNotFetched, std::string(kPrivate)};
    if (proxy->refused_a_port())
      return Error{kNotFetched,
                   "That link leads to a port where web pages are not kept, and I do not fetch from there."};
    if (proxy->reached_the_limit() || ran.status == 128 + SIGXFSZ)
      return Error{kNotFetched, reason_of("larger than max-filesize", settings)};
    return Error{kNotFetched, reason_of(ran.output, settings)};
  }
  if (out.size > settings.most_bytes) return Error{kNotFetched, reason_of("larger than max-filesize", settings)};
  out.container = container_of_file(out.file);
  if (out.container == Container::other) return Error{kNotFetched, "What is at that address is not a video."};
  if (form == WantedForm::mp4_or_mov && !can_be_blurred(out.container))
    return Error{kNotFetched, std::string(texts::kOnlyMp4AndMov)};
  return out;
}

std::string reason_of(std::string_view output, const FetchSettings& settings) {
  const std::string said = lower(output);
  struct Reason {
    std::string_view sign;
    std::string sentence;
  };
  const std::string too_large =
      "That video is larger than " + std::to_string(settings.most_bytes >> 20) + " MB, the most I fetch.";
  const std::string unreachable = "I could not reach the site that has that video.";
  const Reason reasons[] = {
      {kPastTheProxy, "That link leads on to something I do not fetch: http and https are all I know."},
      {"max-filesize", too_large},
      {"file too large", too_large},
      {"does not pass filter", "That video is longer than " + std::to_string(settings.longest_video.count() / 60) +
                                   " minutes, the most I fetch, or it is a live stream."},
      {"private video", "That video is private."},
      {"members-only", "That video is for members of its channel only."},
      {"confirm your age", "That video is for adults who have signed in, so I cannot see it."},
      {"sign in", "That site wants me to sign in before it shows that video."},
      {"login required", "That site wants me to sign in before it shows that video."},
      {"drm", "That video is protected against copying."},
      {"in your country", "That video may not be watched from the country I am in."},
      {"geo restrict", "That video may not be watched from the country I am in."},
      {"geo-restrict", "That video may not be watched from the country I am in."},
      {"video unavailable", "That video is not available."},
      {"not available", "That video is not available in a form I can fetch."},
      {"has been removed", "That video has been removed."},
      {"premieres in", "That video has not been published yet."},
      {"will begin", "That video has not begun yet."},
      {"http error 404", "There is nothing at that address."},
      {"http error 410", "There is nothing at that address any more."},
      {"http error 403", "The site that has that video does not let me have it."},
      {"http error 401", "The site that has that video does not let me have it."},
      {"http error 429", "The site that has that video wants me to come back later."},
      {"http error 5", "The site that has that video is out of order at the moment."},
      {"certificate", "I do not trust the site that has that video: its certificate is wrong."},
      {"ffmpeg", "My downloader could not put that video together."},
      {"unsupported url", "I found no video at that address."},
      {"no video", "I found no video there."},
      {"is not a valid url", "That is not a link I understand."},
      {"downloading 0 ", "I found no video of that name."},
      {"timed out", unreachable},
      {"name or service not known", unreachable},
      {"name resolution", unreachable},
      {"connection refused", unreachable},
      {"tunnel connection failed", unreachable},
      {"bad gateway", unreachable},
      {"gateway timeout", unreachable},
      {"urlopen error", unreachable},
      {"no space left", "I have no room for that video at the moment."},
  };
  for (const Reason& reason : reasons)
    if (said.find(reason.sign) != std::string::npos) return reason.sentence;
  if (said.find("error") == std::string::npos) return "I found no video of that name.";
  return "I could not fetch that video.";
}

}  // namespace cumulet::polybot
