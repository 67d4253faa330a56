#include "oci/store.hpp"

#include <array>

#include "oci/errors.hpp"

namespace cumulet::oci::store {
namespace {

constexpr std::array<std::string_view, 1> kMigrations{
    "CREATE TABLE oci_repository(id INTEGER PRIMARY KEY AUTOINCREMENT, region TEXT NOT NULL, name TEXT NOT NULL,"
    " created INTEGER NOT NULL, immutable INTEGER NOT NULL, UNIQUE(region, name));"
    "CREATE INDEX oci_repository_name ON oci_repository(name);"
    "CREATE TABLE oci_blob(digest TEXT PRIMARY KEY, size INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE oci_extent(digest TEXT, position INTEGER, file TEXT NOT NULL, size INTEGER NOT NULL,"
    " PRIMARY KEY(digest, position)) WITHOUT ROWID;"
    "CREATE TABLE oci_link(repository INTEGER, digest TEXT, touched INTEGER NOT NULL,"
    " PRIMARY KEY(repository, digest)) WITHOUT ROWID;"
    "CREATE INDEX oci_link_digest ON oci_link(digest);"
    "CREATE TABLE oci_upload(id TEXT PRIMARY KEY, repository INTEGER NOT NULL, touched INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX oci_upload_repository ON oci_upload(repository);"
    "CREATE TABLE oci_part(upload TEXT, position INTEGER, file TEXT NOT NULL, size INTEGER NOT NULL,"
    " PRIMARY KEY(upload, position)) WITHOUT ROWID;"
    "CREATE TABLE oci_manifest(id INTEGER PRIMARY KEY, repository INTEGER NOT NULL, digest TEXT NOT NULL,"
    " media_type TEXT NOT NULL, artifact_type TEXT NOT NULL, annotations TEXT NOT NULL, subject TEXT,"
    " image_bytes INTEGER NOT NULL, size INTEGER NOT NULL, pushed INTEGER NOT NULL, pulled INTEGER,"
    " UNIQUE(repository, digest));"
    "CREATE INDEX oci_manifest_subject ON oci_manifest(repository, subject, digest) WHERE subject IS NOT NULL;"
    "CREATE TABLE oci_manifest_bytes(manifest INTEGER PRIMARY KEY, bytes BLOB NOT NULL);"
    // What a manifest names in its repository: blobs, or (an index) manifests.
    "CREATE TABLE oci_need(repository INTEGER, digest TEXT, manifest INTEGER,"
    " PRIMARY KEY(repository, digest, manifest)) WITHOUT ROWID;"
    "CREATE INDEX oci_need_manifest ON oci_need(manifest);"
    "CREATE TABLE oci_tag(repository INTEGER, tag TEXT, digest TEXT NOT NULL, PRIMARY KEY(repository, tag)) WITHOUT "
    "ROWID;"
    "CREATE INDEX oci_tag_digest ON oci_tag(repository, digest);"
    "CREATE TABLE oci_secret(one INTEGER PRIMARY KEY CHECK(one = 1), secret TEXT NOT NULL)"};

Repository repository_of(storage::Statement& row) {
  return {row.integer(0), row.string(1), row.string(2), from_millis(row.integer(3)),
          row.integer(4) != 0 ? Tags::immutable : Tags::mutable_};
}

Digest digest_in(storage::Statement& row, int column) { return Digest::parse(row.text(column)).value_or(Digest()); }

std::int64_t count(std::size_t n) { return static_cast<std::int64_t>(n); }

std::vector<Extent> extents_in(storage::Statement& rows) {
  std::vector<Extent> out;
  while (rows.step()) out.push_back({rows.string(0), static_cast<std::uint64_t>(rows.integer(1))});
  return out;
}

// digest, media_type, artifact_type, annotations, size, image_bytes, pushed, pulled
constexpr std::string_view kManifestColumns =
    "SELECT digest, media_type, artifact_type, annotations, size, image_bytes, pushed, pulled FROM oci_manifest";

StoredManifest manifest_of(storage::Statement& row) {
  StoredManifest m;
  m.digest = digest_in(row, 0);
  m.media_type = row.string(1);
  m.artifact_type = row.string(2);
  m.annotations = row.string(3);
  m.size = static_cast<std::uint64_t>(row.integer(4));
  m.image_bytes = static_cast<std::uint64_t>(row.integer(5));
  m.pushed = from_millis(row.integer(6));
  if (!row.is_null(7)) m.pulled = from_millis(row.integer(7));
  return m;
}

std::optional<std::int64_t> manifest_id(storage::Connection& c, std::int64_t repository, const Digest& digest) {
  auto row = c.prepare("SELECT id FROM oci_manifest WHERE repository = ?1 AND digest = ?2");
  row.bind_all(repository, digest.text());
  if (!row.step()) return std::nullopt;
  return row.integer(0);
}

// All that the manifest names is in the repository, as large as it says.
Result<std::uint64_t> check_needs(storage::Connection& c, std::int64_t repository, const Manifest& manifest) {
  std::uint64_t bytes = 0;
  const auto check = [&](const Descriptor& blob) -> Result<void> {
    if (blob.is_foreign) return {};
    const auto size = blob_size(c, repository, blob.digest);
    if (!size) return Error{kManifestBlobUnknown, "blob unknown to this repository", {{"digest", blob.digest.text()}}};
    if (*size != blob.size)
      return Error{kSizeInvalid, "a blob has not the size that the manifest says", {{"digest", blob.digest.text()}}};
    bytes += *size;
    return {};
  };
  if (manifest.config) CUMULET_CHECK(check(*manifest.config));
  for (const Descriptor& layer : manifest.layers) CUMULET_CHECK(check(layer));
  for (const Descriptor& child : manifest.manifests)
    if (!has_manifest(c, repository, child.digest))
      return Error{kManifestChildUnknown, "manifest unknown to this repository", {{"digest", child.digest.text()}}};
  return bytes;
}

void insert_manifest(storage::Transaction& tx, std::int64_t repository, const Manifest& manifest, const Digest& digest,
                     std::string_view bytes, std::uint64_t image_bytes, TimePoint now) {
  std::optional<std::string> subject;
  if (manifest.subject) subject = manifest.subject->digest.text();
  tx.run(
      "INSERT INTO oci_manifest(repository, digest, media_type, artifact_type, annotations, subject, image_bytes, size,"
      " pushed) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
      repository, digest.text(), manifest.media_type, manifest.artifact_type, manifest.annotations, subject,
      static_cast<std::int64_t>(image_bytes), count(bytes.size()), to_millis(now));
  const std::int64_t id = tx.last_insert_rowid();
  auto body = tx.prepare("INSERT INTO oci_manifest_bytes(manifest, bytes) VALUES(?1, ?2)");
  body.bind(id).bind_blob(bytes);
  body.run();
  auto need = tx.prepare("INSERT OR IGNORE INTO oci_need(repository, digest, manifest) VALUES(?1, ?2, ?3)");
  const auto add = [&](const Descriptor& one) {
    if (one.is_foreign) return;
    need.bind_all(repository, one.digest.text(), id);
    need.run();
    need.reset();
  };
  if (manifest.config) add(*manifest.config);
  for (const Descriptor& layer : manifest.layers) add(layer);
  for (const Descriptor& child : manifest.manifests) add(child);
}

}  // namespace

Result<void> migrate(storage::Database& database) { return database.migrate("oci", kMigrations); }

std::optional<Repository> find_repository(storage::Connection& c, std::string_view region, std::string_view name) {
  auto row =
      c.prepare("SELECT id, region, name, created, immutable FROM oci_repository WHERE region = ?1 AND name = ?2");
  row.bind_all(region, name);
  if (!row.step()) return std::nullopt;
  return repository_of(row);
}

Result<Repository> require_repository(storage::Connection& c, std::string_view region, std::string_view name) {
  if (auto found = find_repository(c, region, name)) return std::move(*found);
  return Error{kNameUnknown, "The repository with name '" + std::string(name) + "' does not exist in the registry"};
}

Result<void> require_repository(storage::Connection& c, std::int64_t id) {
  auto row = c.prepare("SELECT 1 FROM oci_repository WHERE id = ?1");
  row.bind(id);
  if (row.step()) return {};
  return Error{kNameUnknown, "The repository does not exist in the registry any more"};
}

bool has_repository_anywhere(storage::Connection& c, std::string_view name) {
  auto row = c.prepare("SELECT 1 FROM oci_repository WHERE name = ?1 LIMIT 1");
  row.bind(name);
  return row.step();
}

std::vector<Repository> list_repositories(storage::Connection& c, std::string_view region, std::string_view after,
                                          std::size_t most) {
  auto rows = c.prepare(
      "SELECT id, region, name, created, immutable FROM oci_repository WHERE region = ?1 AND name > ?2"
      " ORDER BY name LIMIT ?3");
  rows.bind_all(region, after, count(most));
  std::vector<Repository> out;
  while (rows.step()) out.push_back(repository_of(rows));
  return out;
}

std::size_t count_repositories(storage::Connection& c, std::string_view region) {
  auto row = c.prepare("SELECT count(*) FROM oci_repository WHERE region = ?1");
  row.bind(region);
  row.step();
  return static_cast<std::size_t>(row.integer(0));
}

std::int64_t create_repository(storage::Transaction& tx, std::string_view region, std::string_view name, Tags tags,
                               TimePoint now) {
  tx.run("INSERT INTO oci_repository(region, name, created, immutable) VALUES(?1, ?2, ?3, ?4)", region, name,
         to_millis(now), tags == Tags::immutable);
  return tx.last_insert_rowid();
}

void set_tags(storage::Transaction& tx, std::int64_t repository, Tags tags) {
  tx.run("UPDATE oci_repository SET immutable = ?2 WHERE id = ?1", repository, tags == Tags::immutable);
}

void delete_repository(storage::Transaction& tx, std::int64_t repository) {
  tx.run("DELETE FROM oci_manifest_bytes WHERE manifest IN (SELECT id FROM oci_manifest WHERE repository = ?1)",
         repository);
  for (const std::string_view table :
       {"DELETE FROM oci_manifest WHERE repository = ?1", "DELETE FROM oci_need WHERE repository = ?1",
        "DELETE FROM oci_tag WHERE repository = ?1", "DELETE FROM oci_link WHERE repository = ?1",
        "DELETE FROM oci_repository WHERE id = ?1"})
    tx.run(table, repository);
  // Its uploads are found by nobody any more; they go as idle ones do.
  tx.run("UPDATE oci_upload SET touched = 0 WHERE repository = ?1", repository);
}

bool is_empty(storage::Connection& c, std::int64_t repository) {
  auto row = c.prepare("SELECT 1 FROM oci_manifest WHERE repository = ?1 LIMIT 1");
  row.bind(repository);
  return !row.step();
}

std::optional<std::uint64_t> blob_size(storage::Connection& c, std::int64_t repository, const Digest& digest) {
  auto row = c.prepare(
      "SELECT b.size FROM oci_link l JOIN oci_blob b ON b.digest = l.digest WHERE l.repository = ?1 AND l.digest = ?2");
  row.bind_all(repository, digest.text());
  if (!row.step()) return std::nullopt;
  return static_cast<std::uint64_t>(row.integer(0));
}

Blob blob_of(storage::Connection& c, const Digest& digest) {
  Blob blob;
  blob.digest = digest;
  auto rows = c.prepare("SELECT file, size FROM oci_extent WHERE digest = ?1 ORDER BY position");
  rows.bind(digest.text());
  blob.extents = extents_in(rows);
  for (const Extent& extent : blob.extents) blob.size += extent.size;
  return blob;
}

std::optional<Blob> find_blob(storage::Connection& c, std::int64_t repository, const Digest& digest) {
  if (!blob_size(c, repository, digest)) return std::nullopt;
  return blob_of(c, digest);
}

bool add_blob(storage::Transaction& tx, std::int64_t repository, const Blob& blob, TimePoint now) {
  tx.run("INSERT OR IGNORE INTO oci_blob(digest, size) VALUES(?1, ?2)", blob.digest.text(),
         static_cast<std::int64_t>(blob.size));
  const bool is_new = tx.changes() > 0;
  if (is_new) {
    std::int64_t position = 0;
    for (const Extent& extent : blob.extents)
      tx.run("INSERT INTO oci_extent(digest, position, file, size) VALUES(?1, ?2, ?3, ?4)", blob.digest.text(),
             position++, extent.file, static_cast<std::int64_t>(extent.size));
  }
  tx.run("INSERT OR REPLACE INTO oci_link(repository, digest, touched) VALUES(?1, ?2, ?3)", repository,
         blob.digest.text(), to_millis(now));
  return is_new;
}

bool mount_blob(storage::Transaction& tx, std::int64_t from, std::int64_t to, const Digest& digest, TimePoint now) {
  if (!blob_size(tx, from, digest)) return false;
  tx.run("INSERT OR REPLACE INTO oci_link(repository, digest, touched) VALUES(?1, ?2, ?3)", to, digest.text(),
         to_millis(now));
  return true;
}

bool is_needed(storage::Connection& c, std::int64_t repository, const Digest& digest) {
  auto row = c.prepare("SELECT 1 FROM oci_need WHERE repository = ?1 AND digest = ?2 LIMIT 1");
  row.bind_all(repository, digest.text());
  return row.step();
}

void unlink_blob(storage::Transaction& tx, std::int64_t repository, const Digest& digest) {
  tx.run("DELETE FROM oci_link WHERE repository = ?1 AND digest = ?2", repository, digest.text());
}

std::vector<Link> idle_links(storage::Connection& c, TimePoint before, std::size_t most) {
  auto rows = c.prepare(
      "SELECT repository, digest FROM oci_link l WHERE touched < ?1 AND NOT EXISTS"
      " (SELECT 1 FROM oci_need n WHERE n.repository = l.repository AND n.digest = l.digest) LIMIT ?2");
  rows.bind_all(to_millis(before), count(most));
  std::vector<Link> out;
  while (rows.step()) out.push_back({rows.integer(0), digest_in(rows, 1)});
  return out;
}

Forgotten forget_unlinked_blobs(storage::Transaction& tx, std::size_t most) {
  std::vector<std::string> digests;
  Forgotten forgotten;
  {
    auto rows = tx.prepare(
        "SELECT digest FROM oci_blob b WHERE NOT EXISTS (SELECT 1 FROM oci_link l WHERE l.digest = b.digest) LIMIT ?1");
    rows.bind(count(most));
    while (rows.step()) digests.push_back(rows.string(0));
  }
  for (const std::string& digest : digests) {
    auto rows = tx.prepare("SELECT file, size FROM oci_extent WHERE digest = ?1");
    rows.bind(digest);
    for (Extent& extent : extents_in(rows)) forgotten.files.push_back(std::move(extent.file));
    tx.run("DELETE FROM oci_extent WHERE digest = ?1", digest);
    tx.run("DELETE FROM oci_blob WHERE digest = ?1", digest);
  }
  forgotten.blobs = digests.size();
  return forgotten;
}

std::vector<std::string> all_files(storage::Connection& c) {
  auto rows = c.prepare("SELECT file FROM oci_extent UNION ALL SELECT file FROM oci_part");
  std::vector<std::string> out;
  while (rows.step()) out.push_back(rows.string(0));
  return out;
}

std::vector<Digest> all_blobs(storage::Connection& c, const Digest& after, std::size_t most) {
  auto rows = c.prepare("SELECT digest FROM oci_blob WHERE digest > ?1 ORDER BY digest LIMIT ?2");
  rows.bind_all(after.text(), count(most));
  std::vector<Digest> out;
  while (rows.step()) out.push_back(digest_in(rows, 0));
  return out;
}

void begin_upload(storage::Transaction& tx, const std::string& id, std::int64_t repository, TimePoint now) {
  tx.run("INSERT INTO oci_upload(id, repository, touched) VALUES(?1, ?2, ?3)", id, repository, to_millis(now));
}

std::optional<UploadRow> find_upload(storage::Connection& c, std::string_view id) {
  UploadRow upload;
  {
    auto row = c.prepare("SELECT repository FROM oci_upload WHERE id = ?1");
    row.bind(id);
    if (!row.step()) return std::nullopt;
    upload.repository = row.integer(0);
  }
  upload.id = std::string(id);
  auto rows = c.prepare("SELECT file, size FROM oci_part WHERE upload = ?1 ORDER BY position");
  rows.bind(id);
  upload.parts = extents_in(rows);
  for (const Extent& part : upload.parts) upload.size += part.size;
  return upload;
}

std::size_t count_uploads(storage::Connection& c, std::int64_t repository) {
  auto row = c.prepare("SELECT count(*) FROM oci_upload WHERE repository = ?1");
  row.bind(repository);
  row.step();
  return static_cast<std::size_t>(row.integer(0));
}

void add_part(storage::Transaction& tx, const std::string& id, std::size_t position, const Extent& part,
              TimePoint now) {
  tx.run("INSERT INTO oci_part(upload, position, file, size) VALUES(?1, ?2, ?3, ?4)", id, count(position), part.file,
         static_cast<std::int64_t>(part.size));
  tx.run("UPDATE oci_upload SET touched = ?2 WHERE id = ?1", id, to_millis(now));
}

void end_upload(storage::Transaction& tx, std::string_view id) {
  tx.run("DELETE FROM oci_part WHERE upload = ?1", id);
  tx.run("DELETE FROM oci_upload WHERE id = ?1", id);
}

std::vector<std::string> idle_uploads(storage::Connection& c, TimePoint before, std::size_t most) {
  auto rows = c.prepare("SELECT id FROM oci_upload WHERE touched < ?1 LIMIT ?2");
  rows.bind_all(to_millis(before), count(most));
  std::vector<std::string> out;
  while (rows.step()) out.push_back(rows.string(0));
  return out;
}

Result<bool> put_manifest(storage::Transaction& tx, const Repository& repository, const Manifest& manifest,
                          const Digest& digest, std::string_view bytes, const std::optional<std::string>& tag,
                          TimePoint now) {
  CUMULET_TRY(const std::uint64_t image_bytes, check_needs(tx, repository.id, manifest));
  bool changed = false;
  if (tag) {
    const auto before = digest_of_tag(tx, repository.id, *tag);
    if (before && *before != digest && repository.tags == Tags::immutable)
      return Error{kTagImmutable, "The image tag '" + *tag + "' already exists in the '" + repository.name +
                                      "' repository and cannot be overwritten because the repository is immutable."};
    if (!before || *before != digest) {
      tx.run("INSERT OR REPLACE INTO oci_tag(repository, tag, digest) VALUES(?1, ?2, ?3)", repository.id, *tag,
             digest.text());
      changed = true;
    }
  }
  if (!manifest_id(tx, repository.id, digest)) {
    insert_manifest(tx, repository.id, manifest, digest, bytes, image_bytes, now);
    changed = true;
  }
  return changed;
}

std::optional<Digest> digest_of_tag(storage::Connection& c, std::int64_t repository, std::string_view tag) {
  auto row = c.prepare("SELECT digest FROM oci_tag WHERE repository = ?1 AND tag = ?2");
  row.bind_all(repository, tag);
  if (!row.step()) return std::nullopt;
  return digest_in(row, 0);
}

std::optional<StoredManifest> find_manifest(storage::Connection& c, std::int64_t repository, const Digest& digest) {
  static const std::string sql = std::string(kManifestColumns) + " WHERE repository = ?1 AND digest = ?2";
  auto row = c.prepare(sql);
  row.bind_all(repository, digest.text());
  if (!row.step()) return std::nullopt;
  StoredManifest found = manifest_of(row);
  auto body = c.prepare(
      "SELECT bytes FROM oci_manifest_bytes WHERE manifest ="
      " (SELECT id FROM oci_manifest WHERE repository = ?1 AND digest = ?2)");
  body.bind_all(repository, digest.text());
  if (body.step()) found.bytes = body.string(0);
  if (Digest::of(found.bytes) != digest)
    throw storage::DamagedRow("manifest " + digest.text() + ": its bytes are not those of its digest");
  return found;
}

bool has_manifest(storage::Connection& c, std::int64_t repository, const Digest& digest) {
  return manifest_id(c, repository, digest).has_value();
}

void note_pull(storage::Transaction& tx, std::int64_t repository, const Digest& digest, TimePoint now) {
  tx.run("UPDATE oci_manifest SET pulled = ?3 WHERE repository = ?1 AND digest = ?2", repository, digest.text(),
         to_millis(now));
}

Result<bool> delete_manifest(storage::Transaction& tx, std::int64_t repository, const Digest& digest) {
  const auto id = manifest_id(tx, repository, digest);
  if (!id) return false;
  if (is_needed(tx, repository, digest))
    return Error{kReferenced, "an index of this repository names the manifest: delete that first"};
  tx.run("DELETE FROM oci_tag WHERE repository = ?1 AND digest = ?2", repository, digest.text());
  tx.run("DELETE FROM oci_need WHERE manifest = ?1", *id);
  tx.run("DELETE FROM oci_manifest_bytes WHERE manifest = ?1", *id);
  tx.run("DELETE FROM oci_manifest WHERE id = ?1", *id);
  return true;
}

bool delete_tag(storage::Transaction& tx, std::int64_t repository, std::string_view tag) {
  tx.run("DELETE FROM oci_tag WHERE repository = ?1 AND tag = ?2", repository, tag);
  return tx.changes() > 0;
}

std::vector<std::string> tags_of(storage::Connection& c, std::int64_t repository, const Digest& digest) {
  auto rows = c.prepare("SELECT tag FROM oci_tag WHERE repository = ?1 AND digest = ?2 ORDER BY tag");
  rows.bind_all(repository, digest.text());
  std::vector<std::string> out;
  while (rows.step()) out.push_back(rows.string(0));
  return out;
}

std::vector<std::string> list_tags(storage::Connection& c, std::int64_t repository, std::string_view after,
                                   std::size_t most) {
  auto rows = c.prepare("SELECT tag FROM oci_tag WHERE repository = ?1 AND tag > ?2 ORDER BY tag LIMIT ?3");
  rows.bind_all(repository, after, count(most));
  std::vector<std::string> out;
  while (rows.step()) out.push_back(rows.string(0));
  return out;
}

std::vector<StoredManifest> list_manifests(storage::Connection& c, std::int64_t repository, std::string_view after,
                                           std::size_t most) {
  static const std::string sql =
      std::string(kManifestColumns) + " WHERE repository = ?1 AND digest > ?2 ORDER BY digest LIMIT ?3";
  auto rows = c.prepare(sql);
  rows.bind_all(repository, after, count(most));
  std::vector<StoredManifest> out;
  while (rows.step()) out.push_back(manifest_of(rows));
  return out;
}

std::vector<StoredManifest> referrers(storage::Connection& c, std::int64_t repository, const Digest& subject,
                                      std::string_view artifact_type, std::string_view after, std::size_t most) {
  static const std::string sql = std::string(kManifestColumns) +
                                 " WHERE repository = ?1 AND subject = ?2 AND (?3 = '' OR artifact_type = ?3)"
                                 " AND digest > ?4 ORDER BY digest LIMIT ?5";
  auto rows = c.prepare(sql);
  rows.bind_all(repository, subject.text(), artifact_type, after, count(most));
  std::vector<StoredManifest> out;
  while (rows.step()) out.push_back(manifest_of(rows));
  return out;
}

std::string secret(storage::Transaction& tx, const std::string& fresh) {
  tx.run("INSERT OR IGNORE INTO oci_secret(one, secret) VALUES(1, ?1)", fresh);
  auto row = tx.prepare("SELECT secret FROM oci_secret");
  row.step();
  return row.string(0);
}

}  // namespace cumulet::oci::store
