// What time does to the registry: uploads that nobody ends, layers that nobody needs; and uploads that outlive the
// process.
#include "oci/registry.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <optional>

#include "base/ids.hpp"
#include "base/manual_time.hpp"
#include "oci/errors.hpp"

namespace cumulet::oci {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;

// Pieces of a body, then its end or a failure.
class Body final : public http::BodyStream {
 public:
  explicit Body(std::vector<std::string> pieces, std::optional<Error> failure = std::nullopt)
      : pieces_(std::move(pieces)), failure_(std::move(failure)) {}
  awaitable<Result<std::string_view>> read() override {
    if (next_ < pieces_.size()) co_return std::string_view(pieces_[next_++]);
    if (failure_) co_return *failure_;
    co_return std::string_view();
  }

 private:
  std::vector<std::string> pieces_;
  std::optional<Error> failure_;
  std::size_t next_ = 0;
};

class RegistryTest : public ::testing::Test {
 protected:
  RegistryTest() {
    fs::create_directories(folder_);
    open();
    repository_ = *database_->write_value_blocking<Repository>([this](storage::Transaction& tx) -> Result<Repository> {
      const auto id = store::create_repository(tx, "us-east-1", "app", Tags::mutable_, time_.now());
      return Repository{id, "us-east-1", "app", time_.now(), Tags::mutable_};
    });
  }
  ~RegistryTest() override {
    registry_.reset();
    database_.reset();
    fs::remove_all(folder_);
  }
  void open() {
    registry_.reset();
    database_.reset();
    database_ = std::move(*storage::Database::open(folder_ / "state.db", storage::Durability::ephemeral));
    registry_ = std::make_unique<Registry>(Dependencies{*database_, folder_ / "blobs", false,
                                                        storage::Orphans::deleted_when_few, time_, time_, random_,
                                                        io_.get_executor(), limits_});
    ASSERT_TRUE(registry_->load().ok());
  }
  template <class T>
  T run(awaitable<T> work) {
    std::optional<T> result;
    auto job = [&result, work = std::move(work)]() mutable -> awaitable<void> {
      result.emplace(co_await std::move(work));
    };
    asio::co_spawn(io_, std::move(job), asio::detached);
    io_.restart();
    io_.run();
    return std::move(*result);
  }
  Digest push(const std::string& content) {
    Body body({content});
    const Digest digest = Digest::of(content);
    EXPECT_TRUE(run(registry_->uploads().take(repository_, &body, digest)).ok());
    return digest;
  }
  std::size_t files() const {
    std::size_t n = 0;
    for ([[maybe_unused]] const auto& entry : fs::directory_iterator(folder_ / "blobs")) ++n;
    return n;
  }
  bool is_there(const Digest& digest) { return registry_->open_blob("us-east-1", "app", digest).ok(); }

  const fs::path folder_ = fs::temp_directory_path() / ("cumulet-registry-" + uuid4());
  asio::io_context io_;
  ManualTime time_;
  SeededRandom random_{7};
  UploadLimits limits_;
  std::unique_ptr<storage::Database> database_;
  std::unique_ptr<Registry> registry_;
  Repository repository_;
};

TEST_F(RegistryTest, ALayerThatNobodyNeedsGoesAfterAWhile) {
  const Digest digest = push("a layer");
  EXPECT_EQ(registry_->collect(), 0u);
  time_.advance(Registry::kSpared - Milliseconds(1));
  EXPECT_EQ(registry_->collect(), 0u);
  EXPECT_TRUE(is_there(digest));  // and whoever asks is told so: it is spared once more
  time_.advance(Registry::kSpared - Milliseconds(1));
  EXPECT_EQ(registry_->collect(), 0u);
  EXPECT_EQ(files(), 1u);
  time_.advance(Milliseconds(2));
  EXPECT_EQ(registry_->collect(), 1u);
  EXPECT_FALSE(is_there(digest));
  EXPECT_EQ(files(), 0u);
}

TEST_F(RegistryTest, WhatAManifestNamesStaysUntilItGoes) {
  const Digest digest = push("{}");
  const std::string manifest = R"({"schemaVersion":2,"config":{"mediaType":"application/x","digest":")" +
                               digest.text() + R"(","size":2},"layers":[]})";
  const auto put =
      run(registry_->put_manifest("us-east-1", "app", manifest, std::string(kOciManifest), "v1", Digest()));
  ASSERT_TRUE(put.ok()) << put.error().message();
  time_.advance(Registry::kSpared * 100);
  EXPECT_EQ(registry_->collect(), 0u);
  ASSERT_TRUE(database_
                  ->write_blocking([&](storage::Transaction& tx) -> Result<void> {
                    CUMULET_TRY(const bool gone, store::delete_manifest(tx, repository_.id, put->digest));
                    return gone ? Result<void>{} : Error{kManifestUnknown, "?"};
                  })
                  .ok());
  EXPECT_EQ(registry_->collect(), 1u);
  EXPECT_EQ(files(), 0u);
}

TEST_F(RegistryTest, ALayerStaysWhileOneRepositoryHasIt) {
  const Digest digest = push("a layer");
  std::int64_t other = 0;
  ASSERT_TRUE(database_
                  ->write_blocking([&](storage::Transaction& tx) -> Result<void> {
                    other = store::create_repository(tx, "us-east-1", "other", Tags::mutable_, time_.now());
                    EXPECT_TRUE(store::mount_blob(tx, repository_.id, other, digest, time_.now()));
                    store::delete_repository(tx, repository_.id);
                    return {};
                  })
                  .ok());
  EXPECT_EQ(registry_->collect(), 0u);
  EXPECT_FALSE(is_there(digest));
  EXPECT_TRUE(registry_->open_blob("us-east-1", "other", digest).ok());
}

TEST_F(RegistryTest, AnUploadGoesOnAfterARestartWithAllThatWasAcknowledged) {
  auto begun = run(registry_->uploads().begin(repository_));
  ASSERT_TRUE(begun.ok());
  Body first({"one ", "two "});
  ASSERT_TRUE(run(registry_->uploads().append(repository_.id, begun->id, &first, ChunkRange{0, 7})).ok());
  open();
  const auto status = run(registry_->uploads().status(repository_.id, begun->id));
  ASSERT_TRUE(status.ok());
  EXPECT_EQ(status->size, 8u);
  Body last({"three"});
  const Digest digest = Digest::of("one two three");
  const auto size = run(registry_->uploads().finish(repository_.id, begun->id, &last, ChunkRange{8, 12}, digest));
  ASSERT_TRUE(size.ok()) << size.error().message();
  EXPECT_EQ(*size, 13u);
  EXPECT_EQ(files(), 2u);  // nothing was copied
  open();
  EXPECT_EQ(files(), 2u);
  EXPECT_TRUE(is_there(digest));
}

TEST_F(RegistryTest, WhatArrivedBeforeAClientVanishedIsKept) {
  static constexpr ErrorKind kVanished{"IncompleteBody", 400};
  auto begun = run(registry_->uploads().begin(repository_));
  ASSERT_TRUE(begun.ok());
  Body cut({"one "}, Error{kVanished, "gone"});
  EXPECT_FALSE(run(registry_->uploads().append(repository_.id, begun->id, &cut, std::nullopt)).ok());
  EXPECT_EQ(run(registry_->uploads().status(repository_.id, begun->id))->size, 4u);
  Body rest({"two"});
  EXPECT_TRUE(
      run(registry_->uploads().finish(repository_.id, begun->id, &rest, std::nullopt, Digest::of("one two"))).ok());
}

TEST_F(RegistryTest, AnUploadThatNobodyTouchesGoes) {
  auto begun = run(registry_->uploads().begin(repository_));
  Body body({"bytes"});
  ASSERT_TRUE(run(registry_->uploads().append(repository_.id, begun->id, &body, std::nullopt)).ok());
  time_.advance(limits_.idle + Milliseconds(1));
  registry_->collect();
  EXPECT_EQ(files(), 0u);
  Body more({"more"});
  const auto late = run(registry_->uploads().append(repository_.id, begun->id, &more, std::nullopt));
  ASSERT_FALSE(late.ok());
  EXPECT_TRUE(late.error().is(kBlobUploadUnknown));
}

TEST_F(RegistryTest, APushThatNeverEndsIsBounded) {
  limits_.blob_bytes = 10;
  limits_.parts = 2;
  limits_.of_a_repository = 1;
  open();
  auto begun = run(registry_->uploads().begin(repository_));
  ASSERT_TRUE(begun.ok());
  EXPECT_TRUE(run(registry_->uploads().begin(repository_)).error().is(kTooManyRequests));
  Body large({"0123456789", "0"});
  EXPECT_TRUE(
      run(registry_->uploads().append(repository_.id, begun->id, &large, std::nullopt)).error().is(kBlobTooLarge));
  EXPECT_EQ(files(), 0u);
  for (int i = 0; i < 2; ++i) {
    Body small({"x"});
    EXPECT_TRUE(run(registry_->uploads().append(repository_.id, begun->id, &small, std::nullopt)).ok());
  }
  Body third({"x"});
  EXPECT_TRUE(
      run(registry_->uploads().append(repository_.id, begun->id, &third, std::nullopt)).error().is(kTooManyRequests));
}

TEST_F(RegistryTest, OneRequestAtATimeWritesToAnUpload) {
  auto begun = run(registry_->uploads().begin(repository_));
  Body one({"one"}), two({"two"});
  std::optional<Result<Uploads::Progress>> first, second;
  auto both = [&]() -> awaitable<void> {
    first.emplace(co_await registry_->uploads().append(repository_.id, begun->id, &one, std::nullopt));
  };
  auto other = [&]() -> awaitable<void> {
    second.emplace(co_await registry_->uploads().append(repository_.id, begun->id, &two, std::nullopt));
  };
  asio::co_spawn(io_, both, asio::detached);
  asio::co_spawn(io_, other, asio::detached);
  io_.restart();
  io_.run();
  EXPECT_NE(first->ok(), second->ok());
  EXPECT_EQ(run(registry_->uploads().status(repository_.id, begun->id))->size, 3u);
}

}  // namespace
}  // namespace cumulet::oci
