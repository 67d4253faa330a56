#include "apps/polybot/worker/confine.hpp"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <iterator>

namespace cumulet::polybot {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
#error "no seccomp filter for this processor"
#endif

// The system headers of Debian 12 are older than Landlock's network rules.
struct LandlockRuleset {
  std::uint64_t filesystem, network, scoped;
};
struct LandlockPort {
  std::uint64_t allowed, port;
};
constexpr long kCreateRuleset = 444, kAddRule = 445, kRestrictSelf = 446, kIoUringSetup = 425;
constexpr std::uint64_t kBindTcp = 1, kConnectTcp = 2;
constexpr std::uint64_t kAbstractSockets = 1, kSignals = 2;
constexpr int kPortRule = 2, kFirstWithNetwork = 4, kFirstWithScopes = 6;

void confine_ports(int tcp_port) {
  const long version = ::syscall(kCreateRuleset, nullptr, 0, 1u);
  if (version < kFirstWithNetwork) return;
  const bool scopes = version >= kFirstWithScopes;
  const LandlockRuleset rules{0, kBindTcp | kConnectTcp, scopes ? kAbstractSockets | kSignals : 0};
  const long set = ::syscall(kCreateRuleset, &rules, scopes ? sizeof rules : offsetof(LandlockRuleset, scoped), 0u);
  if (set < 0) return;
  const LandlockPort port{kConnectTcp, static_cast<std::uint64_t>(tcp_port)};
  if (::syscall(kAddRule, set, kPortRule, &port, 0u) == 0) ::syscall(kRestrictSelf, set, 0u);
  ::close(static_cast<int>(set));
}

constexpr sock_filter load(std::size_t offset) {
  return {BPF_LD | BPF_W | BPF_ABS, 0, 0, static_cast<std::uint32_t>(offset)};
}
// The lower half: the kernel takes these arguments as int.
constexpr sock_filter load_argument(std::size_t number) { return load(offsetof(seccomp_data, args) + 8 * number); }
constexpr sock_filter jump(int test, std::uint32_t value, int when_true, int when_false) {
  return {static_cast<std::uint16_t>(BPF_JMP | test | BPF_K), static_cast<std::uint8_t>(when_true),
          static_cast<std::uint8_t>(when_false), value};
}
constexpr sock_filter answer(std::uint32_t value) { return {BPF_RET | BPF_K, 0, 0, value}; }
constexpr sock_filter refuse(int error) { return answer(SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(error)); }

constexpr sock_filter kSockets[] = {
    load(offsetof(seccomp_data, arch)),
    jump(BPF_JEQ, kArchitecture, 1, 0),
    refuse(ENOSYS),
    load(offsetof(seccomp_data, nr)),
    jump(BPF_JGE, 0x40000000, 0, 1),  // x32
    refuse(ENOSYS),
    jump(BPF_JEQ, kIoUringSetup, 0, 1),  // makes sockets past this filter
    refuse(ENOSYS),
    // A connection may begin with data in place of connect(): TCP Fast Open.
    jump(BPF_JEQ, SYS_sendto, 0, 2),
    load_argument(3),
    jump(BPF_JA, 5, 0, 0),
    jump(BPF_JEQ, SYS_sendmsg, 0, 2),
    load_argument(2),
    jump(BPF_JA, 2, 0, 0),
    jump(BPF_JEQ, SYS_sendmmsg, 0, 3),
    load_argument(3),
    jump(BPF_JSET, MSG_FASTOPEN, 0, 14),
    refuse(EOPNOTSUPP),
    jump(BPF_JEQ, SYS_socket, 0, 12),
    load_argument(0),
    jump(BPF_JEQ, AF_UNIX, 10, 0),
    jump(BPF_JEQ, AF_NETLINK, 9, 0),  // how the C library learns of interfaces
    jump(BPF_JEQ, AF_INET, 1, 0),
    jump(BPF_JEQ, AF_INET6, 0, 6),
    load_argument(1),
    {BPF_ALU | BPF_AND | BPF_K, 0, 0, 0xf},
    jump(BPF_JEQ, SOCK_STREAM, 0, 3),
    load_argument(2),
    jump(BPF_JEQ, 0, 2, 0),
    jump(BPF_JEQ, IPPROTO_TCP, 1, 0),
    refuse(EACCES),
    answer(SECCOMP_RET_ALLOW),
};

}  // namespace

void confine_network(int tcp_port) {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return;
  confine_ports(tcp_port);
  const sock_fprog program{static_cast<unsigned short>(std::size(kSockets)), const_cast<sock_filter*>(kSockets)};
  ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
}

}  // namespace cumulet::polybot
