#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "services/s3/attributes.hpp"
#include "services/s3/cors.hpp"
#include "services/s3/model_notification.hpp"
#include "storage/blob_store.hpp"
#include "storage/database.hpp"

// Where buckets and objects live. An object is a row of the index (what listings need) and a content row (bytes up to
// 16 KB, or an ordered list of extents of blobs). Blobs are counted, so that copies and completed uploads share them.
namespace cumulet::s3 {

using storage::Connection;
using storage::Transaction;

inline constexpr std::uint64_t kInlineBytes = 16 * 1024;

struct Bucket {
  std::int64_t id = 0;
  std::string name;
  std::string region;
  TimePoint created;
  std::shared_ptr<const NotificationConfiguration> notifications;
  std::shared_ptr<const CorsConfiguration> cors;  // nullptr: none
};
using BucketPtr = std::shared_ptr<const Bucket>;

struct Extent {
  std::string blob;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  bool operator==(const Extent&) const = default;
};
std::string extents_text(const std::vector<Extent>& extents);
std::vector<Extent> parse_extents(std::string_view text);

// A part of a completed multipart upload, as GetObject?partNumber and GetObjectAttributes show it.
struct StoredPart {
  int number = 0;
  std::uint64_t size = 0;
  std::string checksum;  // base64, may be empty
};

struct Content {
  Attributes attributes;
  std::string bytes;  // when there are no extents
  std::vector<Extent> extents;
  std::vector<StoredPart> parts;  // empty: not a multipart object
};

struct ObjectRow {
  std::string key;
  std::int64_t content = 0;
  std::string etag;  // without quotes
  std::uint64_t size = 0;
  TimePoint modified;
  std::string storage_class;  // empty: STANDARD
  std::string checksum;       // "CRC32/FULL_OBJECT", may be empty
};
struct Object {
  ObjectRow row;
  Content content;
};

// What happens to the counts of the blobs that a new content row names.
enum class Blobs { created, shared, moved };

struct ObjectPage {
  std::vector<ObjectRow> objects;
  std::vector<std::string> prefixes;
  std::string last;  // the greatest key or prefix of the page
  bool truncated = false;
};
struct ListQuery {
  std::string prefix, delimiter;
  std::string after;  // exclusive; keys under a common prefix that `after` lies in are passed over
  std::size_t max = 1000;
};

struct Upload {
  std::string id, key;
  TimePoint initiated;
  Attributes attributes;
  std::optional<Algorithm> algorithm;
  ChecksumType type = ChecksumType::full_object;
  bool key_removed = false;  // an object of this key was deleted since
};
struct PartRow {
  int number = 0;
  std::string etag;
  std::uint64_t size = 0;
  TimePoint modified;
  std::string checksum;  // base64
  std::vector<Extent> extents;
};
struct UploadPage {
  std::vector<Upload> uploads;
  std::vector<std::string> prefixes;
  std::string last_key, last_id;
  bool truncated = false;
};

class Store {
 public:
  Store(storage::Database& database, storage::BlobStore& blobs) : database_(database), blobs_(blobs) {}

  // Tables, the buckets in memory, and the sweep of blobs that no row names.
  Result<void> load();

  // Buckets are few and asked for at each request: they are kept in memory. Thread-safe.
  BucketPtr bucket(std::string_view name) const;
  std::vector<BucketPtr> buckets() const;  // by name

  // Inside jobs. They keep the memory in step after the commit.
  Result<void> check_bucket(Connection& c, const Bucket& bucket) const;  // NoSuchBucket when it was deleted meanwhile
  bool bucket_exists(Connection& c, std::string_view name) const;
  void create_bucket(Transaction& tx, Bucket bucket);
  Result<void> delete_bucket(Transaction& tx, const Bucket& bucket);  // BucketNotEmpty
  void set_notifications(Transaction& tx, const Bucket& bucket, std::string_view document,
                         NotificationConfiguration parsed);

  // nullptr: pages are let in no more.
  void set_cors(Transaction& tx, const Bucket& bucket, std::shared_ptr<const CorsConfiguration> parsed);

  std::optional<std::string> document(Connection& c, const Bucket& bucket, std::string_view kind) const;
  void put_document(Transaction& tx, const Bucket& bucket, std::string_view kind, std::string_view text);
  void delete_document(Transaction& tx, const Bucket& bucket, std::string_view kind);

  std::optional<ObjectRow> find(Connection& c, const Bucket& bucket, std::string_view key) const;
  // Throws storage::DamagedRow when the bytes are not those that were put.
  std::optional<Object> load(Connection& c, const Bucket& bucket, std::string_view key) const;
  // Replaces what stands there. Error: InternalError (to be tried again) when a shared blob is gone.
  Result<void> put(Transaction& tx, const Bucket& bucket, ObjectRow row, const Content& content, Blobs blobs);
  void set_attributes(Transaction& tx, const Object& object);  // those of its content
  // False when there was none.
  bool remove(Transaction& tx, const Bucket& bucket, std::string_view key);
  ObjectPage list(Connection& c, const Bucket& bucket, const ListQuery& query) const;

  void create_upload(Transaction& tx, const Bucket& bucket, const Upload& upload);
  std::optional<std::string> key_of_upload(Connection& c, std::string_view id) const;
  std::optional<Upload> upload(Connection& c, const Bucket& bucket, std::string_view key, std::string_view id) const;
  Result<void> put_part(Transaction& tx, std::string_view upload, const PartRow& part, Blobs blobs);
  std::vector<PartRow> parts(Connection& c, std::string_view upload, int after = 0, std::size_t max = 10'000) const;
  // Deletes the upload and its parts; blobs are given up, but those of the parts in `kept`.
  void end_upload(Transaction& tx, std::string_view upload, const std::vector<int>& kept);
  UploadPage list_uploads(Connection& c, const Bucket& bucket, const ListQuery& query, std::string_view after_id) const;
  // Remembers a completion, so that a client that missed the answer may ask again.
  void note_completed(Transaction& tx, const Bucket& bucket, std::string_view upload, std::string_view key,
                      std::string_view etag, TimePoint now);
  std::optional<std::string> completed_etag(Connection& c, const Bucket& bucket, std::string_view upload,
                                            std::string_view key) const;

  storage::Database& database() { return database_; }
  storage::BlobStore& blobs() { return blobs_; }

 private:
  // After the commit: the bucket in memory, when it is still the same one.
  void change_after_commit(Transaction& tx, const Bucket& bucket, std::function<void(Bucket&)> change);
  std::optional<Content> load_content(Connection& c, const ObjectRow& row) const;
  void release_content(Transaction& tx, std::int64_t id);
  void release(Transaction& tx, const std::vector<Extent>& extents);
  Result<void> acquire(Transaction& tx, const std::vector<Extent>& extents, Blobs blobs);
  void remember(BucketPtr bucket);
  void forget(std::string_view name);

  storage::Database& database_;
  storage::BlobStore& blobs_;
  mutable std::shared_mutex mutex_;
  std::map<std::string, BucketPtr, std::less<>> buckets_;
};

// Notification configurations as stored (JSON).
std::string notifications_text(const NotificationConfiguration& configuration);
NotificationConfiguration parse_notifications(std::string_view text);

}  // namespace cumulet::s3
