#pragma once
#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"

// The user and the network namespace of one sandbox. Nothing of the host's network is seen inside, its loopback and its
// abstract UNIX sockets least of all: only what the engine listens on in there, and the outside where that is wished.
// user_namespaces(7), network_namespaces(7), slirp4netns(1).
namespace cumulet::process {

struct NamespacesSpec {
  // 127.0.0.1:PORT inside. Their listening sockets come back: who accepts on them sits outside, the clients inside.
  std::vector<std::uint16_t> listens;
  // Other machines, by slirp4netns: IPv4, names by the host's resolver (kResolver). Never this machine's own addresses,
  // link-local ones (a cloud's metadata) or 168.63.129.16 (another's).
  enum class Reach { nothing, outside } reach = Reach::nothing;
};

// How the users inside stand on the host. own_user: the sandbox's user is the engine's (an engine of an ordinary user
// can map no other); own_uid_each: a uid of its own for each sandbox, never 0 (an engine run by root).
enum class HostUser { own_user, own_uid_each };
HostUser host_user();

// Inside, with Reach::outside: answers as the host's resolver does, one on the host's loopback included. In a range
// that no real network uses (RFC 2544).
inline constexpr const char* kResolver = "198.18.61.3";

class Namespaces {
 public:
  // 2 to 3 ms, 5 to 12 with an outside; blocks. Thread-safe.
  static Result<std::unique_ptr<Namespaces>> make(const NamespacesSpec& spec);
  // Why there can be no outside here ("slirp4netns: not found"); empty: there can. Found out at the first question.
  static const std::string& no_outside();

  ~Namespaces();  // what leads outside ends
  Namespaces(const Namespaces&) = delete;
  Namespaces& operator=(const Namespaces&) = delete;

  int user_fd() const { return user_; }
  int network_fd() const { return network_; }
  uid_t host_uid() const { return host_uid_; }  // of the sandbox's user; 0: own_user
  // Non-blocking, close-on-exec, in the order of the spec; the caller's from now on.
  std::vector<int> take_listeners() { return std::exchange(listeners_, {}); }

 private:
  Namespaces() = default;
  int user_ = -1, network_ = -1;
  uid_t host_uid_ = 0;
  std::vector<int> listeners_;
  pid_t outside_ = -1;  // slirp4netns
  int hangup_ = -1;     // its end comes with ours
};

}  // namespace cumulet::process
