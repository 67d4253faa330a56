#include "net/http_server.hpp"

#include <fcntl.h>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "net/http_server_testing.hpp"

namespace cumulet::net {
namespace {

using namespace testing;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// A stream of `count` pieces of `size` bytes; breaks off with an error after them when `fails`.
class Pieces final : public http::BodyStream {
 public:
  Pieces(int count, std::size_t size, bool fails = false) : count_(count), piece_(size, 'p'), fails_(fails) {}
  awaitable<Result<std::string_view>> read() override {
    if (count_ == 0 && fails_) co_return Error{kInternalFailure, "broken source"};
    if (count_ == 0) co_return std::string_view{};
    --count_;
    co_return std::string_view(piece_);
  }

 private:
  int count_;
  std::string piece_;
  bool fails_;
};

std::shared_ptr<http::OpenFile> file_of(const std::string& bytes) {
  char name[] = "/tmp/cumulet-net-test-XXXXXX";
  const int fd = ::mkstemp(name);
  ::unlink(name);
  EXPECT_EQ(::write(fd, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  return std::make_shared<http::OpenFile>(fd);
}

TEST_F(HttpServerTest, AnswersAndCloses) {
  serve_echo();
  const auto answer = exchange("GET /a%20b?c HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\nDate: "));
  EXPECT_THAT(answer, HasSubstr("\r\nContent-Length: 13\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\nGET /a%20b?c "));
}

TEST_F(HttpServerTest, AnswersPipelinedRequestsInOrder) {
  serve_echo();
  std::string requests;
  for (int i = 0; i < 200; ++i)
    requests += "POST /" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc";
  requests += "GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  const auto answers = exchange(requests);
  std::size_t at = 0;
  for (int i = 0; i < 200; ++i) {
    at = answers.find("POST /" + std::to_string(i) + " abc", at);
    ASSERT_NE(at, answers.npos) << i;
  }
  EXPECT_THAT(answers, EndsWith("GET /last "));
}

TEST_F(HttpServerTest, ReadsAChunkedBodyInAnyPieces) {
  serve_echo();
  RawClient client(port_);
  const std::string request =
      "PUT /k HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
      "chunked\r\n\r\n4;name=\"v\"\r\nWiki\r\n5\r\npedia\r\n0\r\nX-Trailer: t\r\n\r\n"
      "GET /next HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  for (const char c : request) client.send({&c, 1});
  const auto answer = client.receive();
  EXPECT_THAT(answer, HasSubstr("PUT /k Wikipedia"));
  EXPECT_THAT(answer, EndsWith("GET /next "));
}

TEST_F(HttpServerTest, TellsTheHandlerOfATruncatedBody) {
  auto seen = std::make_shared<std::promise<std::string>>();
  serve([seen](const http::RequestHead&, http::BodyStream& body) -> awaitable<http::Response> {
    Result<std::string> all = co_await read_all(body);
    seen->set_value(all.ok() ? "whole" : std::string(all.error().code()));
    co_return text_response("x");
  });
  RawClient client(port_);
  client.send("PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc");
  client.finish_sending();
  EXPECT_EQ(seen->get_future().get(), "IncompleteBody");
}

TEST_F(HttpServerTest, RefusesAChunkThatIsNone) {
  serve_echo();
  EXPECT_THAT(exchange("PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n"),
              StartsWith("HTTP/1.1 400"));
}

TEST_F(HttpServerTest, SendsContinueAtTheFirstRead) {
  serve_echo();
  RawClient client(port_);
  client.send("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.receive("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("ok");
  EXPECT_THAT(client.receive("PUT / ok"), EndsWith("PUT / ok"));
}

// botocore takes a final status without it for the status of every later answer on the connection.
TEST_F(HttpServerTest, SendsContinueForAnEmptyBodyToo) {
  serve_echo();
  RawClient client(port_);
  client.send("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_THAT(client.receive("PUT / "), StartsWith("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"));
}

TEST_F(HttpServerTest, AnswersWithoutContinueWhenTheBodyIsNotWanted) {
  serve([](const http::RequestHead&, http::BodyStream&) -> awaitable<http::Response> {
    http::Response refusal;
    refusal.status = 403;
    co_return refusal;
  });
  const auto answer = exchange("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 403"));
  EXPECT_THAT(answer, HasSubstr("Connection: close"));
}

TEST_F(HttpServerTest, RefusesWhatServersDisagreeOn) {
  serve_echo();
  const std::pair<const char*, const char*> cases[] = {
      {"Content-Length: 3\r\nContent-Length: 3\r\n", "400"},
      {"Content-Length: 3\r\nContent-Length: 4\r\n", "400"},
      {"Content-Length: 3, 3\r\n", "400"},
      {"Content-Length: +3\r\n", "400"},
      {"Content-Length: -1\r\n", "400"},
      {"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "400"},
      {"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", "400"},
      {"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "400"},
      {"Transfer-Encoding: gzip, chunked\r\n", "400"},
      {"Transfer-Encoding: identity\r\n", "400"},
      {"Transfer-Encoding : chunked\r\n", "400"},
      {"Host: y\r\n", "400"},
      {"Bad Name: v\r\n", "400"},
      {"Transfer-Encoding:\r\n chunked\r\n", "400"},
      {"X: y\r\n\tTransfer-Encoding: chunked\r\n", "400"},
  };
  for (const auto& [fields, status] : cases) {
    const auto answer = exchange(std::string("POST / HTTP/1.1\r\nHost: x\r\n") + fields + "\r\nabc");
    EXPECT_THAT(answer, StartsWith(std::string("HTTP/1.1 ") + status)) << fields;
    EXPECT_THAT(answer, HasSubstr("Connection: close")) << fields;
  }
  EXPECT_THAT(exchange("GET / HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 400"));  // no Host
  EXPECT_THAT(exchange("GET / HTTP/3.7\r\nHost: x\r\n\r\n"), StartsWith("HTTP/1.1 505"));
  EXPECT_THAT(exchange("\x16\x03\x01\x02\r\n\r\n"), StartsWith("HTTP/1.1 400"));
}

TEST_F(HttpServerTest, HasItsRefusalsWordedByTheirWriter) {
  const auto worded = [](int status, std::string_view reason) {
    http::Response response = text_response("<refused>" + std::string(reason) + "</refused>");
    response.status = status;
    response.headers.add("x-id", "7");
    return response;
  };
  serve([](const http::RequestHead&, http::BodyStream&) -> awaitable<http::Response> { throw std::runtime_error("x"); },
        {}, worded);
  for (const char* request : {"nonsense\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\n\r\n"}) {
    const auto answer = exchange(request);
    EXPECT_THAT(answer, HasSubstr("\r\nx-id: 7\r\n")) << request;
    EXPECT_THAT(answer, HasSubstr("\r\nConnection: close\r\n")) << request;
    EXPECT_THAT(answer, EndsWith("</refused>")) << request;
  }
}

TEST_F(HttpServerTest, BoundsHeadTargetAndBody) {
  ServerLimits limits;
  limits.body_bytes = 1000;
  serve_echo(limits);
  const std::string ten_megabytes(10 * 1024 * 1024, 'h');
  EXPECT_THAT(exchange("GET / HTTP/1.1\r\nHost: x\r\nX-Large: " + ten_megabytes + "\r\n\r\n"),
              StartsWith("HTTP/1.1 431"));
  EXPECT_THAT(exchange("GET /" + ten_megabytes + " HTTP/1.1\r\nHost: x\r\n\r\n"), StartsWith("HTTP/1.1 414"));
  EXPECT_THAT(exchange("GET /" + std::string(20000, 't') + " HTTP/1.1\r\nHost: x\r\n\r\n"), StartsWith("HTTP/1.1 414"));
  EXPECT_THAT(exchange("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n"), StartsWith("HTTP/1.1 413"));
  EXPECT_THAT(exchange("PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" +
                       std::string(1001, 'b') + "\r\n0\r\n\r\n"),
              StartsWith("HTTP/1.1 413"));
  EXPECT_THAT(exchange("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\nConnection: close\r\n\r\n" +
                       std::string(1000, 'b')),
              StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpServerTest, ClosesSlowAndIdleConnections) {
  ServerLimits limits;
  limits.header_timeout = Milliseconds{150};
  limits.idle_timeout = Milliseconds{150};
  limits.body_timeout = Milliseconds{150};
  serve_echo(limits);
  EXPECT_THAT(exchange("GET / HTTP/1.1\r\nHost:"), StartsWith("HTTP/1.1 408"));
  EXPECT_THAT(exchange("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab"), HasSubstr("RequestTimeout"));
  RawClient idle(port_);
  EXPECT_EQ(idle.receive(), "");
  EXPECT_TRUE(idle.closed());
}

TEST_F(HttpServerTest, DrainsABodyNobodyReadAndGoesOn) {
  serve([](const http::RequestHead& head, http::BodyStream&) -> awaitable<http::Response> {
    co_return text_response(head.target);
  });
  const auto answer = exchange("PUT /1 HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n" +
                               std::string(100000, 'b') + "GET /2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("/1HTTP/1.1 200"));
  EXPECT_THAT(answer, EndsWith("/2"));
}

TEST_F(HttpServerTest, SendsFilesAndTextInOrder) {
  std::string bytes;
  for (int i = 0; bytes.size() < 9'000'000; ++i) bytes += std::to_string(i) + ' ';
  serve([&](const http::RequestHead&, http::BodyStream&) -> awaitable<http::Response> {
    std::vector<http::Piece> pieces;
    pieces.emplace_back(std::string("<"));
    pieces.emplace_back(http::FileRange{file_of(bytes), 10, bytes.size() - 10});
    pieces.emplace_back(std::string("|"));
    pieces.emplace_back(http::FileRange{file_of("0123456789"), 3, 4});
    pieces.emplace_back(std::string(">"));
    http::Response response;
    response.body = http::Body(std::move(pieces));
    co_return response;
  });
  const auto answer = exchange("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const auto body = answer.substr(answer.find("\r\n\r\n") + 4);
  EXPECT_EQ(body.size(), bytes.size() - 10 + 7);
  EXPECT_TRUE(body == '<' + bytes.substr(10) + "|3456>");
}

TEST_F(HttpServerTest, StreamsChunkedAndSized) {
  serve([](const http::RequestHead& head, http::BodyStream&) -> awaitable<http::Response> {
    http::StreamBody stream;
    stream.stream = std::make_shared<Pieces>(3, 4, head.target == "/broken");
    if (head.target == "/sized") stream.length = 12;
    if (head.target == "/short") stream.length = 13;
    http::Response response;
    response.body = http::Body(std::move(stream));
    co_return response;
  });
  EXPECT_THAT(exchange("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
              EndsWith("4\r\npppp\r\n4\r\npppp\r\n4\r\npppp\r\n0\r\n\r\n"));
  EXPECT_THAT(exchange("GET /sized HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
              EndsWith("Connection: close\r\n\r\npppppppppppp"));
  EXPECT_THAT(exchange("GET /broken HTTP/1.1\r\nHost: x\r\n\r\n"), Not(HasSubstr("0\r\n\r\n")));
  const auto old = exchange("GET / HTTP/1.0\r\n\r\n");
  EXPECT_THAT(old, Not(HasSubstr("chunked")));
  EXPECT_THAT(old, EndsWith("\r\n\r\npppppppppppp"));
  RawClient client(port_);
  client.send("GET /short HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(client.receive(), HasSubstr("Content-Length: 13"));
  EXPECT_TRUE(client.closed());
}

TEST_F(HttpServerTest, LeavesBodiesOutWhereNoneBelong) {
  serve([](const http::RequestHead& head, http::BodyStream&) -> awaitable<http::Response> {
    http::Response response = text_response("body");
    if (head.target == "/304") response.status = 304;
    if (head.target == "/204") response.status = 204;
    if (head.target == "/announced") response.announced_length = 5'000'000'000;
    co_return response;
  });
  const auto head = exchange("HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(head, HasSubstr("Content-Length: 4\r\n"));
  EXPECT_THAT(head, EndsWith("\r\n\r\n"));
  EXPECT_THAT(exchange("HEAD /announced HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
              HasSubstr("Content-Length: 5000000000\r\n"));
  const auto not_modified = exchange("GET /304 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(not_modified, EndsWith("\r\n\r\n"));
  EXPECT_THAT(not_modified, Not(HasSubstr("Content-Length")));
  EXPECT_THAT(exchange("GET /204 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), Not(HasSubstr("Content-Length")));
}

TEST_F(HttpServerTest, SpeaksToOldClients) {
  serve_echo();
  EXPECT_THAT(exchange("GET /old HTTP/1.0\r\n\r\n"), HasSubstr("Connection: close"));
  const auto kept = exchange("GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /2 HTTP/1.0\r\n\r\n");
  EXPECT_THAT(kept, HasSubstr("Connection: keep-alive"));
  EXPECT_THAT(kept, EndsWith("GET /2 "));
}

TEST_F(HttpServerTest, TakesTheAbsoluteForm) {
  serve([](const http::RequestHead& head, http::BodyStream&) -> awaitable<http::Response> {
    co_return text_response(head.target + '@' + std::string(head.headers.get_or("host", "")));
  });
  const auto ask = [this](const std::string& line) {
    return exchange(line + " HTTP/1.1\r\nHost: other\r\nConnection: close\r\n\r\n");
  };
  EXPECT_THAT(ask("GET http://real:99/p?q"), EndsWith("/p?q@real:99"));
  EXPECT_THAT(ask("GET HTTPS://real"), EndsWith("/@real"));
  EXPECT_THAT(ask("GET http://real?q"), EndsWith("/?q@real"));
  EXPECT_THAT(ask("OPTIONS *"), EndsWith("*@other"));
  for (const char* none : {"GET real/p", "GET *", "GET http:///p", "GET ftp://real/p", "GET http:/p", "CONNECT real:99",
                           "GET http://other@real/p", "GET p", "GET ?q"})
    EXPECT_THAT(ask(none), StartsWith("HTTP/1.1 400")) << none;
}

TEST_F(HttpServerTest, SkipsEmptyLinesHoweverTheyArrive) {
  serve_echo();
  EXPECT_THAT(exchange("\r\n\r\nGET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), EndsWith("GET /a "));
  EXPECT_THAT(exchange("\r\n\r\n\r\nGET /a HTTP/1.1\r\nHost: x\r\n\r\n"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(exchange("\rGET /a HTTP/1.1\r\nHost: x\r\n\r\n"), StartsWith("HTTP/1.1 400"));
  RawClient client(port_);
  client.send("GET /a HTTP/1.1\r\nHost: x\r\n\r\n\r");  // as old clients end a body
  EXPECT_THAT(client.receive("GET /a "), EndsWith("GET /a "));
  client.send("\nGET /b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(client.receive(), EndsWith("GET /b "));
}

TEST_F(HttpServerTest, KeepsFieldValuesOnTheirLine) {
  serve([](const http::RequestHead&, http::BodyStream&) -> awaitable<http::Response> {
    http::Response response;
    response.headers.add("X-Evil", "a\r\nX-Injected: b");
    co_return response;
  });
  EXPECT_THAT(exchange("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), Not(HasSubstr("\nX-Injected")));
}

TEST_F(HttpServerTest, TurnsExceptionsInto500) {
  serve([](const http::RequestHead&, http::BodyStream&) -> awaitable<http::Response> {
    throw std::runtime_error("bug");
    co_return http::Response{};
  });
  EXPECT_THAT(exchange("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), StartsWith("HTTP/1.1 500"));
}

// A handler that waits an hour, and what became of it.
struct Waiting {
  std::promise<void> started;
  std::promise<bool> cancelled;
};
RequestHandler waiting_handler(std::shared_ptr<Waiting> waiting, bool shielded = false) {
  return [waiting, shielded](const http::RequestHead&, http::BodyStream& body) -> awaitable<http::Response> {
    Result<std::string> all = co_await read_all(body);
    if (shielded) {
      auto none = asio::disable_cancellation();
      co_await asio::this_coro::reset_cancellation_state(none);
    }
    auto executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor,
                             shielded ? std::chrono::milliseconds(300) : std::chrono::milliseconds(3'600'000));
    waiting->started.set_value();
    bool cancelled = false;
    try {
      co_await timer.async_wait(asio::use_awaitable);
    } catch (const boost::system::system_error&) {
      cancelled = true;
    }
    waiting->cancelled.set_value(cancelled);
    co_return text_response("waited");
  };
}

TEST_F(HttpServerTest, CancelsAHandlerWhoseClientLeft) {
  auto waiting = std::make_shared<Waiting>();
  serve(waiting_handler(waiting));
  RawClient client(port_);
  client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab");
  waiting->started.get_future().get();
  client.close();
  EXPECT_TRUE(waiting->cancelled.get_future().get());
}

TEST_F(HttpServerTest, DoesNotCancelAShieldedHandler) {
  auto waiting = std::make_shared<Waiting>();
  serve(waiting_handler(waiting, true));
  RawClient client(port_);
  client.send("POST / HTTP/1.1\r\nHost: x\r\n\r\n");
  waiting->started.get_future().get();
  client.close();
  EXPECT_FALSE(waiting->cancelled.get_future().get());
}

TEST_F(HttpServerTest, KeepsThePipelinedRequestThatArrivesDuringAWait) {
  auto answered = std::make_shared<std::atomic<int>>(0);
  serve([answered](const http::RequestHead& head, http::BodyStream&) -> awaitable<http::Response> {
    if (head.target == "/slow") {
      auto executor = co_await asio::this_coro::executor;
      asio::steady_timer timer(executor, std::chrono::milliseconds(300));
      co_await timer.async_wait(asio::use_awaitable);
    }
    co_return text_response(head.target + std::to_string(++*answered));
  });
  RawClient client(port_);
  client.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
  RawClient other(port_);
  other.send("GET /other HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(other.receive("/other"), HasSubstr("/other1"));
  client.send("GET /second HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const auto answers = client.receive();
  EXPECT_THAT(answers, HasSubstr("/slow2"));
  EXPECT_THAT(answers, EndsWith("/second3"));
}

TEST_F(HttpServerTest, StopCancelsWhatRuns) {
  auto waiting = std::make_shared<Waiting>();
  serve(waiting_handler(waiting));
  RawClient client(port_);
  client.send("POST / HTTP/1.1\r\nHost: x\r\n\r\n");
  waiting->started.get_future().get();
  server_->stop();
  EXPECT_TRUE(waiting->cancelled.get_future().get());
  EXPECT_EQ(client.receive(), "");
  RawClient late(port_);
  EXPECT_EQ(late.receive(), "");
}

TEST_F(HttpServerTest, StopLetsARunningRequestFinishWithinItsGrace) {
  auto waiting = std::make_shared<Waiting>();
  serve(waiting_handler(waiting, true));
  RawClient client(port_);
  client.send("POST / HTTP/1.1\r\nHost: x\r\n\r\n");
  waiting->started.get_future().get();
  server_->stop(Milliseconds{5000});
  const auto answer = client.receive();
  EXPECT_THAT(answer, EndsWith("waited"));
  EXPECT_THAT(answer, HasSubstr("Connection: close"));
}

// The door that a request came in by is told by the handler that it reaches; nothing in the request says it.
TEST_F(HttpServerTest, AFurtherSocketMayHaveAHandlerOfItsOwn) {
  serve_echo();
  const FurtherSocket further;
  RequestHandler own = [](const http::RequestHead&, http::BodyStream&) -> awaitable<http::Response> {
    co_return text_response("by the other door");
  };
  std::promise<std::shared_ptr<void>> promise;
  asio::post(io_.executor(), [&] { promise.set_value(server_->serve(further.listener, own)); });
  const auto served = promise.get_future().get();
  RawClient inside(further.port);
  inside.send(kLastRequest);
  EXPECT_THAT(inside.receive(), EndsWith("by the other door"));
  EXPECT_THAT(exchange(kLastRequest), EndsWith("GET /new "));
}

TEST_F(HttpServerTest, SaysWhyItCannotListen) {
  serve_echo();
  HttpServer other(io_.executor(), {},
                   server_
                       ? RequestHandler([](const http::RequestHead&, http::BodyStream&) -> awaitable<http::Response> {
                           co_return http::Response{};
                         })
                       : RequestHandler{});
  const auto taken = other.listen("127.0.0.1", port_);
  ASSERT_FALSE(taken.ok());
  EXPECT_THAT(taken.error().message(), HasSubstr("in use"));
  EXPECT_FALSE(other.listen("no-address", 0).ok());
}

TEST_F(HttpServerTest, AnAnswerWhoseHeadersAreNoneIsWithheld) {
  const std::pair<std::string, std::string> bad[] = {{"x-a\r\nSet-Cookie: planted", "v"},
                                                     {"x-a", "v\r\nSet-Cookie: planted"},
                                                     {"x-a", "v\nSet-Cookie: planted"},
                                                     {"x-a", "v\rSet-Cookie: planted"},
                                                     {"x-a", std::string("v\0planted", 9)},
                                                     {"x-a\n", "planted"},
                                                     {"x a", "planted"},
                                                     {"x-a:", "planted"},
                                                     {"", "planted"},
                                                     {"x-a", "\x1bplanted"}};
  std::size_t at = 0;
  serve([&](const http::RequestHead&, http::BodyStream&) -> awaitable<http::Response> {
    http::Response response = text_response("planted");
    response.headers.add("x-good", "\tä; \"b\"");
    if (at < std::size(bad)) response.headers.add(bad[at].first, bad[at].second);
    co_return response;
  });
  for (at = 0; at < std::size(bad); ++at) {
    RawClient client(port_);
    client.send("GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    const std::string answer = client.receive();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 500 ")) << at;
    EXPECT_THAT(answer, Not(HasSubstr("planted"))) << at;
  }
  RawClient client(port_);
  client.send("GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(client.receive(), HasSubstr("\r\nx-good: \tä; \"b\"\r\n"));
}

}  // namespace
}  // namespace cumulet::net
