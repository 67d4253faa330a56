#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process/launcher/launcher.hpp"

extern char** environ;

namespace cumulet::launcher {
namespace {

constexpr int kMaxSockets = 64;

struct Wishes {
  unsigned long host_uid = 0;  // 0: the sandbox's user is the engine's own on the host
  unsigned long own_uid = 0, own_gid = 0;
  unsigned long sandbox_uid = 0, sandbox_gid = 0;
  unsigned long user_namespaces = 0;  // how many more may be made inside
  char* listens[kMaxSockets];         // "127.0.0.1:9001"
  int listen_count = 0;
  char* closed[kMaxSockets];  // "192.0.2.2/32": addresses that must not be reached
  int closed_count = 0;
  const char* outside = nullptr;  // slirp4netns's path
};

// The engine reads one message: "E" and a text, or "N" with the descriptors.
int refuse(const char* what, int error) {
  char text[256] = "E";
  ::snprintf(text + 1, sizeof text - 1, "%s: %s", what, ::strerror(error));
  (void)!::send(kSocket, text, ::strlen(text), MSG_NOSIGNAL);
  return 127;
}

bool write_file(const char* path, const char* text) {
  const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const auto length = static_cast<ssize_t>(::strlen(text));
  const bool written = ::write(fd, text, static_cast<size_t>(length)) == length;
  const int error = errno;
  ::close(fd);
  errno = error;
  return written;
}

// From outside: more than one line may be written only by who has CAP_SETUID there.
bool map_ids(pid_t pid, const Wishes& wishes) {
  char path[64], text[128];
  const auto path_of = [&](const char* file) { ::snprintf(path, sizeof path, "/proc/%d/%s", pid, file); };
  const auto text_of = [&](unsigned long own, unsigned long inside) {
    int length = ::snprintf(text, sizeof text, "0 %lu 1\n", own);
    if (wishes.host_uid != 0)
      ::snprintf(text + length, sizeof text - static_cast<size_t>(length), "%lu %lu 1\n", inside, wishes.host_uid);
  };
  if (wishes.host_uid == 0) {
    path_of("setgroups");
    if (!write_file(path, "deny")) return false;
  }
  text_of(wishes.own_uid, wishes.sandbox_uid);
  path_of("uid_map");
  if (!write_file(path, text)) return false;
  text_of(wishes.own_gid, wishes.sandbox_gid);
  path_of("gid_map");
  return write_file(path, text);
}

bool loopback_up() {
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  ifreq request{};
  ::strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  const bool is_up = ::ioctl(fd, SIOCSIFFLAGS, &request) == 0;
  const int error = errno;
  ::close(fd);
  errno = error;
  return is_up;
}

// "ADDRESS/BITS" (IPv4) answers EHOSTUNREACH from here on, whatever other routes come.
bool close_route(int netlink, const char* text) {
  char address[INET_ADDRSTRLEN] = {};
  const char* slash = ::strchr(text, '/');
  if (!slash || slash - text >= INET_ADDRSTRLEN) return false;
  ::memcpy(address, text, static_cast<size_t>(slash - text));
  struct {
    nlmsghdr head;
    rtmsg route;
    rtattr attribute;
    in_addr destination;
  } request{};
  request.head.nlmsg_len = sizeof request;
  request.head.nlmsg_type = RTM_NEWROUTE;
  request.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_ACK;
  request.route.rtm_family = AF_INET;
  request.route.rtm_dst_len = static_cast<unsigned char>(number(slash + 1));
  request.route.rtm_table = RT_TABLE_MAIN;
  request.route.rtm_protocol = RTPROT_STATIC;
  request.route.rtm_type = RTN_UNREACHABLE;
  request.attribute.rta_type = RTA_DST;
  request.attribute.rta_len = RTA_LENGTH(sizeof(in_addr));
  if (::inet_pton(AF_INET, address, &request.destination) != 1) return false;
  if (::send(netlink, &request, sizeof request, 0) < 0) return false;
  struct {
    nlmsghdr head;
    nlmsgerr error;
    char rest[256];
  } answer{};
  if (::recv(netlink, &answer, sizeof answer, 0) < static_cast<ssize_t>(sizeof answer.head + sizeof(int))) return false;
  if (answer.head.nlmsg_type != NLMSG_ERROR) return false;
  errno = -answer.error.error;
  return errno == 0 || errno == EEXIST;
}

int listen_on(const char* text) {
  char address[INET_ADDRSTRLEN] = {};
  const char* colon = ::strchr(text, ':');
  if (!colon || colon - text >= INET_ADDRSTRLEN) return -1;
  ::memcpy(address, text, static_cast<size_t>(colon - text));
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(static_cast<in_port_t>(number(colon + 1)));
  if (::inet_pton(AF_INET, address, &name.sin_addr) != 1) return -1;
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  if (::bind(fd, reinterpret_cast<sockaddr*>(&name), sizeof name) == 0 && ::listen(fd, 1024) == 0) return fd;
  const int error = errno;
  ::close(fd);
  errno = error;
  return -1;
}

bool send_descriptors(const int* fds, int count) {
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * (kMaxSockets + 2))] = {};
  char word = 'N';
  iovec piece{&word, 1};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control;
  const size_t bytes = sizeof(int) * static_cast<size_t>(count);
  message.msg_controllen = CMSG_SPACE(bytes);
  cmsghdr* head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = SOL_SOCKET;
  head->cmsg_type = SCM_RIGHTS;
  head->cmsg_len = CMSG_LEN(bytes);
  ::memcpy(CMSG_DATA(head), fds, bytes);
  return ::sendmsg(kSocket, &message, MSG_NOSIGNAL) == 1;
}

// In the new namespaces, as their uid 0.
int furnish(const Wishes& wishes) {
  char limit[24];
  ::snprintf(limit, sizeof limit, "%lu", wishes.user_namespaces);
  // A function that could make namespaces of its own would have all capabilities in them: mounts, control groups.
  if (!write_file("/proc/sys/user/max_user_namespaces", limit)) return refuse("max_user_namespaces", errno);
  if (!loopback_up()) return refuse("the loopback device", errno);
  if (wishes.closed_count > 0) {
    const int netlink = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (netlink < 0) return refuse("netlink", errno);
    for (int i = 0; i < wishes.closed_count; ++i)
      if (!close_route(netlink, wishes.closed[i])) return refuse(wishes.closed[i], errno);
    ::close(netlink);
  }
  int fds[kMaxSockets + 2];
  int count = 0;
  fds[count++] = ::open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC);
  fds[count++] = ::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  if (fds[0] < 0 || fds[1] < 0) return refuse("/proc/self/ns", errno);
  for (int i = 0; i < wishes.listen_count; ++i)
    if ((fds[count++] = listen_on(wishes.listens[i])) < 0) return refuse(wishes.listens[i], errno);
  return send_descriptors(fds, count) ? 0 : 127;
}

bool parse(int argc, char** argv, Wishes& wishes) {
  for (int i = 0; i < argc; i += 2) {
    if (i + 1 >= argc) return false;
    char* value = argv[i + 1];
    const auto is = [&](const char* name) { return ::strcmp(argv[i], name) == 0; };
    if (is("host-uid")) {
      wishes.host_uid = number(value);
    } else if (is("own-uid")) {
      wishes.own_uid = number(value);
    } else if (is("own-gid")) {
      wishes.own_gid = number(value);
    } else if (is("sandbox-uid")) {
      wishes.sandbox_uid = number(value);
    } else if (is("sandbox-gid")) {
      wishes.sandbox_gid = number(value);
    } else if (is("user-namespaces")) {
      wishes.user_namespaces = number(value);
    } else if (is("outside")) {
      wishes.outside = value;
    } else if (is("listen") && wishes.listen_count < kMaxSockets) {
      wishes.listens[wishes.listen_count++] = value;
    } else if (is("closed") && wishes.closed_count < kMaxSockets) {
      wishes.closed[wishes.closed_count++] = value;
    } else {
      return false;
    }
  }
  return true;
}

// What leads outside: a process of the host that carries the namespace's packets, without the host's loopback. It ends
// with the engine or when told.
int lead_outside(const Wishes& wishes, int user_namespace, int network_namespace) {
  char user[48], network[48], ready[24], hangup[24];
  ::snprintf(user, sizeof user, "--userns-path=/proc/self/fd/%d", user_namespace);
  ::snprintf(network, sizeof network, "/proc/self/fd/%d", network_namespace);
  ::snprintf(ready, sizeof ready, "--ready-fd=%d", kSocket);
  ::snprintf(hangup, sizeof hangup, "--exit-fd=%d", kHangup);
  char program[] = "slirp4netns", configure[] = "--configure", mtu[] = "--mtu=65520", range[] = "--cidr=198.18.61.0/24",
       no_loopback[] = "--disable-host-loopback", sandbox[] = "--enable-sandbox", seccomp[] = "--enable-seccomp",
       type[] = "--netns-type=path", device[] = "tap0";
  char* const arguments[] = {program, configure, mtu,    range, no_loopback, sandbox, seccomp,
                             type,    ready,     hangup, user,  network,     device,  nullptr};
  ::execve(wishes.outside, arguments, environ);
  return fail(wishes.outside, errno);
}

}  // namespace

// network NAME VALUE…
int network(int argc, char** argv) {
  Wishes wishes;
  if (!parse(argc, argv, wishes)) return 126;
  int unshared[2], mapped[2];
  if (::pipe2(unshared, O_CLOEXEC) != 0 || ::pipe2(mapped, O_CLOEXEC) != 0) return refuse("pipe", errno);
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) return refuse("fork", errno);
  if (child == 0) {
    char word = 0;
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) return refuse("user and network namespaces", errno);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) return 127;
    if (::write(unshared[1], "u", 1) != 1 || ::read(mapped[0], &word, 1) != 1 || word != 'm') return 127;
    return furnish(wishes);
  }
  ::close(unshared[1]);
  ::close(mapped[0]);
  char word = 0;
  if (::read(unshared[0], &word, 1) != 1) return 127;  // it has said why
  if (!map_ids(child, wishes)) return refuse("the mapping of users", errno);
  char path[48];
  ::snprintf(path, sizeof path, "/proc/%d/ns/user", child);
  const int user_namespace = ::open(path, O_RDONLY);
  ::snprintf(path, sizeof path, "/proc/%d/ns/net", child);
  const int network_namespace = ::open(path, O_RDONLY);
  if (user_namespace < 0 || network_namespace < 0) return refuse(path, errno);
  if (::write(mapped[1], "m", 1) != 1) return 127;
  int status = 0;
  if (::waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0) return 127;
  return wishes.outside ? lead_outside(wishes, user_namespace, network_namespace) : 0;
}

}  // namespace cumulet::launcher
