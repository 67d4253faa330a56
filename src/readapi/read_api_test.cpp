#include "readapi/read_api.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <filesystem>

#include "base/ids.hpp"
#include "base/json.hpp"
#include "base/manual_time.hpp"

namespace cumulet::readapi {
namespace {

namespace asio = boost::asio;

constexpr const char* kTrace = "1-5759e988-bd862e3fe1be46a994272793";
constexpr const char* kOther = "1-5759e988-000000000000000000000000";

class ReadApiTest : public testing::Test {
 protected:
  ReadApiTest() {
    folder = std::filesystem::temp_directory_path() / ("cumulet-readapi-" + uuid4());
    std::filesystem::create_directories(folder);
    database = std::move(storage::Database::open(folder / "state.db", storage::Durability::ephemeral)).value();
    journal = std::make_unique<events::Journal>(*database, time, time);
    sums = std::make_unique<events::Sums>(*database, time, time);
    EXPECT_TRUE(journal->load().ok());
    EXPECT_TRUE(sums->load().ok());
    Sources sources{feed, *journal, *sums, {}, {}, {}, {}, {}};
    sources.environments = [] {
      Environment one;
      one.id = "e1";
      one.function = "f";
      one.state = "busy";
      one.request_id = "r";
      return std::vector{one};
    };
    sources.pollers = [] { return std::vector{Poller{"uuid", "us-east-1", "arn:f", "arn:q", 2, 5}}; };
    sources.queues = [] {
      return std::vector{Queue{"arn:a", 1, 2, 3}, Queue{"arn:b", 0, 0, 0}, Queue{"arn:c", 0, 0, 0}};
    };
    sources.jobs = [this] { return std::vector{Job{"j1", "in/a.mp4", time.now(), 42}}; };
    sources.messages = [this](std::string_view queue, std::int64_t after, int limit,
                              std::size_t) -> Result<MessagePage> {
      if (queue != "arn:aws:sqs:us-east-1:000000000000:jobs") return Error{kNotFound, "There is no such queue."};
      asked_after = after;
      asked_limit = limit;
      MessagePage page;
      page.messages.push_back({"m1", time.now(), "visible", 1, "", kTrace, "body\xff", 5});
      page.next = 7;
      return page;
    };
    api = std::make_unique<ReadApi>(std::move(sources), time, workers.get_executor());
  }
  ~ReadApiTest() override {
    api.reset();
    workers.join();
    journal.reset();
    sums.reset();
    database.reset();
    std::filesystem::remove_all(folder);
  }
  void write(events::Subject subject, std::string what, events::Verdict verdict, std::string trace) {
    ASSERT_TRUE(database
                    ->write_blocking([&](storage::Transaction& tx) -> Result<void> {
                      journal->write(tx, {subject, what, "done", verdict, "why", trace});
                      return {};
                    })
                    .ok());
  }
  http::Response ask(const std::string& target, std::string accept = {}) {
    head.method = "GET";
    head.target = "/_cumulet/v1/" + target;
    head.headers = {};
    if (!accept.empty()) head.headers.add("Accept", std::move(accept));
    std::optional<http::Response> response;
    auto answering = answer(response);
    io.restart();
    asio::co_spawn(io, std::move(answering), asio::detached);
    io.run();
    return std::move(*response);
  }
  awaitable<void> answer(std::optional<http::Response>& response) {
    http::Response got = co_await api->handle(head);
    response.emplace(std::move(got));
  }
  static std::string body(const http::Response& response) {
    return std::get<std::string>(std::get<0>(response.body.content).front());
  }
  json::value get(const std::string& target) {
    const auto response = ask(target);
    EXPECT_EQ(response.status, 200) << body(response);
    EXPECT_EQ(response.headers.get_or("content-type", ""), "application/json");
    return *json::parse(body(response));
  }
  std::string error(const std::string& target, int status) {
    const auto response = ask(target);
    EXPECT_EQ(response.status, status) << target;
    return std::string(json::parse(body(response))->at("error").at("code").as_string());
  }
  static std::vector<std::string> whats(const json::value& page, const char* name) {
    std::vector<std::string> out;
    for (const auto& row : page.at(name).as_array()) out.emplace_back(row.at("what").as_string());
    return out;
  }

  std::filesystem::path folder;
  ManualTime time;
  asio::io_context io;
  asio::thread_pool workers{1};
  events::Feed feed{time, time};
  std::unique_ptr<storage::Database> database;
  std::unique_ptr<events::Journal> journal;
  std::unique_ptr<events::Sums> sums;
  std::unique_ptr<ReadApi> api;
  http::RequestHead head;
  std::int64_t asked_after = -1;
  int asked_limit = 0;
};

using Texts = std::vector<std::string>;

TEST_F(ReadApiTest, TellsTheJournal) {
  write(events::Subject::object, "in/a@null", events::Verdict::fine, kTrace);
  write(events::Subject::object, "in/b@null", events::Verdict::unmatched, kOther);
  write(events::Subject::invocation, "f/1", events::Verdict::failed, kTrace);
  EXPECT_EQ(whats(get("journal"), "rows"), (Texts{"f/1", "in/b@null", "in/a@null"}));
  EXPECT_EQ(whats(get("failures"), "failures"), (Texts{"f/1"}));
  EXPECT_EQ(whats(get("unmatched-uploads"), "uploads"), (Texts{"in/b@null"}));
  EXPECT_EQ(whats(get("journal?subject=object&what=in%2Fa"), "rows"), (Texts{"in/a@null"}));
  EXPECT_EQ(whats(get(std::string("journal?trace=") + kTrace), "rows"), (Texts{"f/1", "in/a@null"}));
  EXPECT_EQ(whats(get("journal?verdict=ok"), "rows"), (Texts{"in/a@null"}));
  EXPECT_EQ(whats(get("journal?end=%2F1"), "rows"), (Texts{"f/1"}));
  write(events::Subject::message, "q/filtered", events::Verdict::unmatched, kOther);
  EXPECT_EQ(whats(get("unmatched-uploads"), "uploads"), (Texts{"in/b@null"})) << "no message that a filter dropped";
  const auto failure = get("failures").at("failures").at(0);
  EXPECT_EQ(json::text(failure),
            R"({"id":3,"time":"2015-08-30T12:36:00.000Z","subject":"invocation","what":"f/1","outcome":"done",)"
            R"("verdict":"failed","detail":"why","trace":"1-5759e988-bd862e3fe1be46a994272793"})");
}

TEST_F(ReadApiTest, TellsTraces) {
  write(events::Subject::object, "in/a@null", events::Verdict::fine, kTrace);
  write(events::Subject::object, "in/b@null", events::Verdict::fine, kOther);
  write(events::Subject::invocation, "f/1", events::Verdict::failed, kTrace);
  const auto trace = get(std::string("traces/") + kTrace);
  EXPECT_EQ(whats(trace, "rows"), (Texts{"in/a@null", "f/1"})) << "from its beginning on";
  EXPECT_EQ(trace.at("trace").as_string(), kTrace);
  const auto list = get("traces");
  EXPECT_EQ(whats(list, "traces"), (Texts{"in/a@null", "in/b@null"}));
  EXPECT_EQ(list.at("traces").at(0).at("rows").as_int64(), 2);
  EXPECT_EQ(list.at("traces").at(0).at("failed").as_int64(), 1);
  const auto first = get("traces?limit=1");
  EXPECT_EQ(whats(first, "traces").size(), 1u);
  EXPECT_EQ(whats(get("traces?limit=1&next=" + std::string(first.at("next").as_string())), "traces"),
            (Texts{"in/b@null"}));
  EXPECT_EQ(error("traces/1-5759e988-111111111111111111111111", 404), "NotFound");
  EXPECT_EQ(error("traces/x", 404), "NotFound");
}

TEST_F(ReadApiTest, PagesLeadThroughEverything) {
  for (int i = 0; i < 5; ++i) write(events::Subject::object, std::to_string(i), events::Verdict::fine, {});
  Texts seen;
  std::string next;
  do {
    const auto page = get("journal?limit=2" + (next.empty() ? "" : "&next=" + next));
    for (auto& what : whats(page, "rows")) seen.push_back(std::move(what));
    const json::value* more = json::find(page, "next");
    next = more ? std::string(more->as_string()) : std::string();
  } while (!next.empty());
  EXPECT_EQ(seen, (Texts{"4", "3", "2", "1", "0"}));
  const auto queues = get("queues?limit=2");
  EXPECT_EQ(queues.at("queues").as_array().size(), 2u);
  EXPECT_EQ(get("queues?limit=2&next=2").at("queues").at(0).at("queue").as_string(), "arn:c");
}

TEST_F(ReadApiTest, TellsWhatLives) {
  EXPECT_EQ(get("environments").at("environments").at(0).at("requestId").as_string(), "r");
  EXPECT_EQ(json::text(get("pollers").at("pollers").at(0)),
            R"({"mapping":"uuid","region":"us-east-1","function":"arn:f","queue":"arn:q","running":2,"limit":5})");
  EXPECT_EQ(json::text(get("jobs").at("jobs").at(0)),
            R"({"job":"j1","video":"in/a.mp4","started":"2015-08-30T12:36:00.000Z","percent":42})");
  EXPECT_EQ(json::text(get("queues").at("queues").at(0)), R"({"queue":"arn:a","visible":1,"inFlight":2,"delayed":3})");
}

TEST_F(ReadApiTest, TellsAQueuesMessages) {
  const auto page = get("queues/jobs/messages?limit=3&next=2");
  EXPECT_EQ(asked_after, 2);
  EXPECT_EQ(asked_limit, 3);
  EXPECT_EQ(page.at("next").as_string(), "7");
  EXPECT_EQ(page.at("messages").at(0).at("messageId").as_string(), "m1");
  EXPECT_EQ(page.at("messages").at(0).at("body").as_string(), "body\xEF\xBF\xBD");
  get("queues/arn%3Aaws%3Asqs%3Aus-east-1%3A000000000000%3Ajobs/messages");
  EXPECT_EQ(error("queues/jobs/messages?region=eu-west-1", 404), "NotFound");
}

TEST_F(ReadApiTest, TellsSumsPerMinute) {
  sums->add({"us-east-1", "AWS/Lambda", "Errors", "FunctionName", "f"}, 1);
  sums->add({"us-east-1", "AWS/Lambda", "Errors", "FunctionName", "g"}, 1);
  const auto page = get("minutes?namespace=AWS/Lambda&metric=Errors&value=f");
  ASSERT_EQ(page.at("series").as_array().size(), 1u);
  EXPECT_EQ(json::text(page.at("series").at(0)),
            R"({"region":"us-east-1","namespace":"AWS/Lambda","metric":"Errors","dimensions":{"FunctionName":"f"},)"
            R"("minutes":[{"time":"2015-08-30T12:36:00Z","count":1.0,"sum":1.0,"min":1.0,"max":1.0}]})");
  EXPECT_EQ(get("minutes?limit=1").at("next").as_string(), "1");
  EXPECT_TRUE(get("minutes?until=2015-08-30T12:36:00Z").at("series").at(0).at("minutes").as_array().empty());
}

TEST_F(ReadApiTest, TellsTheFeed) {
  const auto before = get("feed");
  EXPECT_EQ(json::text(before), R"({"events":[],"next":0,"lost":0})");
  feed.publish([] { return events::QueueDepth{"arn:q", 1, 0, 0}; });
  feed.publish([] { return events::LogLine{}; });
  EXPECT_EQ(json::text(get("feed?after=0&kinds=queueDepth")),
            R"({"events":[{"sequence":1,"time":"2015-08-30T12:36:00.000Z","kind":"queueDepth","queue":"arn:q",)"
            R"("visible":1,"inFlight":0,"delayed":0}],"next":2,"lost":0})");
  EXPECT_EQ(json::text(get("feed?after=2")), R"({"events":[],"next":2,"lost":0})");
  EXPECT_TRUE(get("feed?after=900").at("restarted").as_bool());
  EXPECT_EQ(error("feed?kinds=nothing", 400), "InvalidParameter");
}

TEST_F(ReadApiTest, StreamsTheFeed) {
  get("feed");
  feed.publish([] { return events::QueueDepth{"arn:q", 1, 0, 0}; });
  const auto response = ask("feed?after=0", "text/event-stream");
  EXPECT_EQ(response.headers.get_or("content-type", ""), "text/event-stream");
  const auto stream = std::get<http::StreamBody>(response.body.content).stream;
  const auto read = [&] {
    std::string text;
    const auto reading = [](http::BodyStream& from, std::string& to) -> awaitable<void> {
      Result<std::string_view> piece = co_await from.read();
      to = *piece;
    };
    auto task = reading(*stream, text);
    io.restart();
    asio::co_spawn(io, std::move(task), asio::detached);
    io.run();
    return text;
  };
  EXPECT_TRUE(read().starts_with(":"));
  EXPECT_EQ(read(),
            "id: 1\nevent: queueDepth\ndata: {\"sequence\":1,\"time\":\"2015-08-30T12:36:00.000Z\",\"kind\":"
            "\"queueDepth\",\"queue\":\"arn:q\",\"visible\":1,\"inFlight\":0,\"delayed\":0}\n\n");
  feed.close();
  EXPECT_EQ(read(), "");
}

TEST_F(ReadApiTest, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(error("", 404), "NotFound");
  EXPECT_EQ(error("nothing", 404), "NotFound");
  EXPECT_EQ(error("failures/x", 404), "NotFound");
  EXPECT_EQ(error("queues/jobs", 404), "NotFound");
  EXPECT_EQ(error("queues/%ff/messages", 404), "NotFound");
  for (const char* target :
       {"failures?limit=0", "failures?limit=1001", "failures?limit=x", "failures?next=0", "failures?lmit=1",
        "failures?limit=1&limit=2", "failures?since=yesterday", "failures?subject=cat", "journal?verdict=bad",
        "environments?x=1", "failures?what=%ff", "failures?what=%", "feed?wait=61",
        "minutes?since=2026-01-01T00:00:00Z&until=2025-01-01T00:00:00Z", "queues/jobs/messages?body=-1"})
    EXPECT_EQ(error(target, 400), "InvalidParameter");
}

}  // namespace
}  // namespace cumulet::readapi
