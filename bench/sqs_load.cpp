// The load of bench/sqs.py: JSON 1.0 requests of SQS over keep-alive connections, one thread, no library. It checks
// each answer's status, and the MD5 that the service tells of each body, before it counts.
//
//   sqs_load PORT QUEUE_URL MODE CONNECTIONS AMOUNT BODY BODY_MD5
//
// MODE send:  SendMessage for AMOUNT seconds
//      cycle: send, receive, delete by each connection for AMOUNT seconds; counts deletes
//      fill:  AMOUNT messages by SendMessageBatch
//      drain: ReceiveMessage and DeleteMessageBatch of 10 until AMOUNT messages are deleted
//
// Prints: messages, seconds, p50 and p99 of a request in milliseconds.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
constexpr int kBatch = 10;

[[noreturn]] void fail(const std::string& why) {
  std::fprintf(stderr, "sqs_load: %s\n", why.c_str());
  std::exit(1);
}

struct Settings {
  int port = 0;
  std::string url, mode, body, md5;
  std::size_t connections = 0;
  double amount = 0;
};

std::string request(const Settings& settings, std::string_view operation, std::string_view body) {
  std::string out = "POST / HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(settings.port);
  out += "\r\nContent-Type: application/x-amz-json-1.0\r\nX-Amz-Target: AmazonSQS.";
  out += operation;
  out += "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  out += body;
  return out;
}

// The values of all members of this name that are texts without escapes.
std::vector<std::string> texts(std::string_view json, std::string_view name) {
  std::vector<std::string> found;
  const std::string key = '"' + std::string(name) + '"';
  for (std::size_t at = 0; (at = json.find(key, at)) != std::string_view::npos;) {
    const auto start = json.find('"', at + key.size());
    if (start == std::string_view::npos) break;
    const auto end = json.find('"', start + 1);
    if (end == std::string_view::npos) break;
    found.emplace_back(json.substr(start + 1, end - start - 1));
    at = end;
  }
  return found;
}

enum class Step { send, receive, remove };

struct Connection {
  int socket = -1;
  Step step = Step::send;
  std::string out, in;
  std::size_t removing = 0;  // messages in the delete under way
  bool busy = false;
  Clock::time_point asked;
};

class Load {
 public:
  explicit Load(Settings settings) : settings_(std::move(settings)) {
    const std::string base = "{\"QueueUrl\":\"" + settings_.url + '"';
    send_ = request(settings_, "SendMessage", base + ",\"MessageBody\":\"" + settings_.body + "\"}");
    std::string entries;
    for (int i = 0; i < kBatch; ++i)
      entries += std::string(i ? "," : "") + "{\"Id\":\"" + std::to_string(i) + "\",\"MessageBody\":\"" +
                 settings_.body + "\"}";
    fill_ = request(settings_, "SendMessageBatch", base + ",\"Entries\":[" + entries + "]}");
    const bool many = settings_.mode == "drain";
    receive_ = request(settings_, "ReceiveMessage", base + ",\"MaxNumberOfMessages\":" + (many ? "10" : "1") + '}');
    delete_ = base;
  }

  void run() {
    const int poll = ::epoll_create1(0);
    std::vector<Connection> all(settings_.connections);
    for (Connection& c : all) {
      open(c);
      epoll_event event{EPOLLIN, {.ptr = &c}};
      ::epoll_ctl(poll, EPOLL_CTL_ADD, c.socket, &event);
    }
    began_ = last_found_ = Clock::now();
    for (Connection& c : all) next(c, settings_.mode == "drain" ? Step::receive : Step::send);
    std::vector<epoll_event> events(settings_.connections);
    while (std::any_of(all.begin(), all.end(), [](const Connection& c) { return c.busy; })) {
      const int count = ::epoll_wait(poll, events.data(), static_cast<int>(events.size()), 10'000);
      if (count <= 0) fail("no answer within 10 s");
      for (int i = 0; i < count; ++i) read(*static_cast<Connection*>(events[static_cast<std::size_t>(i)].data.ptr));
    }
    const double seconds = std::chrono::duration<double>(last_ - began_).count();
    std::sort(times_.begin(), times_.end());
    const auto quantile = [this](double q) {
      return times_.empty() ? 0.0 : times_[static_cast<std::size_t>(q * static_cast<double>(times_.size() - 1))];
    };
    std::printf("%ld %.6f %.3f %.3f\n", messages_, seconds, quantile(0.5), quantile(0.99));
  }

 private:
  void open(Connection& c) const {
    c.socket = ::socket(AF_INET, SOCK_STREAM, 0);
    const int on = 1;
    ::setsockopt(c.socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(settings_.port));
    ::inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    if (::connect(c.socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) fail("no connection");
  }

  bool is_over() const {
    const auto passed = std::chrono::duration<double>(Clock::now() - began_).count();
    if (settings_.mode == "send" || settings_.mode == "cycle") return passed >= settings_.amount;
    if (settings_.mode == "fill") return static_cast<double>(asked_) >= settings_.amount;
    return static_cast<double>(messages_) >= settings_.amount;
  }

  void next(Connection& c, Step step) {
    c.busy = !is_over();
    if (!c.busy) return;
    c.step = step;
    if (step == Step::send) {
      c.out = settings_.mode == "fill" ? fill_ : send_;
      asked_ += settings_.mode == "fill" ? kBatch : 1;
    }
    if (step == Step::receive) c.out = receive_;
    c.asked = Clock::now();
    write(c);
  }

  static void write(Connection& c) {
    // Requests are small beside the socket's buffer: a blocking send does not wait in practice.
    for (std::size_t done = 0; done < c.out.size();) {
      const ssize_t n = ::send(c.socket, c.out.data() + done, c.out.size() - done, MSG_NOSIGNAL);
      if (n <= 0) fail("the server hung up");
      done += static_cast<std::size_t>(n);
    }
    c.in.clear();
  }

  void read(Connection& c) {
    char buffer[65536];
    const ssize_t n = ::recv(c.socket, buffer, sizeof buffer, MSG_DONTWAIT);
    if (n == 0) fail("the server hung up");
    if (n < 0) return;
    c.in.append(buffer, static_cast<std::size_t>(n));
    const auto end = c.in.find("\r\n\r\n");
    if (end == std::string::npos) return;
    std::string head = c.in.substr(0, end);
    std::transform(head.begin(), head.end(), head.begin(),
                   [](unsigned char x) { return static_cast<char>(std::tolower(x)); });
    const auto at = head.find("content-length: ");
    if (at == std::string::npos) fail("an answer without a length: " + c.in);
    const auto length = static_cast<std::size_t>(std::atoll(head.c_str() + at + 16));
    if (c.in.size() < end + 4 + length) return;
    if (c.in.compare(9, 3, "200") != 0) fail(c.in);
    const auto now = Clock::now();
    times_.push_back(std::chrono::duration<double, std::milli>(now - c.asked).count());
    last_ = now;
    answered(c, std::string_view(c.in).substr(end + 4));
  }

  void answered(Connection& c, std::string_view body) {
    const bool is_drain = settings_.mode == "drain", is_cycle = settings_.mode == "cycle";
    if (c.step == Step::send) {
      const auto digests = texts(body, "MD5OfMessageBody");
      if (digests.size() != (settings_.mode == "fill" ? kBatch : 1U)) fail("not all was sent: " + std::string(body));
      for (const auto& digest : digests)
        if (digest != settings_.md5) fail("another MD5: " + digest);
      if (!is_cycle) messages_ += static_cast<long>(digests.size());
      return next(c, is_cycle ? Step::receive : Step::send);
    }
    if (c.step == Step::remove) {
      if (is_drain && (texts(body, "Id").size() != c.removing || !texts(body, "Code").empty()))
        fail("not all was deleted: " + std::string(body));
      messages_ += static_cast<long>(c.removing);
      return next(c, is_drain ? Step::receive : Step::send);
    }
    const auto handles = texts(body, "ReceiptHandle");
    for (const auto& digest : texts(body, "MD5OfBody"))
      if (digest != settings_.md5) fail("another MD5: " + digest);
    if (texts(body, "Body").size() != handles.size()) fail("messages without a body: " + std::string(body));
    for (const auto& text : texts(body, "Body"))
      if (text != settings_.body) fail("another body: " + text);
    if (handles.empty()) {
      if (is_drain && Clock::now() - last_found_ > std::chrono::seconds(5)) fail("too few messages");
      return next(c, Step::receive);
    }
    last_found_ = Clock::now();
    c.step = Step::remove;
    c.removing = handles.size();
    std::string out = delete_;
    if (is_drain) {
      out += ",\"Entries\":[";
      for (std::size_t i = 0; i < handles.size(); ++i)
        out += std::string(i ? "," : "") + "{\"Id\":\"" + std::to_string(i) + "\",\"ReceiptHandle\":\"" + handles[i] +
               "\"}";
      out += "]}";
    } else {
      out += ",\"ReceiptHandle\":\"" + handles[0] + "\"}";
    }
    c.out = request(settings_, is_drain ? "DeleteMessageBatch" : "DeleteMessage", out);
    c.asked = Clock::now();
    write(c);
  }

  Settings settings_;
  std::string send_, fill_, receive_, delete_;
  Clock::time_point began_, last_, last_found_;
  std::vector<double> times_;  // milliseconds of a request
  long messages_ = 0, asked_ = 0;
};

}  // namespace

int main(int count, char** arguments) {
  if (count != 8) fail("PORT QUEUE_URL MODE CONNECTIONS AMOUNT BODY BODY_MD5");
  Settings settings;
  settings.port = std::atoi(arguments[1]);
  settings.url = arguments[2];
  settings.mode = arguments[3];
  settings.connections = static_cast<std::size_t>(std::atoi(arguments[4]));
  settings.amount = std::atof(arguments[5]);
  settings.body = arguments[6];
  settings.md5 = arguments[7];
  Load(std::move(settings)).run();
}
