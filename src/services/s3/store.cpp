#include "services/s3/store.hpp"

#include <charconv>

#include "base/encoding.hpp"
#include "base/log.hpp"
#include "services/s3/errors.hpp"
#include "services/s3/names.hpp"
#include "storage/row_checksum.hpp"

namespace cumulet::s3 {
namespace {

constexpr std::string_view kTables = R"sql(
  CREATE TABLE s3_bucket(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, region TEXT NOT NULL, created INTEGER NOT NULL);
  CREATE TABLE s3_document(bucket INTEGER NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL, PRIMARY KEY(bucket, kind)) WITHOUT ROWID;
  CREATE TABLE s3_object(bucket INTEGER NOT NULL, key TEXT NOT NULL, content INTEGER NOT NULL, etag TEXT NOT NULL,
                         size INTEGER NOT NULL, modified INTEGER NOT NULL, storage_class TEXT, checksum TEXT,
                         PRIMARY KEY(bucket, key)) WITHOUT ROWID;
  CREATE TABLE s3_content(id INTEGER PRIMARY KEY, attributes TEXT NOT NULL, bytes BLOB, extents TEXT, parts TEXT);
  CREATE TABLE s3_blob(id TEXT PRIMARY KEY, refs INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE s3_upload(id TEXT PRIMARY KEY, bucket INTEGER NOT NULL, key TEXT NOT NULL, initiated INTEGER NOT NULL,
                         attributes TEXT NOT NULL, algorithm TEXT, type TEXT) WITHOUT ROWID;
  CREATE INDEX s3_upload_key ON s3_upload(bucket, key, id);
  CREATE TABLE s3_part(upload TEXT NOT NULL, number INTEGER NOT NULL, etag TEXT NOT NULL, size INTEGER NOT NULL,
                       modified INTEGER NOT NULL, checksum TEXT NOT NULL, extents TEXT NOT NULL,
                       PRIMARY KEY(upload, number)) WITHOUT ROWID;
  CREATE TABLE s3_completed(upload TEXT PRIMARY KEY, bucket INTEGER NOT NULL, key TEXT NOT NULL, etag TEXT NOT NULL,
                            at INTEGER NOT NULL) WITHOUT ROWID;
)sql";

// For conditions of completions: whether the object they would write over was deleted meanwhile.
constexpr std::string_view kKeyRemoved = "ALTER TABLE s3_upload ADD COLUMN key_removed INTEGER NOT NULL DEFAULT 0";

// Over what is given back of an object; none: the row is older than the column.
constexpr std::string_view kChecksums =
    "ALTER TABLE s3_content ADD COLUMN crc INTEGER; ALTER TABLE s3_part ADD COLUMN crc INTEGER";

std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string_view next_field(std::string_view& text, char separator) {
  const auto at = text.find(separator);
  const std::string_view field = text.substr(0, at);
  text = at == text.npos ? std::string_view{} : text.substr(at + 1);
  return field;
}

std::string parts_text(const std::vector<StoredPart>& parts) {
  std::string out;
  for (const StoredPart& p : parts)
    out += std::to_string(p.number) + ',' + std::to_string(p.size) + ',' + p.checksum + ';';
  return out;
}

std::vector<StoredPart> parse_parts(std::string_view text) {
  std::vector<StoredPart> parts;
  while (!text.empty()) {
    std::string_view one = next_field(text, ';');
    StoredPart p;
    p.number = static_cast<int>(number(next_field(one, ',')));
    p.size = number(next_field(one, ','));
    p.checksum = one;
    parts.push_back(std::move(p));
  }
  return parts;
}

ObjectRow row_of(const storage::Statement& q) {  // key, content, etag, size, modified, storage_class, checksum
  return ObjectRow{
      q.string(0), q.integer(1), q.string(2), static_cast<std::uint64_t>(q.integer(3)), from_millis(q.integer(4)),
      q.string(5), q.string(6)};
}

std::int64_t content_checksum(const ObjectRow& row, std::string_view attributes, std::string_view bytes,
                              std::string_view extents, std::string_view parts) {
  return storage::row_checksum({attributes, bytes, extents, parts, row.etag, std::to_string(row.size)});
}

// Of a small body without a checksum of its own: the ETag is one, but for those of parts.
bool is_md5_right(const ObjectRow& row, std::string_view bytes, std::string_view extents) {
  if (!extents.empty() || row.etag.size() != 32) return true;
  auto md5 = make_md5();
  md5->update(bytes);
  return hex_encode(md5->finish()) == row.etag;
}

std::optional<std::string> filled(const std::string& text) { return text.empty() ? std::nullopt : std::optional(text); }

}  // namespace

std::string extents_text(const std::vector<Extent>& extents) {
  std::string out;
  for (const Extent& e : extents) out += e.blob + ',' + std::to_string(e.offset) + ',' + std::to_string(e.length) + ';';
  return out;
}

std::vector<Extent> parse_extents(std::string_view text) {
  std::vector<Extent> extents;
  while (!text.empty()) {
    std::string_view one = next_field(text, ';');
    Extent e;
    e.blob = next_field(one, ',');
    e.offset = number(next_field(one, ','));
    e.length = number(one);
    extents.push_back(std::move(e));
  }
  return extents;
}

Result<void> Store::load() {
  CUMULET_CHECK(database_.migrate("s3", {kTables, kKeyRemoved, kChecksums}));
  std::size_t removed = 0;
  CUMULET_CHECK(database_.read([&](Connection& c) -> Result<void> {
    auto q = c.prepare("SELECT id, name, region, created FROM s3_bucket");
    while (q.step()) {
      auto bucket = std::make_shared<Bucket>();
      bucket->id = q.integer(0);
      bucket->name = q.string(1);
      bucket->region = q.string(2);
      bucket->created = from_millis(q.integer(3));
      if (const auto text = document(c, *bucket, "notification"))
        bucket->notifications = std::make_shared<NotificationConfiguration>(parse_notifications(*text));
      // One that was taken before it was read as S3 reads it, or a deleted one, lets nobody in.
      if (const auto text = document(c, *bucket, "cors"))
        if (auto parsed = parse_cors(*text); parsed.ok())
          bucket->cors = std::make_shared<CorsConfiguration>(std::move(*parsed));
      remember(std::move(bucket));
    }
    auto known = c.prepare("SELECT 1 FROM s3_blob WHERE id = ?1");
    removed = blobs_.sweep([&](std::string_view id) {
      known.reset();
      known.bind(id);
      return known.step();
    });
    return {};
  }));
  if (removed > 0) log::info("s3: removed {} unfinished or orphaned blobs", removed);
  return {};
}

BucketPtr Store::bucket(std::string_view name) const {
  std::shared_lock lock(mutex_);
  const auto found = buckets_.find(name);
  return found == buckets_.end() ? nullptr : found->second;
}

std::vector<BucketPtr> Store::buckets() const {
  std::shared_lock lock(mutex_);
  std::vector<BucketPtr> all;
  for (const auto& [name, bucket] : buckets_) all.push_back(bucket);
  return all;
}

void Store::remember(BucketPtr bucket) {
  std::unique_lock lock(mutex_);
  buckets_[bucket->name] = std::move(bucket);
}

void Store::forget(std::string_view name) {
  std::unique_lock lock(mutex_);
  if (const auto found = buckets_.find(name); found != buckets_.end()) buckets_.erase(found);
}

Result<void> Store::check_bucket(Connection& c, const Bucket& bucket) const {
  auto q = c.prepare("SELECT 1 FROM s3_bucket WHERE id = ?1");
  q.bind(bucket.id);
  if (!q.step()) return no_such_bucket(bucket.name);
  return {};
}

bool Store::bucket_exists(Connection& c, std::string_view name) const {
  auto q = c.prepare("SELECT 1 FROM s3_bucket WHERE name = ?1");
  q.bind(name);
  return q.step();
}

void Store::create_bucket(Transaction& tx, Bucket bucket) {
  tx.run("INSERT INTO s3_bucket(name, region, created) VALUES(?1, ?2, ?3)", bucket.name, bucket.region,
         to_millis(bucket.created));
  bucket.id = tx.last_insert_rowid();
  tx.after_commit([this, made = std::make_shared<Bucket>(std::move(bucket))] { remember(made); });
}

Result<void> Store::delete_bucket(Transaction& tx, const Bucket& bucket) {
  {
    auto q = tx.prepare("SELECT 1 FROM s3_object WHERE bucket = ?1 LIMIT 1");
    q.bind(bucket.id);
    if (q.step())
      return Error{kBucketNotEmpty, "The bucket you tried to delete is not empty", {{"BucketName", bucket.name}}};
  }
  std::vector<std::string> uploads;
  {
    auto q = tx.prepare("SELECT id FROM s3_upload WHERE bucket = ?1");
    q.bind(bucket.id);
    while (q.step()) uploads.push_back(q.string(0));
  }
  for (const std::string& id : uploads) end_upload(tx, id, {});
  tx.run("DELETE FROM s3_document WHERE bucket = ?1", bucket.id);
  tx.run("DELETE FROM s3_completed WHERE bucket = ?1", bucket.id);
  tx.run("DELETE FROM s3_bucket WHERE id = ?1", bucket.id);
  tx.after_commit([this, name = bucket.name] { forget(name); });
  return {};
}

void Store::set_notifications(Transaction& tx, const Bucket& bucket, std::string_view document,
                              NotificationConfiguration parsed) {
  put_document(tx, bucket, "notification", document);
  change_after_commit(tx, bucket, [shared = std::make_shared<NotificationConfiguration>(std::move(parsed))](Bucket& b) {
    b.notifications = shared;
  });
}

void Store::set_cors(Transaction& tx, const Bucket& bucket, std::shared_ptr<const CorsConfiguration> parsed) {
  change_after_commit(tx, bucket, [shared = std::move(parsed)](Bucket& b) { b.cors = shared; });
}

void Store::change_after_commit(Transaction& tx, const Bucket& bucket, std::function<void(Bucket&)> change) {
  tx.after_commit([this, name = bucket.name, id = bucket.id, change = std::move(change)] {
    const BucketPtr now = this->bucket(name);
    if (!now || now->id != id) return;
    auto changed = std::make_shared<Bucket>(*now);
    change(*changed);
    remember(std::move(changed));
  });
}

std::optional<std::string> Store::document(Connection& c, const Bucket& bucket, std::string_view kind) const {
  auto q = c.prepare("SELECT text FROM s3_document WHERE bucket = ?1 AND kind = ?2");
  q.bind_all(bucket.id, kind);
  if (!q.step()) return std::nullopt;
  return q.string(0);
}

void Store::put_document(Transaction& tx, const Bucket& bucket, std::string_view kind, std::string_view text) {
  tx.run("INSERT OR REPLACE INTO s3_document(bucket, kind, text) VALUES(?1, ?2, ?3)", bucket.id, kind, text);
}

void Store::delete_document(Transaction& tx, const Bucket& bucket, std::string_view kind) {
  tx.run("DELETE FROM s3_document WHERE bucket = ?1 AND kind = ?2", bucket.id, kind);
}

std::optional<ObjectRow> Store::find(Connection& c, const Bucket& bucket, std::string_view key) const {
  auto q = c.prepare(
      "SELECT key, content, etag, size, modified, storage_class, checksum FROM s3_object WHERE bucket = ?1 AND key = "
      "?2");
  q.bind_all(bucket.id, key);
  if (!q.step()) return std::nullopt;
  return row_of(q);
}

std::optional<Object> Store::load(Connection& c, const Bucket& bucket, std::string_view key) const {
  auto row = find(c, bucket, key);
  if (!row) return std::nullopt;
  auto content = load_content(c, *row);
  if (!content) return std::nullopt;
  return Object{std::move(*row), std::move(*content)};
}

std::optional<Content> Store::load_content(Connection& c, const ObjectRow& row) const {
  auto q = c.prepare("SELECT attributes, bytes, extents, parts, crc FROM s3_content WHERE id = ?1");
  q.bind(row.content);
  if (!q.step()) return std::nullopt;
  const bool is_whole = q.is_null(4)
                            ? is_md5_right(row, q.text(1), q.text(2))
                            : q.integer(4) == content_checksum(row, q.text(0), q.text(1), q.text(2), q.text(3));
  if (!is_whole) throw storage::DamagedRow("the stored object " + row.key + " is damaged");
  return Content{Attributes::parse(q.text(0)), q.string(1), parse_extents(q.text(2)), parse_parts(q.text(3))};
}

Result<void> Store::put(Transaction& tx, const Bucket& bucket, ObjectRow row, const Content& content, Blobs blobs) {
  CUMULET_CHECK(acquire(tx, content.extents, blobs));
  // After the new extents were counted, so that a copy onto itself never drops them to nothing.
  if (const auto replaced = find(tx, bucket, row.key)) release_content(tx, replaced->content);
  {
    const std::string attributes = content.attributes.text(), parts = parts_text(content.parts);
    const std::string extents = extents_text(content.extents);
    auto q = tx.prepare("INSERT INTO s3_content(attributes, bytes, extents, parts, crc) VALUES(?1, ?2, ?3, ?4, ?5)");
    q.bind(attributes);
    if (content.extents.empty()) {
      q.bind_blob(content.bytes);
      q.bind(nullptr);
    } else {
      q.bind(nullptr);
      q.bind(extents);
    }
    q.bind(filled(parts));
    const std::string_view bytes = content.extents.empty() ? std::string_view(content.bytes) : std::string_view();
    q.bind(content_checksum(row, attributes, bytes, extents, parts));
    q.run();
  }
  row.content = tx.last_insert_rowid();
  const auto& checksum = content.attributes.checksum;
  const std::string checksum_text =
      checksum ? std::string(name_of(checksum->algorithm)) + '/' + std::string(name_of(checksum->type)) : std::string();
  tx.run(
      "INSERT OR REPLACE INTO s3_object(bucket, key, content, etag, size, modified, storage_class, checksum) "
      "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
      bucket.id, row.key, row.content, row.etag, static_cast<std::int64_t>(row.size), to_millis(row.modified),
      content.attributes.storage_class, filled(checksum_text));
  return {};
}

void Store::set_attributes(Transaction& tx, const Object& object) {
  const Content& content = object.content;
  const std::string attributes = content.attributes.text();
  tx.run("UPDATE s3_content SET attributes = ?2, crc = ?3 WHERE id = ?1", object.row.content, attributes,
         content_checksum(object.row, attributes, content.bytes, extents_text(content.extents),
                          parts_text(content.parts)));
}

bool Store::remove(Transaction& tx, const Bucket& bucket, std::string_view key) {
  const auto row = find(tx, bucket, key);
  if (!row) return false;
  release_content(tx, row->content);
  tx.run("DELETE FROM s3_object WHERE bucket = ?1 AND key = ?2", bucket.id, key);
  tx.run("UPDATE s3_upload SET key_removed = 1 WHERE bucket = ?1 AND key = ?2", bucket.id, key);
  return true;
}

void Store::release_content(Transaction& tx, std::int64_t id) {
  std::vector<Extent> extents;
  {
    auto q = tx.prepare("SELECT extents FROM s3_content WHERE id = ?1");
    q.bind(id);
    if (q.step()) extents = parse_extents(q.text(0));
  }
  release(tx, extents);
  tx.run("DELETE FROM s3_content WHERE id = ?1", id);
}

void Store::release(Transaction& tx, const std::vector<Extent>& extents) {
  for (const Extent& e : extents) {
    tx.run("UPDATE s3_blob SET refs = refs - 1 WHERE id = ?1", e.blob);
    tx.run("DELETE FROM s3_blob WHERE id = ?1 AND refs <= 0", e.blob);
    if (tx.changes() > 0) tx.after_commit([this, blob = e.blob] { blobs_.remove(blob); });
  }
}

Result<void> Store::acquire(Transaction& tx, const std::vector<Extent>& extents, Blobs blobs) {
  if (blobs == Blobs::moved) return {};
  for (const Extent& e : extents) {
    if (blobs == Blobs::created) {
      tx.run("INSERT INTO s3_blob(id, refs) VALUES(?1, 1)", e.blob);
      continue;
    }
    tx.run("UPDATE s3_blob SET refs = refs + 1 WHERE id = ?1", e.blob);
    // Gone: the source was replaced or deleted while it was being copied.
    if (tx.changes() == 0) return Error{kInternalError, "We encountered an internal error. Please try again."};
  }
  return {};
}

}  // namespace cumulet::s3
