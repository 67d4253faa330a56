#include "process/namespaces.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <fstream>
#include <sstream>

#include "process/bwrap_arguments.hpp"
#include "process/launch.hpp"
#include "process/launcher_image.hpp"
#include "process/sandbox.hpp"

namespace cumulet::process {
namespace {

constexpr const char* kSlirp = "/usr/bin/slirp4netns";
constexpr int kPatience = 10'000;  // ms; a busy machine, not a slow task
constexpr std::size_t kMaxListeners = 60;
// Above what systemd, containers and login.defs hand out (systemd's UIDS-GIDS page).
constexpr std::uint64_t kFirstHostUid = 1'900'000'000;
constexpr std::uint64_t kUidsOfAnEngine = 5'000, kEngines = 10'000;

struct UidRange {
  std::uint64_t first = 0, count = 0;  // count 0: none
};

bool has_capabilities(std::uint64_t wanted) {
  std::ifstream in("/proc/self/status");
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("CapEff:")) return (std::stoull(line.substr(7), nullptr, 16) & wanted) == wanted;
  return false;
}

// Uids that this process may hand to others. Inside a container only those that were given to it.
UidRange find_host_uids() {
  constexpr std::uint64_t kSetUidAndGid = (1u << 6) | (1u << 7);  // capabilities(7)
  if (::geteuid() != 0 || !has_capabilities(kSetUidAndGid)) return {};
  UidRange best;
  std::ifstream in("/proc/self/uid_map");
  for (std::uint64_t inside = 0, outside = 0, count = 0; in >> inside >> outside >> count;) {
    const std::uint64_t wanted = kFirstHostUid + kUidsOfAnEngine * kEngines;
    if (inside <= kFirstHostUid && inside + count >= wanted) return {kFirstHostUid, kUidsOfAnEngine * kEngines};
    if (count >= kUidsOfAnEngine && count > best.count) best = {inside + count - kUidsOfAnEngine, kUidsOfAnEngine};
  }
  return best;
}

const UidRange& host_uids() {
  static const UidRange range = find_host_uids();
  return range;
}

std::uint64_t next_host_uid() {
  static std::atomic<std::uint64_t> sequence{0};
  const UidRange& range = host_uids();
  if (range.count == 0) return 0;
  // Engines that run at the same time start at different places.
  const std::uint64_t own = static_cast<std::uint64_t>(::getpid()) % kEngines * kUidsOfAnEngine;
  return range.first + (own + sequence++ % kUidsOfAnEngine) % range.count;
}

// This machine's own addresses, and those by which a cloud tells its machines their secrets.
std::vector<std::string> closed_addresses() {
  std::vector<std::string> out{"169.254.0.0/16", "168.63.129.16/32"};
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return out;
  for (const ifaddrs* at = list; at; at = at->ifa_next) {
    if (!at->ifa_addr || at->ifa_addr->sa_family != AF_INET || (at->ifa_flags & IFF_LOOPBACK)) continue;
    std::array<char, INET_ADDRSTRLEN> text{};
    sockaddr_in address;
    std::memcpy(&address, at->ifa_addr, sizeof address);
    if (::inet_ntop(AF_INET, &address.sin_addr, text.data(), text.size()))
      out.push_back(std::string(text.data()) + "/32");
  }
  ::freeifaddrs(list);
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  if (out.size() > kMaxListeners) out.resize(kMaxListeners);
  return out;
}

struct Message {
  std::string text;
  std::vector<int> fds;
};

// One message of the launcher's, or nothing: it ended or took too long.
bool receive(int socket, Message& out) {
  pollfd wait{socket, POLLIN, 0};
  int ready = 0;
  while ((ready = ::poll(&wait, 1, kPatience)) < 0 && errno == EINTR) {
  }
  if (ready <= 0) return false;
  std::array<char, 512> text;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * (kMaxListeners + 4))> control;
  iovec piece{text.data(), text.size()};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t n = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  if (n <= 0) return false;
  out.text.assign(text.data(), static_cast<std::size_t>(n));
  for (cmsghdr* head = CMSG_FIRSTHDR(&message); head; head = CMSG_NXTHDR(&message, head)) {
    if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd;
      std::memcpy(&fd, CMSG_DATA(head) + i * sizeof fd, sizeof fd);
      out.fds.push_back(above_stdio(fd));
    }
  }
  return true;
}

std::string written_to(int memory_file) {
  std::array<char, 400> text{};
  const ssize_t n = ::pread(memory_file, text.data(), text.size(), 0);
  std::string said(text.data(), n > 0 ? static_cast<std::size_t>(n) : 0);
  while (!said.empty() && said.back() == '\n') said.pop_back();
  return said.substr(said.rfind('\n') + 1);
}

std::vector<std::string> launcher_arguments(const NamespacesSpec& spec, std::uint64_t host_uid) {
  std::vector<std::string> out{"cumulet-launcher", "network"};
  const auto add = [&](const char* name, std::string value) {
    out.emplace_back(name);
    out.push_back(std::move(value));
  };
  add("host-uid", std::to_string(host_uid));
  add("own-uid", std::to_string(::geteuid()));
  add("own-gid", std::to_string(::getegid()));
  add("sandbox-uid", std::to_string(kUid));
  add("sandbox-gid", std::to_string(kGid));
  // Without a second user to map, bwrap makes two further namespaces, one in the other, to become the sandbox's.
  add("user-namespaces", host_uid == 0 ? "2" : "0");
  for (const std::uint16_t port : spec.listens) add("listen", "127.0.0.1:" + std::to_string(port));
  if (spec.reach == NamespacesSpec::Reach::outside) {
    for (auto& address : closed_addresses()) add("closed", std::move(address));
    add("outside", kSlirp);
  }
  return out;
}

std::string find_why_no_outside() {
  if (::access(kSlirp, X_OK) != 0) return "slirp4netns: not found (Debian package slirp4netns)";
  const int tun = ::open("/dev/net/tun", O_RDWR | O_CLOEXEC);
  if (tun < 0) return std::string("/dev/net/tun: ") + std::strerror(errno);
  ::close(tun);
  NamespacesSpec spec;
  spec.reach = NamespacesSpec::Reach::outside;
  const auto made = Namespaces::make(spec);
  return made.ok() ? std::string() : made.error().message();
}

}  // namespace

HostUser host_user() { return host_uids().count > 0 ? HostUser::own_uid_each : HostUser::own_user; }

const std::string& Namespaces::no_outside() {
  static const std::string why = find_why_no_outside();
  return why;
}

Result<std::unique_ptr<Namespaces>> Namespaces::make(const NamespacesSpec& spec) {
  const auto failed = [](std::string_view step, std::string_view why) {
    return Error{kSpawnFailed, std::string(step) + ": " + std::string(why)};
  };
  if (launcher_fd() < 0) return failed("the launcher", "no executable file in memory can be made");
  if (spec.listens.size() > kMaxListeners) return failed("listeners", "too many");
  int ends[2], hangup[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    return failed("socketpair", std::strerror(errno));
  if (::pipe2(hangup, O_CLOEXEC) != 0) {
    const int error = errno;
    ::close(ends[0]);
    ::close(ends[1]);
    return failed("pipe", std::strerror(error));
  }
  std::unique_ptr<Namespaces> made(new Namespaces);
  made->host_uid_ = static_cast<uid_t>(next_host_uid());
  made->hangup_ = above_stdio(hangup[1]);
  const int socket = above_stdio(ends[0]), theirs = above_stdio(ends[1]), read_end = above_stdio(hangup[0]);
  const int null = above_stdio(::open("/dev/null", O_RDWR | O_CLOEXEC));
  const int said = above_stdio(::memfd_create("launcher-said", MFD_CLOEXEC));

  Launch launch;
  launch.program_fd = launcher_fd();
  launch.arguments = launcher_arguments(spec, made->host_uid_);
  launch.stdio = {null, null, said};
  launch.inherited = {theirs, read_end};
  const Launched launched = launch_from_spawner(launch);
  for (const int fd : {theirs, read_end, null}) ::close(fd);

  std::string why;
  Message namespaces, ready;
  if (launched.pid < 0) {
    why = std::string(launched.step) + ": " + std::strerror(launched.error);
  } else {
    made->outside_ = launched.pid;
    ::close(launched.pidfd);
    if (!receive(socket, namespaces)) {
      why = written_to(said);
    } else if (namespaces.fds.size() != spec.listens.size() + 2) {
      why = namespaces.text.substr(1);
    } else {
      made->user_ = namespaces.fds[0];
      made->network_ = namespaces.fds[1];
      made->listeners_.assign(namespaces.fds.begin() + 2, namespaces.fds.end());
      namespaces.fds.clear();
      if (spec.reach == NamespacesSpec::Reach::outside && !receive(socket, ready)) {
        why = written_to(said);
        if (why.empty()) why = "slirp4netns did not get ready";
      }
    }
  }
  for (const int fd : namespaces.fds) ::close(fd);
  for (const int fd : {socket, said}) ::close(fd);
  if (!made->listeners_.empty() || made->user_ >= 0) {
    if (why.empty()) return made;
    return failed("the way outside", why);
  }
  return failed("namespaces", why.empty() ? "they could not be made" : why);
}

Namespaces::~Namespaces() {
  for (const int fd : {user_, network_, hangup_})
    if (fd >= 0) ::close(fd);
  for (const int fd : listeners_) ::close(fd);
  if (outside_ <= 0) return;
  ::kill(outside_, SIGKILL);  // it is ours until we wait for it; without an outside it has ended long since
  ::waitpid(outside_, nullptr, 0);
}

}  // namespace cumulet::process
