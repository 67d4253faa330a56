#include "process/namespaces.hpp"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

#include "process/sandbox.hpp"

namespace cumulet::process {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

class Inside : public testing::Test {
 protected:
  void SetUp() override {
    static const std::optional<std::string> why = unavailable();
    if (why) GTEST_SKIP() << "no sandbox here: " << *why;
  }

  // A Python script in the namespaces; what it prints.
  std::string python(std::shared_ptr<Namespaces> namespaces, std::string script) {
    std::string out;
    SandboxSpec spec;
    spec.name = "inside";
    spec.command = {"/usr/bin/python3", "-c", std::move(script)};
    spec.namespaces = std::move(namespaces);
    spec.on_stdout = [&out](std::string_view piece) { out += piece; };
    spec.on_stderr = spec.on_stdout;
    auto child = spawn(std::move(spec));
    EXPECT_TRUE(child.ok()) << child.error().message();
    if (child.ok()) {
      EXPECT_TRUE((*child)->wait_for(30s)) << "still running";
    }
    return out;
  }
};

std::shared_ptr<Namespaces> made(const NamespacesSpec& spec) {
  auto namespaces = Namespaces::make(spec);
  EXPECT_TRUE(namespaces.ok()) << namespaces.error().message();
  return namespaces.ok() ? std::shared_ptr<Namespaces>(std::move(namespaces).value()) : nullptr;
}

// A listening socket of the host's own, on loopback.
int host_listener(std::uint16_t& port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&name), sizeof name), 0);
  EXPECT_EQ(::listen(fd, 8), 0);
  socklen_t length = sizeof name;
  EXPECT_EQ(::getsockname(fd, reinterpret_cast<sockaddr*>(&name), &length), 0);
  port = ntohs(name.sin_port);
  return fd;
}

TEST_F(Inside, WhoListensSitsOutsideAndIsReachedFromInside) {
  const auto namespaces = made({{9001, 4566}, NamespacesSpec::Reach::nothing});
  ASSERT_TRUE(namespaces);
  const std::vector<int> listeners = namespaces->take_listeners();
  ASSERT_EQ(listeners.size(), 2u);
  std::thread server([fd = listeners[1]] {
    pollfd wait{fd, POLLIN, 0};
    if (::poll(&wait, 1, 20'000) != 1) return;
    const int client = ::accept(fd, nullptr, nullptr);
    (void)!::write(client, "from outside", 12);
    ::close(client);
  });
  EXPECT_EQ(python(namespaces,
                   "import socket\ns = socket.create_connection(('127.0.0.1', 4566), 10)\n"
                   "print(s.recv(100).decode(), end='')"),
            "from outside");
  server.join();
  for (const int fd : listeners) ::close(fd);
}

TEST_F(Inside, NobodyOnTheHostReachesWhatListensInThere) {
  const auto namespaces = made({{9001}, NamespacesSpec::Reach::nothing});
  ASSERT_TRUE(namespaces);
  const std::vector<int> listeners = namespaces->take_listeners();
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(9001);
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&name), sizeof name) == 0) {
    pollfd wait{listeners[0], POLLIN, 0};
    EXPECT_EQ(::poll(&wait, 1, 0), 0) << "somebody else listens on 9001 here; the connection must be theirs";
  }
  ::close(fd);
  for (const int listener : listeners) ::close(listener);
}

TEST_F(Inside, TheHostsLoopbackAndAbstractSocketsAreNotThere) {
  std::uint16_t port = 0;
  const int tcp = host_listener(port);
  const int abstract = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  const std::string label = "cumulet-test-" + std::to_string(::getpid());
  std::memcpy(name.sun_path + 1, label.data(), label.size());
  ASSERT_EQ(::bind(abstract, reinterpret_cast<sockaddr*>(&name),
                   static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + label.size())),
            0);
  ASSERT_EQ(::listen(abstract, 8), 0);
  const std::string script =
      "import socket\n"
      "s = socket.socket()\nprint(s.connect_ex(('127.0.0.1', " +
      std::to_string(port) +
      ")))\n"
      "u = socket.socket(socket.AF_UNIX)\nprint(u.connect_ex('\\0" +
      label + "'))\n";
  for (const auto reach : {NamespacesSpec::Reach::nothing, NamespacesSpec::Reach::outside}) {
    if (reach == NamespacesSpec::Reach::outside && !Namespaces::no_outside().empty()) continue;
    EXPECT_EQ(python(made({{}, reach}), script), "111\n111\n") << "ECONNREFUSED both";
  }
  ::close(tcp);
  ::close(abstract);
}

TEST_F(Inside, TheOutsideIsNeitherThisMachineNorACloudsMetadata) {
  if (const auto& why = Namespaces::no_outside(); !why.empty()) GTEST_SKIP() << "no outside to be had: " << why;
  EXPECT_EQ(python(made({{}, NamespacesSpec::Reach::outside}),
                   "import socket, errno\n"
                   "for a in ('169.254.169.254', '169.254.170.2', '168.63.129.16'):\n"
                   "    s = socket.socket(); s.settimeout(5)\n"
                   "    print(errno.errorcode.get(s.connect_ex((a, 80))))\n"
                   "print(open('/proc/net/dev').read().count('tap0'))\n"),
            "EHOSTUNREACH\nEHOSTUNREACH\nEHOSTUNREACH\n1\n");
  // Each of this machine's own addresses.
  std::string own = "import socket, errno\n";
  std::ifstream in("/proc/net/fib_trie");
  std::string addresses;
  for (std::string line, last; std::getline(in, line); last = line)
    if (line.find("/32 host LOCAL") != std::string::npos) {
      const std::string address = last.substr(last.rfind(' ') + 1);
      if (!address.starts_with("127.")) addresses += "'" + address + "', ";
    }
  if (addresses.empty()) return;  // a machine without a network
  EXPECT_THAT(
      python(made({{}, NamespacesSpec::Reach::outside}), "import socket, errno\nfor a in (" + addresses +
                                                             "):\n    s = socket.socket(); s.settimeout(5)\n"
                                                             "    print(errno.errorcode.get(s.connect_ex((a, 22))))\n"),
      testing::MatchesRegex("(EHOSTUNREACH\n)+"));
}

TEST_F(Inside, WithoutAnOutsideThereIsNoWayOut) {
  EXPECT_EQ(python(made({}),
                   "import socket, errno\ns = socket.socket()\n"
                   "print(errno.errorcode[s.connect_ex(('192.0.2.77', 80))])\n"
                   "print(open('/proc/net/dev').read().count(':'))"),
            "ENETUNREACH\n1\n");
}

}  // namespace
}  // namespace cumulet::process
