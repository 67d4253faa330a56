#include "apps/polybot/worker/fetch.hpp"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "apps/polybot/worker/child.hpp"
#include "apps/polybot/worker/filter_proxy.hpp"
#include "sdk/testing/fake_http_server.hpp"

namespace cumulet::polybot {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Reply = sdk::FakeHttpServer::Reply;
using Received = sdk::FakeHttpServer::Received;

std::vector<std::string> target(std::string_view text) {
  const auto arguments = yt_dlp_arguments({}, text, WantedForm::any, "/folder", "http://proxy");
  EXPECT_EQ(arguments.front(), "yt-dlp");
  EXPECT_EQ(std::count(arguments.begin(), arguments.end(), "--"), 1);
  return {arguments.end() - 2, arguments.end()};
}

TEST(Arguments, AreLinksOrSearchesBehindTwoDashes) {
  EXPECT_THAT(target("https://x.y/z?a=b&c"), ElementsAre("--", "https://x.y/z?a=b&c"));
  EXPECT_THAT(target("funny cats"), ElementsAre("--", "ytsearch1:funny cats"));
  EXPECT_THAT(target("--exec rm -rf ~"), ElementsAre("--", "ytsearch1:--exec rm -rf ~"));
  EXPECT_THAT(target("-o /etc/passwd"), ElementsAre("--", "ytsearch1:-o /etc/passwd"));
  EXPECT_THAT(target("file:///etc/passwd"), ElementsAre("--", "ytsearch1:file:///etc/passwd"));
  EXPECT_THAT(target("$(reboot); `x` 'y' \"z\""), ElementsAre("--", "ytsearch1:$(reboot); `x` 'y' \"z\""));
  EXPECT_THAT(target(std::string_view("two\nlines\0end", 13)), ElementsAre("--", "ytsearch1:two lines end"));
  EXPECT_THAT(target("ytsearch99:x"), ElementsAre("--", "ytsearch1:ytsearch99:x"));
  const auto all = yt_dlp_arguments({}, "x", WantedForm::any, "/folder", "http://proxy");
  const auto output = std::find(all.begin(), all.end(), "--output");
  EXPECT_EQ(*(output + 1), "/folder/video") << "no template: no name comes from yt-dlp";
  EXPECT_EQ(*(std::find(all.begin(), all.end(), "--proxy") + 1), "http://proxy");
  EXPECT_EQ(all[1], "--ignore-config");
  EXPECT_EQ(*(std::find(all.begin(), all.end(), "--downloader-args") + 1),
            "ffmpeg_i:-protocol_whitelist http,https,tcp,tls,httpproxy,crypto");
}

TEST(Reasons, AreOneSentence) {
  const FetchSettings settings;
  EXPECT_EQ(reason_of("ERROR: [generic] Unable to download webpage: HTTP Error 404: Not Found", settings),
            "There is nothing at that address.");
  EXPECT_EQ(reason_of("[download] File is larger than max-filesize (9 bytes > 5 bytes). Aborting.", settings),
            "That video is larger than 500 MB, the most I fetch.");
  EXPECT_EQ(reason_of("[download] x does not pass filter (!is_live & duration<=?3600), skipping ..", settings),
            "That video is longer than 60 minutes, the most I fetch, or it is a live stream.");
  EXPECT_EQ(reason_of("Traceback (most recent call last):\n  File x\nValueError: y", settings),
            "I could not fetch that video.");
}

Address address(const std::string& text) {
  const auto found = resolve(text, "80");
  EXPECT_EQ(found.size(), 1u) << text;
  return found.empty() ? Address{} : found.front();
}

TEST(Addresses, OnlyPublicOnesArePermitted) {
  for (const char* bad :
       {"127.0.0.1",     "127.255.0.1",      "0.0.0.0",         "10.1.2.3",        "172.16.0.1",      "172.31.255.255",
        "192.168.1.1",   "169.254.169.254",  "100.64.0.1",      "100.127.255.255", "192.0.0.1",       "192.0.2.1",
        "198.18.0.1",    "198.51.100.1",     "203.0.113.1",     "224.0.0.1",       "255.255.255.255", "::",
        "::1",           "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1",     "64:ff9b::7f00:1", "2002:7f00:1::",
        "2002:0a00:1::", "fe80::1",          "fc00::1",         "fd00:ec2::254",   "ff02::1",         "2001:db8::1",
        "2001::1",       "fec0::1",          "100::1"})
    EXPECT_FALSE(is_public(address(bad))) << bad;
  // What clouds serve their own machines, some of it under public addresses; and every way to write it in v6.
  for (const char* bad :
       {"168.63.129.16", "::ffff:168.63.129.16", "64:ff9b::a83f:8110", "2002:a83f:8110::1", "2606:4700::5efe:a83f:8110",
        "2606:4700::200:5efe:10.0.0.1", "100.100.100.200", "192.0.0.192", "199.36.153.8", "161.26.0.10", "166.9.1.1"})
    EXPECT_FALSE(is_public(address(bad))) << bad;
  // The rest of IANA's registries.
  for (const char* bad :
       {"192.31.196.1", "192.52.193.1", "192.88.99.2", "192.175.48.1", "192.0.0.8", "64:ff9b:1::808:808", "2001:2::1",
        "2001:20::1", "2001:30::1", "2620:4f:8000::1", "3fff::1", "3ffe::1", "5f00::1"})
    EXPECT_FALSE(is_public(address(bad))) << bad;
  for (const char* good : {"8.8.8.8", "172.15.0.1", "172.32.0.1", "100.63.0.1", "100.128.0.1", "192.167.1.1",
                           "168.63.129.17", "2606:4700::1111", "2606:4700::5efe:8.8.8.8", "2a00:1450::1",
                           "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"})
    EXPECT_TRUE(is_public(address(good))) << good;
  const auto allowed = *parse_networks("10.1.0.0/16,::1");
  EXPECT_TRUE(is_permitted(address("10.1.9.9"), allowed));
  EXPECT_TRUE(is_permitted(address("::ffff:10.1.9.9"), allowed));
  EXPECT_TRUE(is_permitted(address("::1"), allowed));
  EXPECT_FALSE(is_permitted(address("10.2.9.9"), allowed));
}

TEST(Addresses, AreReadFromLinks) {
  const auto is = [](std::string_view url, const std::string& host, const std::string& port) {
    EXPECT_EQ(host_of(url).host, host) << url;
    EXPECT_EQ(host_of(url).port, port) << url;
  };
  is("http://a.b/c", "a.b", "80");
  is("https://a.b", "a.b", "443");
  is("http://a.b:81/c:d", "a.b", "81");
  is("http://[::1]:81/", "::1", "81");
  is("http://good@evil.com\\@x/", "evil.com", "80");
  is("http://a.b@127.0.0.1:8/", "127.0.0.1", "8");
  is("http://a.b:x/", "", "");
  is("nothing", "", "");
}

TEST(ProxyRequests, AreRewrittenForTheServer) {
  const auto get = read_proxy_request(
      "GET http://a.b:81/c?d#e HTTP/1.1\r\nHost: a.b:81\r\nProxy-Connection: keep-alive\r\nConnection: keep-alive\r\n"
      "Accept: */*\r\n");
  EXPECT_EQ(get.target.host, "a.b");
  EXPECT_EQ(get.head, "GET /c?d HTTP/1.1\r\nHost: a.b:81\r\nAccept: */*\r\nConnection: close\r\n\r\n");
  const auto tunnel = read_proxy_request("CONNECT a.b:443 HTTP/1.1\r\n");
  EXPECT_TRUE(tunnel.is_tunnel);
  EXPECT_EQ(tunnel.target.port, "443");
  for (const char* bad : {"", "GET", "GET / HTTP/1.1\r\n", "GET ftp://a/ HTTP/1.1\r\n", "GET http://a/ FTP/1\r\n",
                          "CONNECT  HTTP/1.1\r\n"})
    EXPECT_EQ(read_proxy_request(bad).target.host, "") << bad;
}

// What a client gets by a request through the proxy.
std::string through(const FilterProxy& proxy, const std::string& request) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(std::stoi(proxy.url().substr(17))));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
  EXPECT_EQ(::send(fd, request.data(), request.size(), 0), static_cast<ssize_t>(request.size()));
  std::string out;
  char piece[4096];
  for (ssize_t got = 0; (got = ::recv(fd, piece, sizeof piece, 0)) > 0;)
    out.append(piece, static_cast<std::size_t>(got));
  ::close(fd);
  return out;
}

TEST(Proxy, RefusesWhatIsNotPermitted) {
  sdk::FakeHttpServer server([](const Received&) { return Reply{.body = "secret"}; });
  const auto proxy = *FilterProxy::start({});
  EXPECT_THAT(through(*proxy, "GET " + server.url() + "/ HTTP/1.1\r\nHost: x\r\n\r\n"), HasSubstr("403"));
  EXPECT_THAT(through(*proxy, "CONNECT " + server.address() + " HTTP/1.1\r\n\r\n"), HasSubstr("403"));
  EXPECT_THAT(through(*proxy, "CONNECT localhost:" + server.address().substr(10) + " HTTP/1.1\r\n\r\n"),
              HasSubstr("403"));
  EXPECT_THAT(through(*proxy, "GET / HTTP/1.1\r\n\r\n"), HasSubstr("400"));
  EXPECT_TRUE(server.received().empty());
  EXPECT_TRUE(proxy->refused_an_address());
}

TEST(Proxy, RefusesThisMachineAndOtherPorts) {
  ProxyLimits limits;
  limits.own = {*Network::parse("8.8.4.4"), Network::of(address("2606:4700::1111"))};
  const auto proxy = *FilterProxy::start(limits);
  for (const char* own : {"8.8.4.4:443", "[2606:4700::1111]:80", "[::ffff:8.8.4.4]:443"})
    EXPECT_THAT(through(*proxy, "CONNECT " + std::string(own) + " HTTP/1.1\r\n\r\n"), HasSubstr("403")) << own;
  EXPECT_FALSE(proxy->refused_a_port());
  for (const char* port : {"8.8.8.8:22", "8.8.8.8:25", "8.8.8.8:6379", "8.8.8.8:0443"})
    EXPECT_THAT(through(*proxy, "CONNECT " + std::string(port) + " HTTP/1.1\r\n\r\n"), HasSubstr("403")) << port;
  EXPECT_TRUE(proxy->refused_a_port());
  const auto allowed = *parse_networks("8.8.4.4");
  EXPECT_TRUE(is_permitted(address("8.8.4.4"), allowed, limits.own));
  EXPECT_TRUE(is_permitted_port(address("8.8.4.4"), "22", allowed));
  EXPECT_FALSE(is_permitted_port(address("8.8.8.8"), "22", allowed));
  const auto own = own_addresses();
  EXPECT_TRUE(
      std::any_of(own.begin(), own.end(), [](const Network& one) { return one.contains(address("127.0.0.1")); }));
}

TEST(Proxy, PassesOnWhatIsAndCountsIt) {
  sdk::FakeHttpServer server(
      [](const Received&) { return Reply{.body = std::string(1000, 'x'), .close_after = true}; });
  ProxyLimits limits;
  limits.allowed = *parse_networks("127.0.0.1");
  limits.most_bytes = 2500;
  const auto proxy = *FilterProxy::start(std::move(limits));
  const std::string get = "GET " + server.url() + "/v HTTP/1.1\r\nHost: " + server.address() + "\r\n\r\n";
  EXPECT_THAT(through(*proxy, get), HasSubstr(std::string(1000, 'x')));
  const std::string tunnel =
      "CONNECT " + server.address() + " HTTP/1.1\r\n\r\nGET /w HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n";
  EXPECT_THAT(through(*proxy, tunnel), HasSubstr("200 Connection established\r\n\r\nHTTP/1.1 200"));
  EXPECT_EQ(server.received().at(1).target, "/w");
  EXPECT_FALSE(proxy->reached_the_limit());
  (void)through(*proxy, get);
  EXPECT_TRUE(proxy->reached_the_limit());
  EXPECT_THAT(through(*proxy, get), HasSubstr("403"));
  EXPECT_FALSE(proxy->refused_an_address());
}

ChildSpec shell(const std::string& script) {
  ChildSpec spec;
  spec.arguments = {"sh", "-c", script};
  spec.environment = {{"PATH", "/usr/bin:/bin"}};
  spec.folder = "/tmp";
  spec.time_limit = Seconds{20};
  return spec;
}

TEST(Child, TellsItsStatusAndLines) {
  std::vector<std::string> lines;
  const auto out = run_child(shell("echo one; echo two >&2; exit 3"), [&](std::string_view line) {
    if (!line.empty()) lines.emplace_back(line);
    return true;
  });
  ASSERT_TRUE(out.ok());
  EXPECT_EQ(out->status, 3);
  EXPECT_THAT(lines, ElementsAre("one", "two"));
  EXPECT_EQ(run_child(shell("kill -9 $$"), [](auto) { return true; })->status, 128 + 9);
  ChildSpec missing = shell("");
  missing.arguments = {"no-such-program"};
  EXPECT_EQ(run_child(missing, [](auto) { return true; })->status, 127);
}

TEST(Child, KeepsTheEndOfEndlessOutput) {
  const auto out = run_child(shell("head -c 1000000 /dev/zero | tr '\\0' x; echo end"), [](auto) { return true; });
  EXPECT_LE(out->output.size(), 64u * 1024);
  EXPECT_TRUE(out->output.ends_with("xend\n"));
}

TEST(Child, DoesNotWaitForWhatHoldsItsOutput) {
  const auto began = std::chrono::steady_clock::now();
  const auto out = run_child(shell("setsid sleep 100 & exit 0"), [](auto) { return true; });
  EXPECT_EQ(out->status, 0);
  EXPECT_LT(std::chrono::steady_clock::now() - began, Seconds{60});
}

TEST(Child, DoesNotReadForEverWhatWasLeftBehind) {
  ChildSpec spec = shell("yes & yes & yes & echo done; exit 4");
  spec.time_limit = Seconds{120};
  const auto out = run_child(spec, [](auto) { return true; });
  EXPECT_EQ(out->end, ChildResult::End::exited);
  EXPECT_EQ(out->status, 4);
}

TEST(Child, InheritsNoDescriptor) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);  // without O_CLOEXEC, as a library might
  const auto out = run_child(shell("[ -e /proc/self/fd/" + std::to_string(ends[1]) + " ] && echo open || echo closed"),
                             [](auto) { return true; });
  EXPECT_EQ(out->output, "closed\n");
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(Child, WritesNoLargerFilesThanItMay) {
  ChildSpec spec =
      shell("head -c 100000 /dev/zero > polybot-child-test; status=$?; rm -f polybot-child-test; exit $status");
  spec.largest_file = 1000;
  EXPECT_NE(run_child(spec, [](auto) { return true; })->status, 0);
}

// A server that speaks first, as FTP's do, and counts who comes.
class Listener {
 public:
  Listener() : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_ANY);
    socklen_t size = sizeof at;
    EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&at), size), 0);
    EXPECT_EQ(::listen(fd_, 8), 0);
    EXPECT_EQ(::getsockname(fd_, reinterpret_cast<sockaddr*>(&at), &size), 0);
    port_ = ntohs(at.sin_port);
    thread_ = std::thread([this] {
      for (int client; (client = ::accept(fd_, nullptr, nullptr)) >= 0; ::close(client)) ++came_;
    });
  }
  ~Listener() {
    ::shutdown(fd_, SHUT_RDWR);
    thread_.join();
    ::close(fd_);
  }
  int port() const { return port_; }
  int came() const { return came_; }

 private:
  int fd_, port_ = 0;
  std::atomic<int> came_ = 0;
  std::thread thread_;
};

std::string python(const std::string& script, std::optional<int> only_tcp_port) {
  ChildSpec spec = shell("");
  spec.arguments = {"/usr/bin/python3", "-c", script};
  spec.only_tcp_port = only_tcp_port;
  return run_child(spec, [](auto) { return true; })->output;
}

TEST(Child, ReachesThePortThatItMayAndNothingElse) {
  if (::access("/usr/bin/python3", X_OK) != 0) GTEST_SKIP() << "no /usr/bin/python3: no network was confined";
  Listener good, bad;
  const auto connect = [](int port) {
    return "import socket\ns = socket.socket()\nprint(s.connect_ex(('127.0.0.1', " + std::to_string(port) + ")))";
  };
  EXPECT_EQ(python(connect(good.port()), good.port()), "0\n");
  EXPECT_EQ(python(connect(bad.port()), std::nullopt), "0\n");
  const std::string sockets =
      "import socket, os\n"
      "def kind(*what):\n"
      "    try:\n"
      "        socket.socket(*what); return 'made'\n"
      "    except OSError as e: return 'refused'\n"
      "print(kind(socket.AF_INET, socket.SOCK_STREAM), kind(socket.AF_INET6, socket.SOCK_STREAM, 6),"
      " kind(socket.AF_UNIX), kind(socket.AF_INET, socket.SOCK_DGRAM), kind(socket.AF_INET6, socket.SOCK_DGRAM),"
      " kind(socket.AF_INET, socket.SOCK_STREAM, 262), kind(socket.AF_INET, socket.SOCK_RAW, 1))\n"
      "print(len(socket.getaddrinfo('127.0.0.1', 80)) > 0, len(socket.socketpair()))\n"
      "s = socket.socket()\n"
      "try: s.sendto(b'x', 0x20000000, ('127.0.0.1', " +
      std::to_string(bad.port()) +
      ")); print('sent')\n"
      "except OSError as e: print('refused')\n";
  EXPECT_EQ(python(sockets, good.port()), "made made made refused refused refused refused\nTrue 2\nrefused\n");
  const std::string refused = python(connect(bad.port()), good.port());
  if (refused == "0\n") GTEST_SKIP() << "this kernel has no Landlock for ports: they were not confined";
  EXPECT_EQ(refused, "13\n");
  EXPECT_EQ(bad.came(), 1);
}

// Also where the kernel confines nothing, and to the very address.
TEST(Fetching, LeavesPythonNoWayPastTheProxy) {
  if (::access("/usr/bin/python3", X_OK) != 0) GTEST_SKIP() << "no /usr/bin/python3";
  std::string folder = (std::filesystem::temp_directory_path() / "polybot_site_test.XXXXXX").string();
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const std::filesystem::path inside = std::filesystem::path(folder) / "inside";
  std::filesystem::create_directory(inside);
  FetchSettings settings;
  settings.program = folder + "/yt-dlp";
  std::ofstream(settings.program)
      << "#!/usr/bin/python3\nimport os, socket, ssl\nport = int(os.environ['ftp_proxy'].rsplit(':', 1)[1])\n"
         "said = open('"
      << folder
      << "/said', 'w')\n"
         "def attempt(kind, host, port):\n"
         "    try: kind(socket.socket()).connect_ex((host, port)); said.write('through ')\n"
         "    except PermissionError as e: said.write('held ' if e.strerror.startswith('only') else 'error ')\n"
         "plain, secure = (lambda s: s), (lambda s: ssl.create_default_context().wrap_socket(s, server_hostname='x'))\n"
         "attempt(plain, '127.0.0.1', port)\nattempt(plain, '127.0.0.2', port)\nattempt(plain, '127.0.0.1', 21)\n"
         "attempt(secure, '127.0.0.2', port)\n";
  std::filesystem::permissions(settings.program, std::filesystem::perms::owner_all);
  (void)fetch(settings, "cats", WantedForm::any, inside, Seconds{20}, [](double) { return true; });
  std::string said;
  std::getline(std::ifstream(folder + "/said"), said);
  EXPECT_EQ(said, "through held held held ");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 3) << "nothing is left beside the folder";
  std::filesystem::remove_all(folder);
}

// The real yt-dlp on files of a server here.
class RealFetch : public testing::Test {
 protected:
  void SetUp() override {
    if (::access("/usr/bin/yt-dlp", X_OK) != 0) GTEST_SKIP() << "no /usr/bin/yt-dlp: nothing was fetched for real";
    std::string folder = (std::filesystem::temp_directory_path() / "polybot_fetch_test.XXXXXX").string();
    folder_ = mkdtemp(folder.data());
    settings_.allowed = *parse_networks("127.0.0.1");
    settings_.most_bytes = 1u << 20;
  }
  void TearDown() override {
    if (!folder_.empty()) std::filesystem::remove_all(folder_);
  }
  static Reply video(std::size_t size) {
    std::string bytes(
        "\0\0\0\x18"
        "ftypisom\0\0\2\0isomiso2",
        24);
    bytes.resize(size, 'x');
    return {.headers = {{"Content-Type", "video/mp4"}}, .body = std::move(bytes)};
  }
  Result<Fetched> get(const std::string& path) {
    return fetch(settings_, server_.url() + path, WantedForm::any, folder_, Seconds{60}, [](double) { return true; });
  }
  void says(const std::string& path, const std::string& words) {
    const auto out = get(path);
    ASSERT_FALSE(out.ok()) << path;
    EXPECT_TRUE(out.error().is(kNotFetched));
    EXPECT_THAT(out.error().message(), HasSubstr(words)) << path;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) std::filesystem::remove_all(entry);
  }

  std::string ftp_;
  sdk::FakeHttpServer server_{[this](const Received& request) {
    if (request.target == "/small.mp4") return video(100'000);
    if (request.target == "/large.mp4") return video(3'000'000);
    if (request.target == "/hidden.mp4") {  // larger than it says: nothing
      Reply reply = video(3'000'004);
      reply.body.resize(3'000'000 / 5 * 5);
      reply.chunked = true;
      return reply;
    }
    if (request.target == "/away.mp4")
      return Reply{.status = 302, .headers = {{"Location", "http://127.0.0.2:9/secret.mp4"}}};
    if (request.target == "/ftp.mp4") {
      Reply reply{.status = 302};
      reply.headers.emplace_back("Location", ftp_);
      return reply;
    }
    if (request.target == "/text.mp4")
      return Reply{.headers = {{"Content-Type", "video/mp4"}}, .body = "no video at all"};
    return Reply{.status = 404};
  }};
  FetchSettings settings_;
  std::filesystem::path folder_;
};

TEST_F(RealFetch, BringsAVideo) {
  const auto out = get("/small.mp4");
  ASSERT_TRUE(out.ok()) << out.error().message();
  EXPECT_EQ(out->size, 100'000u);
  EXPECT_EQ(out->container, Container::mp4);
  EXPECT_EQ(out->file.parent_path(), folder_);
}

TEST_F(RealFetch, FollowsNoRedirectPastTheProxy) {
  Listener ftp;
  ftp_ = "ftp://127.0.0.1:" + std::to_string(ftp.port()) + "/secret.mp4";
  says("/ftp.mp4", "something I do not fetch");
  EXPECT_EQ(ftp.came(), 0);
}

TEST_F(RealFetch, SaysWhyItBringsNone) {
  says("/large.mp4", "larger than 1 MB");
  says("/hidden.mp4", "larger than 1 MB");
  says("/away.mp4", "private address");
  says("/text.mp4", "not a video");
  says("/missing.mp4", "nothing at that address");
  says("/small.mp4?" + std::string(20'000, 'x'), ".");
}

}  // namespace
}  // namespace cumulet::polybot
