#pragma once

namespace cumulet::polybot {

// Takes from the calling process, and from all it starts, every way to the network but TCP to this port: by seccomp no
// other internet sockets (UDP, raw, MPTCP) can be made, by Landlock (Linux 6.7 or later) no other port be connected to
// or bound. What the kernel does not have, or an outer sandbox forbids, is left out. Async-signal-safe: for a forked
// child. https://docs.kernel.org/userspace-api/landlock.html
void confine_network(int tcp_port);

}  // namespace cumulet::polybot
