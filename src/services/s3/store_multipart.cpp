#include <algorithm>

#include "services/s3/store.hpp"
#include "storage/row_checksum.hpp"

namespace cumulet::s3 {
namespace {

constexpr Seconds kCompletionsRemembered{24 * 3600};

std::int64_t part_checksum(const PartRow& part, std::string_view extents) {
  return storage::row_checksum({part.etag, std::to_string(part.size), part.checksum, extents});
}

PartRow part_of(const storage::Statement& q) {  // number, etag, size, modified, checksum, extents, crc
  PartRow part{static_cast<int>(q.integer(0)), q.string(1), static_cast<std::uint64_t>(q.integer(2)),
               from_millis(q.integer(3)),      q.string(4), parse_extents(q.text(5))};
  if (!q.is_null(6) && q.integer(6) != part_checksum(part, q.text(5)))
    throw storage::DamagedRow("part " + std::to_string(part.number) + " of an upload is damaged");
  return part;
}

}  // namespace

void Store::create_upload(Transaction& tx, const Bucket& bucket, const Upload& upload) {
  const auto algorithm = upload.algorithm ? std::optional(std::string(name_of(*upload.algorithm))) : std::nullopt;
  tx.run(
      "INSERT INTO s3_upload(id, bucket, key, initiated, attributes, algorithm, type) VALUES(?1, ?2, ?3, ?4, ?5, ?6, "
      "?7)",
      upload.id, bucket.id, upload.key, to_millis(upload.initiated), upload.attributes.text(), algorithm,
      name_of(upload.type));
}

std::optional<Upload> Store::upload(Connection& c, const Bucket& bucket, std::string_view key,
                                    std::string_view id) const {
  auto q = c.prepare(
      "SELECT initiated, attributes, algorithm, type, key_removed FROM s3_upload WHERE id = ?1 AND bucket = ?2 AND key "
      "= ?3");
  q.bind_all(id, bucket.id, key);
  if (!q.step()) return std::nullopt;
  Upload upload{std::string(id),
                std::string(key),
                from_millis(q.integer(0)),
                Attributes::parse(q.text(1)),
                algorithm_named(q.text(2)),
                {},
                q.integer(4) != 0};
  upload.type = q.text(3) == name_of(ChecksumType::composite) ? ChecksumType::composite : ChecksumType::full_object;
  return upload;
}

std::optional<std::string> Store::key_of_upload(Connection& c, std::string_view id) const {
  auto q = c.prepare("SELECT key FROM s3_upload WHERE id = ?1");
  q.bind(id);
  if (!q.step()) return std::nullopt;
  return q.string(0);
}

Result<void> Store::put_part(Transaction& tx, std::string_view upload, const PartRow& part, Blobs blobs) {
  CUMULET_CHECK(acquire(tx, part.extents, blobs));
  std::vector<Extent> replaced;
  {
    auto q = tx.prepare("SELECT extents FROM s3_part WHERE upload = ?1 AND number = ?2");
    q.bind_all(upload, part.number);
    if (q.step()) replaced = parse_extents(q.text(0));
  }
  release(tx, replaced);
  const std::string extents = extents_text(part.extents);
  tx.run(
      "INSERT OR REPLACE INTO s3_part(upload, number, etag, size, modified, checksum, extents, crc) VALUES(?1, ?2, ?3, "
      "?4, ?5, ?6, ?7, ?8)",
      upload, part.number, part.etag, static_cast<std::int64_t>(part.size), to_millis(part.modified), part.checksum,
      extents, part_checksum(part, extents));
  return {};
}

std::vector<PartRow> Store::parts(Connection& c, std::string_view upload, int after, std::size_t max) const {
  std::vector<PartRow> parts;
  auto q = c.prepare(
      "SELECT number, etag, size, modified, checksum, extents, crc FROM s3_part WHERE upload = ?1 AND number > ?2 "
      "ORDER BY "
      "number LIMIT ?3");
  q.bind_all(upload, after, static_cast<std::int64_t>(max));
  while (q.step()) parts.push_back(part_of(q));
  return parts;
}

void Store::end_upload(Transaction& tx, std::string_view upload, const std::vector<int>& kept) {
  // Not by parts(): an upload with a damaged part can be given up all the same.
  std::vector<std::vector<Extent>> given_up;
  {
    auto q = tx.prepare("SELECT number, extents FROM s3_part WHERE upload = ?1");
    q.bind(upload);
    while (q.step())
      if (!std::binary_search(kept.begin(), kept.end(), static_cast<int>(q.integer(0))))
        given_up.push_back(parse_extents(q.text(1)));
  }
  for (const auto& extents : given_up) release(tx, extents);
  tx.run("DELETE FROM s3_part WHERE upload = ?1", upload);
  tx.run("DELETE FROM s3_upload WHERE id = ?1", upload);
}

void Store::note_completed(Transaction& tx, const Bucket& bucket, std::string_view upload, std::string_view key,
                           std::string_view etag, TimePoint now) {
  tx.run("DELETE FROM s3_completed WHERE at < ?1", to_millis(now - kCompletionsRemembered));
  tx.run("INSERT OR REPLACE INTO s3_completed(upload, bucket, key, etag, at) VALUES(?1, ?2, ?3, ?4, ?5)", upload,
         bucket.id, key, etag, to_millis(now));
}

std::optional<std::string> Store::completed_etag(Connection& c, const Bucket& bucket, std::string_view upload,
                                                 std::string_view key) const {
  auto q = c.prepare("SELECT etag FROM s3_completed WHERE upload = ?1 AND bucket = ?2 AND key = ?3");
  q.bind_all(upload, bucket.id, key);
  if (!q.step()) return std::nullopt;
  return q.string(0);
}

}  // namespace cumulet::s3
