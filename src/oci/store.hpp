#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "oci/digest.hpp"
#include "oci/manifest.hpp"
#include "storage/database.hpp"

// The tables of the registry. Functions on a Connection read, functions on a Transaction are called in jobs.
//
// A blob is there once for all repositories, as an ordered list of files of the blob store (a part of an upload is
// one). A repository sees a blob when it is linked there: pushed to it, or mounted from another one. A manifest may
// name only what is linked in its own repository. A link that no manifest needs goes after a while (collect), and the
// blob with its last link.
namespace cumulet::oci {

enum class Tags { mutable_, immutable };

struct Repository {
  std::int64_t id = 0;
  std::string region, name;
  TimePoint created;
  Tags tags = Tags::mutable_;
};

// A file of the blob store and how much of it is meant: all.
struct Extent {
  std::string file;
  std::uint64_t size = 0;
};

struct Blob {
  Digest digest;
  std::uint64_t size = 0;
  std::vector<Extent> extents;
};

struct StoredManifest {
  Digest digest;
  std::string media_type, artifact_type, annotations;
  std::string bytes;
  std::uint64_t size = 0;
  std::uint64_t image_bytes = 0;  // of its config and layers together; of an index: 0
  TimePoint pushed;
  std::optional<TimePoint> pulled;
};

struct UploadRow {
  std::string id;
  std::int64_t repository = 0;
  std::vector<Extent> parts;
  std::uint64_t size = 0;  // of all parts
};

namespace store {

Result<void> migrate(storage::Database& database);

// --- repositories ---
std::optional<Repository> find_repository(storage::Connection& c, std::string_view region, std::string_view name);
// NAME_UNKNOWN.
Result<Repository> require_repository(storage::Connection& c, std::string_view region, std::string_view name);
// NAME_UNKNOWN once it was deleted.
Result<void> require_repository(storage::Connection& c, std::int64_t id);
// Of that name in any region.
bool has_repository_anywhere(storage::Connection& c, std::string_view name);
// By name, beginning after `after`.
std::vector<Repository> list_repositories(storage::Connection& c, std::string_view region, std::string_view after,
                                          std::size_t most);
std::size_t count_repositories(storage::Connection& c, std::string_view region);
std::int64_t create_repository(storage::Transaction& tx, std::string_view region, std::string_view name, Tags tags,
                               TimePoint now);
void set_tags(storage::Transaction& tx, std::int64_t repository, Tags tags);
// With all that is in it; blobs that nobody else has wait for collect().
void delete_repository(storage::Transaction& tx, std::int64_t repository);
bool is_empty(storage::Connection& c, std::int64_t repository);  // of images

// --- blobs ---
// Only what is linked in the repository.
std::optional<Blob> find_blob(storage::Connection& c, std::int64_t repository, const Digest& digest);
std::optional<std::uint64_t> blob_size(storage::Connection& c, std::int64_t repository, const Digest& digest);
// Stores the blob if no repository has it yet, and links it. False: it was there, its extents are not needed.
bool add_blob(storage::Transaction& tx, std::int64_t repository, const Blob& blob, TimePoint now);
// Links what another repository has. False: that one has no such blob.
bool mount_blob(storage::Transaction& tx, std::int64_t from, std::int64_t to, const Digest& digest, TimePoint now);
// Whether a manifest of the repository names it.
bool is_needed(storage::Connection& c, std::int64_t repository, const Digest& digest);
void unlink_blob(storage::Transaction& tx, std::int64_t repository, const Digest& digest);
// Links that no manifest of their repository needs and that were last touched before `before`, at most `most`.
struct Link {
  std::int64_t repository;
  Digest digest;
};
std::vector<Link> idle_links(storage::Connection& c, TimePoint before, std::size_t most);
// Forgets at most `most` blobs without a link and gives their files, to be removed once that is committed.
struct Forgotten {
  std::size_t blobs = 0;
  std::vector<std::string> files;
};
Forgotten forget_unlinked_blobs(storage::Transaction& tx, std::size_t most);
// Every file that a row names.
std::vector<std::string> all_files(storage::Connection& c);
// Every blob of every repository, once.
std::vector<Digest> all_blobs(storage::Connection& c, const Digest& after, std::size_t most);
Blob blob_of(storage::Connection& c, const Digest& digest);

// --- uploads ---
void begin_upload(storage::Transaction& tx, const std::string& id, std::int64_t repository, TimePoint now);
std::optional<UploadRow> find_upload(storage::Connection& c, std::string_view id);
std::size_t count_uploads(storage::Connection& c, std::int64_t repository);
void add_part(storage::Transaction& tx, const std::string& id, std::size_t position, const Extent& part, TimePoint now);
void end_upload(storage::Transaction& tx, std::string_view id);
std::vector<std::string> idle_uploads(storage::Connection& c, TimePoint before, std::size_t most);
std::vector<std::string> uploads_of(storage::Connection& c, std::int64_t repository);

// --- manifests and tags ---
// Errors: MANIFEST_BLOB_UNKNOWN and SIZE_INVALID for what it names and the repository lacks or has otherwise;
// TAG_INVALID for a tag that may not move. False: it was there already, with that tag.
Result<bool> put_manifest(storage::Transaction& tx, const Repository& repository, const Manifest& manifest,
                          const Digest& digest, std::string_view bytes, const std::optional<std::string>& tag,
                          TimePoint now);
std::optional<Digest> digest_of_tag(storage::Connection& c, std::int64_t repository, std::string_view tag);
// DamagedRow where the bytes are not those of the digest.
std::optional<StoredManifest> find_manifest(storage::Connection& c, std::int64_t repository, const Digest& digest);
bool has_manifest(storage::Connection& c, std::int64_t repository, const Digest& digest);
void note_pull(storage::Transaction& tx, std::int64_t repository, const Digest& digest, TimePoint now);
// False: there is none. DENIED (kReferenced) while an index names it.
Result<bool> delete_manifest(storage::Transaction& tx, std::int64_t repository, const Digest& digest);
bool delete_tag(storage::Transaction& tx, std::int64_t repository, std::string_view tag);
std::vector<std::string> tags_of(storage::Connection& c, std::int64_t repository, const Digest& digest);
// In ASCII order, beginning after `after`.
std::vector<std::string> list_tags(storage::Connection& c, std::int64_t repository, std::string_view after,
                                   std::size_t most);
// Manifests without their bytes, by digest, beginning after `after`.
std::vector<StoredManifest> list_manifests(storage::Connection& c, std::int64_t repository, std::string_view after,
                                           std::size_t most);
// Those whose subject is `subject`.
std::vector<StoredManifest> referrers(storage::Connection& c, std::int64_t repository, const Digest& subject,
                                      std::string_view artifact_type, std::string_view after, std::size_t most);

// What logins are sealed with; made at the first call.
std::string secret(storage::Transaction& tx, const std::string& fresh);

}  // namespace store
}  // namespace cumulet::oci
