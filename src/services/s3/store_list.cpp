#include "services/s3/names.hpp"
#include "services/s3/store.hpp"

// Listings. Keys are ordered bytewise (SQLite compares UTF-8 by memcmp); a common prefix is passed over by one seek.
namespace cumulet::s3 {
namespace {

// The common prefix `key` belongs to; empty when it belongs to none.
std::string_view common_prefix(std::string_view key, const ListQuery& query) {
  if (query.delimiter.empty() || !key.starts_with(query.prefix)) return {};
  const auto at = key.find(query.delimiter, query.prefix.size());
  return at == key.npos ? std::string_view{} : key.substr(0, at + query.delimiter.size());
}

// A blob is greater than any text: no upper bound.
void bind_upper(storage::Statement& q, const std::string& prefix) {
  const std::string upper = after_prefix(prefix);
  if (upper.empty())
    q.bind_blob({});
  else
    q.bind(upper);
}

struct Start {
  std::string key;
  bool exclusive = false;
};

Start start_of(const ListQuery& query) {
  if (query.after.empty() || query.after < query.prefix) return {query.prefix, false};
  if (const auto passed = common_prefix(query.after, query); !passed.empty()) return {after_prefix(passed), false};
  return {query.after, true};
}

}  // namespace

ObjectPage Store::list(Connection& c, const Bucket& bucket, const ListQuery& query) const {
  ObjectPage page;
  if (query.max == 0) return page;
  Start start = start_of(query);
  auto q = c.prepare(
      "SELECT key, content, etag, size, modified, storage_class, checksum FROM s3_object "
      "WHERE bucket = ?1 AND key >= ?2 AND key < ?3 ORDER BY key");
  const auto seek = [&] {
    q.reset();
    q.bind_all(bucket.id, start.key);
    bind_upper(q, query.prefix);
  };
  seek();
  while (q.step()) {
    const std::string_view key = q.text(0);
    if (start.exclusive && key == start.key) continue;
    if (page.objects.size() + page.prefixes.size() == query.max) {
      page.truncated = true;
      break;
    }
    if (const auto shared = common_prefix(key, query); !shared.empty()) {
      page.last = shared;
      page.prefixes.emplace_back(page.last);
      start = {after_prefix(page.last), false};
      seek();
      continue;
    }
    page.last = key;
    page.objects.push_back(ObjectRow{page.last, q.integer(1), q.string(2), static_cast<std::uint64_t>(q.integer(3)),
                                     from_millis(q.integer(4)), q.string(5), q.string(6)});
  }
  return page;
}

// After (after, after_id) in the order of keys and, within a key, of upload ids.
UploadPage Store::list_uploads(Connection& c, const Bucket& bucket, const ListQuery& query,
                               std::string_view after_id) const {
  UploadPage page;
  if (query.max == 0) return page;
  Start start = start_of(query);
  // With an id marker, later uploads of the same key are still to come.
  if (start.exclusive && !after_id.empty())
    start.exclusive = false;
  else
    after_id = {};
  auto q = c.prepare(
      "SELECT id, key, initiated, attributes, algorithm, type FROM s3_upload "
      "WHERE bucket = ?1 AND key >= ?2 AND key < ?3 ORDER BY key, id");
  const auto seek = [&] {
    q.reset();
    q.bind_all(bucket.id, start.key);
    bind_upper(q, query.prefix);
  };
  seek();
  while (q.step()) {
    const std::string_view key = q.text(1);
    if (key == start.key && (start.exclusive || (!after_id.empty() && q.text(0) <= after_id))) continue;
    if (page.uploads.size() + page.prefixes.size() == query.max) {
      page.truncated = true;
      break;
    }
    if (const auto shared = common_prefix(key, query); !shared.empty()) {
      page.last_key = shared;
      page.last_id.clear();
      page.prefixes.emplace_back(page.last_key);
      start = {after_prefix(page.last_key), false};
      after_id = {};
      seek();
      continue;
    }
    page.last_key = key;
    page.last_id = q.string(0);
    Upload upload{page.last_id,
                  page.last_key,
                  from_millis(q.integer(2)),
                  Attributes::parse(q.text(3)),
                  algorithm_named(q.text(4)),
                  {}};
    upload.type = q.text(5) == name_of(ChecksumType::composite) ? ChecksumType::composite : ChecksumType::full_object;
    page.uploads.push_back(std::move(upload));
  }
  return page;
}

}  // namespace cumulet::s3
