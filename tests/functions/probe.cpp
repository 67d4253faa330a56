// A function that does what its event says, on the bare Runtime API (no library): {"do": WHAT, "n": NUMBER, "text":
// TEXT}. What it can do stands in perform(). The environment variable PROBE_INIT makes its start fail: exit, crash,
// error, hang; with PROBE_PRINT_EVENT it prints each event and does nothing else. Of a batch of SQS messages it does
// what each body says (perform_batch).
#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

extern char** environ;

namespace {

struct Reply {
  int status = 0;
  std::string head;  // lower-case field names
  std::string body;
  std::string field(const std::string& name) const {
    const auto at = head.find("\r\n" + name + ": ");
    if (at == std::string::npos) return {};
    const auto start = at + name.size() + 4;
    return head.substr(start, head.find("\r\n", start) - start);
  }
};

int connection = -1;

void write_all(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(connection, bytes.data(), bytes.size());
    if (n <= 0) std::exit(91);
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

int connected_to(const std::string& server) {
  const auto colon = server.find(':');
  const int opened = ::socket(AF_INET, SOCK_STREAM, 0);
  const int on = 1;
  ::setsockopt(opened, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(server.substr(colon + 1))));
  ::inet_pton(AF_INET, server.substr(0, colon).c_str(), &address.sin_addr);
  if (::connect(opened, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) std::exit(90);
  return opened;
}

Reply call(const std::string& method, const std::string& path, std::string_view body, const std::string& fields = {}) {
  std::string request = method + " /2018-06-01/runtime/" + path + " HTTP/1.1\r\nHost: api\r\n" + fields;
  if (method == "POST") request += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  request += "\r\n";
  request += body;
  write_all(request);
  std::string in;
  std::size_t end;
  char buffer[65536];
  while ((end = in.find("\r\n\r\n")) == std::string::npos) {
    const ssize_t n = ::read(connection, buffer, sizeof buffer);
    if (n <= 0) std::exit(92);
    in.append(buffer, static_cast<std::size_t>(n));
  }
  Reply reply;
  reply.status = std::atoi(in.c_str() + 9);
  bool in_name = false;
  for (const char c : in.substr(0, end + 2)) {
    if (c == '\n') in_name = true;
    if (c == ':') in_name = false;
    reply.head += in_name ? static_cast<char>(std::tolower(c)) : c;
  }
  const auto length = static_cast<std::size_t>(std::atoll(reply.field("content-length").c_str()));
  reply.body = in.substr(end + 4);
  while (reply.body.size() < length) {
    const ssize_t n = ::read(connection, buffer, sizeof buffer);
    if (n <= 0) std::exit(93);
    reply.body.append(buffer, static_cast<std::size_t>(n));
  }
  return reply;
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", c);
      out += escape;
    } else {
      out += c;
    }
  }
  return out + '"';
}

// Enough of JSON for our own events: the value of "key".
std::string value(const std::string& event, const std::string& key) {
  const auto at = event.find('"' + key + '"');
  if (at == std::string::npos) return {};
  auto start = event.find_first_not_of(" :", at + key.size() + 2);
  if (start == std::string::npos) return {};
  if (event[start] == '"') return event.substr(start + 1, event.find('"', start + 1) - start - 1);
  return event.substr(start, event.find_first_of(",} ", start) - start);
}

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

int invocations = 0;

void print_line(const std::string& line) {
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
}

struct Outcome {
  std::string body;
  std::string error_type;
};

// Tells PROBE_REPORT_TO (host:port) what was done, and waits until it was taken: unlike the log, that survives an
// engine's end.
void report(const std::string& body) {
  const char* server = std::getenv("PROBE_REPORT_TO");
  if (!server) return;
  const int to = connected_to(server);
  const std::string line = body + "\n";
  char taken;
  if (::write(to, line.data(), line.size()) < 0 || ::read(to, &taken, 1) != 1) std::exit(94);
  ::close(to);
}

// Whether this delivery of a message is one of the unlucky PROBE_EXIT_PERCENT of all: the same for the same message and
// count.
bool is_unlucky(const std::string& message, const std::string& count) {
  const char* percent = std::getenv("PROBE_EXIT_PERCENT");
  return percent && std::hash<std::string>{}(message + count) % 100 < static_cast<std::size_t>(std::atoi(percent));
}

// A batch of SQS messages, each a line "WHAT N ...": sleep (N ms), fail or exit (the whole batch, until the message was
// received N times; always without N), hang, reject (this message alone, likewise). Every message that is done is
// printed: "DONE its body"; the batch first: "BATCH its size".
Outcome perform_batch(const std::string& event) {
  std::vector<std::size_t> starts;
  for (std::size_t at = 0; (at = event.find("\"messageId\"", at)) != std::string::npos; ++at) starts.push_back(at);
  print_line("BATCH " + std::to_string(starts.size()));
  std::string rejected;
  for (std::size_t i = 0; i < starts.size(); ++i) {
    const auto end = i + 1 < starts.size() ? starts[i + 1] : event.size();
    const std::string record = event.substr(starts[i], end - starts[i]);
    const std::string body = value(record, "body"), id = value(record, "messageId");
    const std::string count = value(record, "ApproximateReceiveCount");
    const std::string what = body.substr(0, body.find(' '));
    const long n = body.size() > what.size() ? std::atol(body.c_str() + what.size()) : 0;
    const bool is_early = n == 0 || std::atol(count.c_str()) < n;
    if (is_unlucky(id, count)) ::_exit(1);
    if (what == "sleep") ::usleep(static_cast<useconds_t>(n * 1000));
    if (what == "fail" && is_early)
      return {"{\"errorType\":\"ProbeError\",\"errorMessage\":" + quoted(body) + "}", "ProbeError"};
    if (what == "exit" && is_early) ::_exit(1);
    if (what == "hang")
      for (;;) ::pause();
    if (what == "reject" && is_early) {
      rejected += (rejected.empty() ? "" : ",") + std::string("{\"itemIdentifier\":") + quoted(id) + "}";
      continue;
    }
    report(body);
    print_line("DONE " + body);
  }
  return {"{\"batchItemFailures\":[" + rejected + "]}", {}};
}

Outcome perform(const std::string& event, const Reply& next) {
  if (std::getenv("PROBE_PRINT_EVENT")) {  // a destination: shows what it was sent
    print_line("EVENT " + event);
    return {"\"printed\"", {}};
  }
  if (event.find("\"eventSource\":\"aws:sqs\"") != std::string::npos) return perform_batch(event);
  const std::string what = value(event, "do");
  const long n = std::atol(value(event, "n").c_str());
  const std::string text = value(event, "text");
  if (what == "count") return {std::to_string(invocations), {}};
  if (what == "print") {
    print_line(text);
    return {"\"printed\"", {}};
  }
  if (what == "print_bytes") {
    const std::string line(99, 'x');
    for (long i = 0; i < n / 100; ++i) std::printf("%s\n", line.c_str());
    std::fflush(stdout);
    return {"\"printed\"", {}};
  }
  if (what == "environment") {
    std::string out = "{";
    for (char** e = environ; *e; ++e) {
      const char* equals = std::strchr(*e, '=');
      if (out.size() > 1) out += ',';
      out += quoted({*e, static_cast<std::size_t>(equals - *e)}) + ":" + quoted(equals + 1);
    }
    return {out + "}", {}};
  }
  if (what == "headers") return {quoted(next.head), {}};
  if (what == "status") return {quoted(read_file("/proc/self/status")), {}};
  if (what == "read") return {quoted(read_file(text)), {}};
  if (what == "list") {
    std::string names;
    if (DIR* dir = ::opendir(text.c_str()))
      while (const dirent* entry = ::readdir(dir)) names += std::string(entry->d_name) + "\n";
    return {quoted(names), {}};
  }
  if (what == "write") {
    std::ofstream(text) << "written";
    return {read_file(text) == "written" ? "true" : "false", {}};
  }
  if (what == "sleep") {
    ::usleep(static_cast<useconds_t>(n * 1000));
    return {"\"slept\"", {}};
  }
  if (what == "fail") return {"{\"errorType\":\"ProbeError\",\"errorMessage\":" + quoted(text) + "}", "ProbeError"};
  if (what == "answer_bytes") return {'"' + std::string(static_cast<std::size_t>(n), 'a') + '"', {}};
  if (what == "exit") ::_exit(static_cast<int>(n));
  if (what == "crash") std::raise(SIGSEGV);
  if (what == "hang")
    for (;;) ::pause();
  if (what == "fork") {  // n processes that ignore every polite signal, then hang
    for (long i = 0; i < n; ++i)
      if (::fork() == 0) {
        ::setsid();
        std::signal(SIGTERM, SIG_IGN);
        std::signal(SIGHUP, SIG_IGN);
        for (;;) ::pause();
      }
    for (;;) ::pause();
  }
  if (what == "fork_bomb") {
    long made = 0;
    for (; made < n; ++made) {
      const pid_t pid = ::fork();
      if (pid < 0) break;
      if (pid == 0)
        for (;;) ::pause();
    }
    return {std::to_string(made), {}};
  }
  if (what == "memory") {  // touches n MiB
    for (long i = 0; i < n; ++i) {
      void* block = ::mmap(nullptr, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      if (block == MAP_FAILED) ::_exit(12);
      std::memset(block, 1, 1 << 20);
    }
    return {"\"had it\"", {}};
  }
  if (what == "fill") {  // n MiB into /tmp in files of 1 MiB
    const std::string block(1 << 20, 'f');
    for (long i = 0; i < n; ++i) {
      std::ofstream out("/tmp/fill" + std::to_string(i));
      if (!(out << block) || !out.flush())
        return {"{\"errorType\":\"IOError\",\"errorMessage\":\"/tmp is full\"}", "IOError"};
    }
    return {"\"filled\"", {}};
  }
  return {event, {}};  // echo
}

}  // namespace

int main() {
  const char* init = std::getenv("PROBE_INIT");
  const std::string start = init ? init : "";
  if (start == "exit") return 3;
  if (start == "crash") std::raise(SIGSEGV);
  if (start == "hang")
    for (;;) ::pause();
  connection = connected_to(std::getenv("AWS_LAMBDA_RUNTIME_API"));
  if (start == "error") {
    const Reply taken = call("POST", "init/error", "{\"errorType\":\"Probe.Init\",\"errorMessage\":\"no start today\"}",
                             "Lambda-Runtime-Function-Error-Type: Probe.Init\r\n");
    return taken.status == 202 ? 1 : taken.status % 100 + 100;
  }
  if (start == "print") std::puts("probe starts"), std::fflush(stdout);
  for (;;) {
    const Reply next = call("GET", "invocation/next", {});
    if (next.status != 200) return 2;
    ++invocations;
    const std::string id = next.field("lambda-runtime-aws-request-id");
    const Outcome outcome = perform(next.body, next);
    if (outcome.error_type.empty())
      call("POST", "invocation/" + id + "/response", outcome.body);
    else
      call("POST", "invocation/" + id + "/error", outcome.body,
           "Lambda-Runtime-Function-Error-Type: " + outcome.error_type + "\r\n");
  }
}
