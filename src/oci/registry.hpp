#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/http.hpp"
#include "oci/rounds.hpp"
#include "oci/store.hpp"
#include "oci/tokens.hpp"
#include "oci/uploads.hpp"
#include "storage/blob_store.hpp"

// The registry of images itself, for the distribution API and for ECR's.
namespace cumulet::oci {

struct Dependencies {
  storage::Database& database;
  std::filesystem::path folder;  // of the blobs' files
  bool is_durable = true;
  storage::Orphans orphans = storage::Orphans::deleted_when_few;
  const Clock& clock;
  Timers& timers;
  Random& random;
  boost::asio::any_io_executor workers;
  UploadLimits limits = {};
};

class Registry {
 public:
  // How long a blob that no manifest names is spared after it was pushed, mounted or asked for: a push first sees which
  // layers are there, and names them at its very end.
  static constexpr Milliseconds kSpared = std::chrono::hours(1);

  explicit Registry(Dependencies dependencies);
  ~Registry();
  Registry(const Registry&) = delete;

  // Tables, and leftovers of a killed run. Blocking.
  Result<void> load();
  void start();  // collects what nothing refers to, now and then
  void stop();
  void wake();  // something was deleted. Does not block

  storage::Database& database() { return d_.database; }
  const Clock& clock() const { return d_.clock; }
  Timers& timers() { return d_.timers; }
  const boost::asio::any_io_executor& workers() const { return d_.workers; }
  Uploads& uploads() { return *uploads_; }
  const Tokens& tokens() const { return *tokens_; }

  struct Put {
    Digest digest;
    Manifest manifest;
    bool is_new = false;  // not there before, or not by that tag
  };
  // `digest`: what it must be; empty: whatever it is. Errors: those of parse_manifest and store::put_manifest,
  // NAME_UNKNOWN, DIGEST_INVALID.
  awaitable<Result<Put>> put_manifest(std::string region, std::string repository, std::string bytes,
                                      std::string content_type, std::optional<std::string> tag, Digest digest);
  // The manifest that a tag or a digest names, its pull noted. Blocking. NAME_UNKNOWN, MANIFEST_UNKNOWN.
  Result<StoredManifest> pull(const std::string& region, const std::string& repository, const std::string& reference);
  // A blob's bytes. Blocking. NAME_UNKNOWN, BLOB_UNKNOWN.
  Result<std::vector<http::FileRange>> open_blob(const std::string& region, const std::string& repository,
                                                 const Digest& digest);
  // Somebody was told that the blob is there. Thread-safe, does not block.
  void touch(std::int64_t repository, const Digest& digest);

  // Told of every image that came or got a tag. Must not block.
  void set_on_push(std::function<void()> on_push) { on_push_ = std::move(on_push); }

  // One round of what start() does. Blocking. How many blobs were removed.
  std::size_t collect();

 private:
  Result<std::size_t> collect_links(TimePoint now);

  Dependencies d_;
  std::unique_ptr<storage::BlobStore> blobs_;
  std::unique_ptr<Uploads> uploads_;
  std::unique_ptr<Tokens> tokens_;
  std::mutex touched_mutex_;
  std::map<std::pair<std::int64_t, std::string>, TimePoint> touched_;
  std::function<void()> on_push_;
  std::shared_ptr<Rounds> rounds_;
};

}  // namespace cumulet::oci
