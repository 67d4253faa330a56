#include "services/s3/service.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <random>
#include <set>

#include "base/manual_time.hpp"
#include "events/journal.hpp"
#include "services/s3/errors.hpp"

namespace cumulet::s3 {
namespace {

using testing::ElementsAre;

std::string string_at(const json::value& v, std::string_view name) {
  const auto& s = v.at(name).as_string();
  return std::string(s.data(), s.size());
}

class TextStream final : public http::BodyStream {
 public:
  explicit TextStream(std::string text, bool broken = false) : text_(std::move(text)), broken_(broken) {}
  awaitable<Result<std::string_view>> read() override {
    if (at_ == text_.size() && broken_) co_return Error{kIncompleteBody, "cut"};
    const std::string_view piece = std::string_view(text_).substr(at_, 100'000);
    at_ += piece.size();
    co_return piece;
  }

 private:
  std::string text_;
  std::size_t at_ = 0;
  bool broken_;
};

struct Targets final : NotificationTargets {
  Verdict check_function(std::string_view arn, std::string_view bucket_arn, std::string_view) override {
    EXPECT_EQ(bucket_arn, "arn:aws:s3:::bucket");
    return arn.ends_with(":missing")  ? Verdict::does_not_exist
           : arn.ends_with(":denied") ? Verdict::not_permitted
                                      : Verdict::ok;
  }
  Verdict check_queue(std::string_view arn, std::string_view bucket_arn, std::string_view account) override {
    return check_function(arn, bucket_arn, account);
  }
};

class S3Test : public testing::Test {
 protected:
  S3Test() {
    char name[] = "/tmp/cumulet-s3-XXXXXX";
    folder = ::mkdtemp(name);
    head.peer_address = "10.1.2.3";
    context.head = &head;
    context.region = "us-east-1";
    context.request_id = "REQUEST";
    context.caller.user_id = "AIDA";
    open();
    CreateBucketRequest create;
    create.bucket = "bucket";
    EXPECT_TRUE(run(s3->create_bucket(context, create)).ok());
  }
  ~S3Test() override {
    close();
    std::filesystem::remove_all(folder);
  }
  void open() {
    database = std::move(storage::Database::open(folder / "state.db", storage::Durability::ephemeral)).value();
    blobs = std::move(storage::BlobStore::open(folder / "blobs", false)).value();
    journal = std::make_unique<events::Journal>(*database, time, time);
    ASSERT_TRUE(journal->load().ok());
    outbox = std::make_unique<events::Outbox>(*database, time, time);
    ASSERT_TRUE(outbox->load().ok());
    const auto subscribed = outbox->subscribe(std::string(kNotificationTopic),
                                              [this](storage::Transaction&, const events::Event& e) -> Result<void> {
                                                events.push_back({e.target, *json::parse(e.payload)});
                                                return {};
                                              });
    ASSERT_TRUE(subscribed.ok());
    outbox->start();
    s3 = std::make_unique<S3>(Dependencies{
        *database, *blobs, *outbox, targets, time, random, pool.get_executor(), {nullptr, journal.get(), nullptr}});
    ASSERT_TRUE(s3->load().ok());
  }
  void close() {
    s3.reset();
    outbox.reset();
    journal.reset();
    blobs.reset();
    database.reset();
  }
  template <class T>
  Result<T> run(awaitable<Result<T>> task) {
    boost::asio::io_context io;
    std::optional<Result<T>> out;
    auto stored = store<T>(std::move(task), out);
    boost::asio::co_spawn(io, std::move(stored), boost::asio::detached);
    io.run();
    return std::move(*out);
  }
  template <class T>
  static awaitable<void> store(awaitable<Result<T>> task, std::optional<Result<T>>& out) {
    Result<T> result = co_await std::move(task);
    out.emplace(std::move(result));
  }
  Result<WriteOutput> put(std::string key, std::string body, bool broken = false) {
    PutObjectRequest request;
    request.bucket = "bucket";
    request.key = std::move(key);
    head.content_length = body.size();
    request.body.length = body.size();
    request.body.stream = std::make_shared<TextStream>(std::move(body), broken);
    return run(s3->put_object(context, std::move(request)));
  }
  std::size_t blob_count() {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder / "blobs"), {}));
  }
  void settle() {
    for (int i = 0; i < 4; ++i)
      EXPECT_TRUE(database->write_blocking([](storage::Transaction&) -> Result<void> { return {}; }).ok());
  }
  NotificationRequest notify(std::string arn, std::vector<std::string> names, std::vector<FilterRule> rules) {
    NotificationRequest request;
    request.bucket = "bucket";
    FunctionConfiguration f;
    f.id = "mine";
    f.arn = std::move(arn);
    f.events = std::move(names);
    if (!rules.empty()) f.filter.emplace().key.emplace().rules = std::move(rules);
    request.configuration.emplace().functions.push_back(std::move(f));
    return request;
  }

  std::filesystem::path folder;
  ManualTime time;
  SeededRandom random{7};
  boost::asio::thread_pool pool{2};
  Targets targets;
  struct Sent {
    std::string target;
    json::value payload;
  };
  std::vector<Sent> events;
  std::unique_ptr<storage::Database> database;
  std::unique_ptr<storage::BlobStore> blobs;
  std::unique_ptr<events::Journal> journal;
  std::unique_ptr<events::Outbox> outbox;
  std::unique_ptr<S3> s3;
  http::RequestHead head;
  wire::CallContext context;
};

constexpr std::string_view kFunction = "arn:aws:lambda:us-east-1:000000000000:function:f";

TEST_F(S3Test, TellsTheFunctionInAwssFormat) {
  ASSERT_TRUE(run(s3->put_notifications(context, notify(std::string(kFunction), {"s3:ObjectCreated:*"},
                                                        {{"prefix", "in/"}, {"suffix", ".mp4"}})))
                  .ok());
  ASSERT_TRUE(put("in/my video+1.mp4", "12345").ok());
  ASSERT_TRUE(put("in/other.txt", "x").ok());
  ASSERT_TRUE(put("out/other.mp4", "x").ok());
  settle();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].target, kFunction);
  const std::string sequencer = string_at(events[0].payload.at("Records").at(0).at("s3").at("object"), "sequencer");
  EXPECT_EQ(
      json::text(events[0].payload),
      R"({"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","awsRegion":"us-east-1","eventTime":"2015-08-30T12:36:00.000Z",)"
      R"("eventName":"ObjectCreated:Put","userIdentity":{"principalId":"AWS:AIDA"},"requestParameters":{"sourceIPAddress":"10.1.2.3"},)"
      R"("responseElements":{"x-amz-request-id":"REQUEST","x-amz-id-2":"Y3VtdWxldC1pcy1vbmUtcHJvZ3JhbS1vbi1vbmUtbWFjaGluZQ=="},)"
      R"("s3":{"s3SchemaVersion":"1.0","configurationId":"mine","bucket":{"name":"bucket","ownerIdentity":{"principalId":"A1CUMULETOWNER"},)"
      R"("arn":"arn:aws:s3:::bucket"},"object":{"key":"in/my+video%2B1.mp4","size":5,"eTag":"827ccb0eea8a706c4c34a16891f84e7b",)"
      R"("sequencer":")" +
          sequencer + R"("}}}]})");
}

TEST_F(S3Test, SequencersGrowAndRemovalsHaveNoSize) {
  ASSERT_TRUE(run(s3->put_notifications(
                      context, notify(std::string(kFunction), {"s3:ObjectCreated:Put", "s3:ObjectRemoved:*"}, {})))
                  .ok());
  ASSERT_TRUE(put("k", "1").ok());
  ASSERT_TRUE(put("k", "2").ok());
  DeleteObjectRequest remove;
  remove.bucket = "bucket";
  remove.key = "k";
  ASSERT_TRUE(run(s3->delete_object(context, remove)).ok());
  ASSERT_TRUE(run(s3->delete_object(context, remove)).ok());
  settle();
  ASSERT_EQ(events.size(), 4u) << "also of the deletion of what is not there any more";
  std::vector<std::string> sequencers;
  for (const auto& e : events)
    sequencers.push_back(string_at(e.payload.at("Records").at(0).at("s3").at("object"), "sequencer"));
  EXPECT_LT(sequencers[0], sequencers[1]);
  EXPECT_LT(sequencers[1], sequencers[2]);
  const auto& record = events[2].payload.at("Records").at(0);
  EXPECT_EQ(string_at(record, "eventName"), "ObjectRemoved:Delete");
  EXPECT_FALSE(record.at("s3").at("object").as_object().contains("size"));
}

TEST_F(S3Test, UploadsAreJournalledAlsoThoseThatNobodyWants) {
  ASSERT_TRUE(
      run(s3->put_notifications(context, notify(std::string(kFunction), {"s3:ObjectCreated:*"}, {{"suffix", ".mp4"}})))
          .ok());
  head.headers.add("X-Amzn-Trace-Id", "Root=1-5759e988-bd862e3fe1be46a994272793");
  ASSERT_TRUE(put("a.mp4", "1").ok());
  head.headers.erase("X-Amzn-Trace-Id");
  ASSERT_TRUE(put("a.txt", "1").ok());
  DeleteObjectRequest remove;
  remove.bucket = "bucket";
  remove.key = "a.txt";
  ASSERT_TRUE(run(s3->delete_object(context, remove)).ok());
  ASSERT_TRUE(put("b.mp4", "1").ok());  // the removal's row goes along with this
  settle();
  events::JournalQuery all;
  all.order = events::JournalQuery::Order::oldest_first;
  const auto rows = journal->read(all)->rows;
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_EQ(rows[0].entry.what, "bucket/a.mp4@null");
  EXPECT_EQ(rows[0].entry.verdict, events::Verdict::fine);
  EXPECT_EQ(rows[0].entry.detail, "to " + std::string(kFunction));
  EXPECT_EQ(rows[0].entry.trace, "1-5759e988-bd862e3fe1be46a994272793");
  EXPECT_EQ(rows[1].entry.what, "bucket/a.txt@null");
  EXPECT_EQ(rows[1].entry.verdict, events::Verdict::unmatched);
  EXPECT_EQ(rows[1].entry.trace.size(), 35u) << "of its own";
  EXPECT_EQ(rows[2].entry.what, "bucket/b.mp4@null");
  EXPECT_EQ(rows[3].entry.outcome, "ObjectRemoved:Delete");
  EXPECT_EQ(rows[3].entry.verdict, events::Verdict::fine);
}

TEST_F(S3Test, AnUploadThatNoTriggerWantedSaysWhy) {
  const auto why = [&](const std::string& key) {
    EXPECT_TRUE(put(key, "1").ok());
    settle();
    return journal->read({})->rows.at(0).entry.detail;
  };
  EXPECT_EQ(why("in/a.mp4"), "") << "the bucket notifies nobody";
  const std::string function(kFunction);
  ASSERT_TRUE(run(s3->put_notifications(context, notify(function, {"s3:ObjectCreated:Copy"}, {}))).ok());
  EXPECT_EQ(why("in/a.mp4"), "no trigger of the bucket is for s3:ObjectCreated:Put");
  const std::vector<FilterRule> rules{{"prefix", "in/"}, {"suffix", ".mov"}};
  ASSERT_TRUE(run(s3->put_notifications(context, notify(function, {"s3:ObjectCreated:*"}, rules))).ok());
  EXPECT_EQ(why("in/IMG_0001.MOV"), "'in/IMG_0001.MOV' does not end with '.mov': suffixes are case-sensitive");
  EXPECT_EQ(why("in/notes.txt"), "'in/notes.txt' does not end with '.mov'");
  EXPECT_EQ(why("IN/a.mov"), "'IN/a.mov' does not begin with 'in/': prefixes are case-sensitive");
  EXPECT_EQ(why("out/a.mov"), "'out/a.mov' does not begin with 'in/'");
}

TEST_F(S3Test, RefusesTargetsAsS3Does) {
  const auto refusal = [&](std::string arn) {
    auto r = run(s3->put_notifications(context, notify(std::move(arn), {"s3:ObjectCreated:*"}, {})));
    EXPECT_FALSE(r.ok());
    EXPECT_EQ(r.error().message(), "Unable to validate the following destination configurations");
    return r.error().fields();
  };
  using Fields = std::vector<std::pair<std::string, std::string>>;
  const std::string denied = "arn:aws:lambda:us-east-1:000000000000:function:denied";
  const std::string missing = "arn:aws:lambda:us-east-1:000000000000:function:missing";
  EXPECT_EQ(refusal(denied), (Fields{{"ArgumentName1", denied + ", null"},
                                     {"ArgumentValue1", "Not authorized to invoke function [" + denied + "]"}}));
  EXPECT_EQ(refusal(missing), (Fields{{"ArgumentName1", missing + ", null"},
                                      {"ArgumentValue1", "Not authorized to invoke function [" + missing + "]"}}));
  auto skipped = notify(missing, {"s3:ObjectCreated:*"}, {});
  skipped.skip_destination_validation = true;
  EXPECT_TRUE(run(s3->put_notifications(context, skipped)).ok());
}

TEST_F(S3Test, TellsQueuesAndTestsThemFirst) {
  NotificationRequest request;
  request.bucket = "bucket";
  request.configuration.emplace().queues.emplace_back();
  QueueConfiguration& target = request.configuration->queues[0];
  target.events = {"s3:ObjectCreated:*"};
  const std::string denied = "arn:aws:sqs:us-east-1:000000000000:q:denied";
  const std::string missing = "arn:aws:sqs:us-east-1:000000000000:q:missing";
  const std::string good = "arn:aws:sqs:us-east-1:000000000000:jobs";
  using Fields = std::vector<std::pair<std::string, std::string>>;
  target.arn = missing;
  EXPECT_EQ(run(s3->put_notifications(context, request)).error().fields(),
            (Fields{{"ArgumentName1", missing}, {"ArgumentValue1", "The destination queue does not exist"}}));
  target.arn = denied;
  EXPECT_EQ(run(s3->put_notifications(context, request)).error().fields(),
            (Fields{{"ArgumentName1", denied},
                    {"ArgumentValue1",
                     "Permissions on the destination queue do not allow S3 to publish notifications from this "
                     "bucket"}}));
  target.arn = good;
  ASSERT_TRUE(run(s3->put_notifications(context, request)).ok());
  ASSERT_TRUE(put("k", "text").ok());
  settle();
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].target, good);
  EXPECT_EQ(string_at(events[0].payload, "Event"), "s3:TestEvent");
  EXPECT_EQ(string_at(events[0].payload, "Bucket"), "bucket");
  EXPECT_EQ(events[1].target, good);
  EXPECT_EQ(string_at(events[1].payload.at("Records").at(0), "eventName"), "ObjectCreated:Put");
}

TEST_F(S3Test, NotificationsSurviveARestart) {
  ASSERT_TRUE(
      run(s3->put_notifications(context, notify(std::string(kFunction), {"s3:ObjectCreated:*"}, {{"suffix", "é.x"}})))
          .ok());
  close();
  open();
  const auto kept = s3->get_notifications(context, {"bucket"});
  ASSERT_EQ(kept->functions.size(), 1u);
  EXPECT_EQ(kept->functions[0].arn, kFunction);
  EXPECT_EQ(kept->functions[0].filter->key->rules[0].name, "Suffix");
  EXPECT_EQ(kept->functions[0].filter->key->rules[0].value, "é.x");
}

TEST_F(S3Test, ABodyThatBreaksOffLeavesNothing) {
  ASSERT_TRUE(put("k", "first").ok());
  for (const std::size_t size : {100u, 100'000u, 2'000'000u})
    EXPECT_TRUE(put("k", std::string(size, 'x'), true).error().is(kIncompleteBody));
  EXPECT_EQ(*s3->read_object("bucket", "k", 100), "first");
  EXPECT_EQ(blob_count(), 0u);
}

TEST_F(S3Test, BlobsLiveAsLongAsSomethingNamesThem) {
  const std::string large(100'000, 'l');
  ASSERT_TRUE(put("a", large).ok());
  for (const auto to : {"b", "c"}) {
    CopyObjectRequest copy;
    copy.bucket = "bucket";
    copy.key = to;
    copy.copy_source = "bucket/a";
    ASSERT_TRUE(run(s3->copy_object(context, copy)).ok());
  }
  EXPECT_EQ(blob_count(), 1u);
  auto opened = s3->open_object("bucket", "a");
  ASSERT_TRUE(put("a", "small").ok());
  ASSERT_TRUE(put("b", "small").ok());
  settle();
  EXPECT_EQ(blob_count(), 1u);
  EXPECT_EQ(*s3->read_object("bucket", "c", 1 << 20), large);
  ASSERT_TRUE(put("c", "small").ok());
  settle();
  EXPECT_EQ(blob_count(), 0u);
  // An object that was opened before stays readable.
  const auto& range = std::get<http::FileRange>(opened->pieces.at(0));
  char byte = 0;
  EXPECT_EQ(::pread(range.file->fd(), &byte, 1, 99'999), 1);
  EXPECT_EQ(byte, 'l');
}

TEST_F(S3Test, EveryWriteHasAnIdentityOfItsOwn) {
  for (const std::size_t size : {100u, 100'000u}) {
    const auto write = [&](char fill) {
      time.advance(Milliseconds(1));
      EXPECT_TRUE(put("film", std::string(size, fill)).ok());
      return *s3->open_object("bucket", "film");
    };
    const auto first = write('a'), other = write('b'), again = write('a');
    EXPECT_EQ(first.etag, again.etag);
    EXPECT_EQ((std::set{first.identity, other.identity, again.identity}.size()), 3u) << size;
    PutTaggingRequest tags;
    tags.bucket = "bucket";
    tags.key = "film";
    tags.tagging.emplace().tags.push_back({"k", "v"});
    ASSERT_TRUE(run(s3->put_object_tagging(context, tags)).ok());
    close();
    open();
    EXPECT_EQ(s3->open_object("bucket", "film")->identity, again.identity);
  }
}

TEST_F(S3Test, OrphanedBlobsAreSweptAtStart) {
  ASSERT_TRUE(put("a", std::string(50'000, 'a')).ok());
  auto writer = blobs->create();
  ASSERT_TRUE((*writer)->append("orphan").ok());
  ASSERT_TRUE((*writer)->publish().ok());
  writer->reset();
  EXPECT_EQ(blob_count(), 2u);
  close();
  open();
  EXPECT_EQ(blob_count(), 1u);
  EXPECT_EQ(s3->read_object("bucket", "a", 1 << 20)->size(), 50'000u);
}

TEST_F(S3Test, ReadingHasALimit) {
  ASSERT_TRUE(put("a", "12345").ok());
  EXPECT_TRUE(s3->read_object("bucket", "a", 4).error().is(kEntityTooLarge));
  EXPECT_TRUE(s3->read_object("bucket", "no", 4).error().is(kNoSuchKey));
  EXPECT_TRUE(s3->read_object("no-bucket", "a", 4).error().is(kNoSuchBucket));
}

// Random keys, prefixes, delimiters, page sizes: pages put together are what a plain loop over all keys yields.
// Four prefixes are four seeks, however many keys stand under each. Counted in the database's own steps.
TEST_F(S3Test, ADelimiterListingDoesNotReadEveryKey) {
  const auto steps = [&](int keys) {
    Store store(*database, *blobs);
    Bucket bucket;
    bucket.id = 1000 + keys;
    EXPECT_TRUE(database
                    ->write_blocking([&](storage::Transaction& tx) -> Result<void> {
                      for (int i = 0; i < keys; ++i) {
                        ObjectRow row;
                        row.key = std::to_string(i % 4) + "/" + std::to_string(100'000 + i);
                        CUMULET_CHECK(store.put(tx, bucket, std::move(row), Content{}, Blobs::created));
                      }
                      return {};
                    })
                    .ok());
    int count = 0;
    EXPECT_TRUE(database
                    ->read([&](storage::Connection& c) -> Result<void> {
                      const auto tick = [](void* n) { return ++*static_cast<int*>(n), 0; };
                      sqlite3_progress_handler(c.handle(), 1, tick, &count);
                      ListQuery query;
                      query.delimiter = "/";
                      EXPECT_EQ(store.list(c, bucket, query).prefixes.size(), 4u);
                      sqlite3_progress_handler(c.handle(), 0, nullptr, nullptr);
                      return {};
                    })
                    .ok());
    return count;
  };
  const int few = steps(8);
  EXPECT_GT(few, 0);
  EXPECT_LT(steps(4'000), 2 * few);
}

TEST_F(S3Test, ListingsAgreeWithAPlainModel) {
  std::mt19937 dice(42);
  std::set<std::string> keys;
  for (int i = 0; i < 120; ++i) {
    std::string key;
    for (int n = static_cast<int>(dice() % 6) + 1; n > 0; --n) key += "ab/-"[dice() % 4];
    keys.insert(key);
  }
  for (const auto& key : keys) ASSERT_TRUE(put(key, "").ok());
  for (int round = 0; round < 300; ++round) {
    ListObjectsRequestV2 request;
    request.bucket = "bucket";
    request.prefix = std::vector<std::string>{"", "a", "a/", "/", "b-", "ab"}[dice() % 6];
    request.delimiter = std::vector<std::string>{"", "/", "-", "a/"}[dice() % 4];
    request.max_keys = static_cast<int>(dice() % 9) + 1;
    std::vector<std::string> expected;
    for (const auto& key : keys) {
      if (!key.starts_with(*request.prefix)) continue;
      const auto at = request.delimiter->empty() ? key.npos : key.find(*request.delimiter, request.prefix->size());
      const std::string shown = at == key.npos ? key : key.substr(0, at + request.delimiter->size()) + "*";
      if (expected.empty() || expected.back() != shown) expected.push_back(shown);
    }
    std::vector<std::string> found;
    for (int pages = 0; pages < 200; ++pages) {
      const auto page = s3->list_objects_v2(context, request);
      ASSERT_TRUE(page.ok());
      std::vector<std::string> shown;
      for (const auto& o : page->contents) shown.push_back(o.key);
      for (const auto& p : page->common_prefixes) shown.push_back(p.prefix + "*");
      ASSERT_LE(static_cast<int>(shown.size()), *request.max_keys);
      // Keys and prefixes stand in lists of their own on the wire; in one order here.
      std::sort(shown.begin(), shown.end(), [](std::string a, std::string b) {
        if (a.ends_with('*')) a.pop_back();
        if (b.ends_with('*')) b.pop_back();
        return a < b;
      });
      found.insert(found.end(), shown.begin(), shown.end());
      if (!page->is_truncated) break;
      request.continuation_token = page->next_continuation_token;
    }
    ASSERT_EQ(found, expected) << "prefix " << *request.prefix << " delimiter " << *request.delimiter << " by "
                               << *request.max_keys;
  }
}

}  // namespace
}  // namespace cumulet::s3
