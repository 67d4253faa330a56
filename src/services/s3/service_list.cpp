#include "base/encoding.hpp"
#include "services/s3/errors.hpp"
#include "services/s3/names.hpp"
#include "services/s3/service.hpp"

// Listings.
namespace cumulet::s3 {
namespace {

constexpr int kMaxKeys = 1000;

// How keys are written: as they are, or URL-encoded.
class KeyWriter {
 public:
  explicit KeyWriter(bool encoded) : encoded_(encoded) {}
  std::string operator()(const std::string& key) const { return encoded_ ? url_encode_key(key) : key; }

 private:
  bool encoded_;
};

Result<KeyWriter> key_writer(const std::optional<std::string>& encoding_type) {
  if (!encoding_type) return KeyWriter(false);
  if (*encoding_type != "url")
    return invalid_argument("Invalid Encoding Method specified in Request", "encoding-type", *encoding_type);
  return KeyWriter(true);
}

// `name` as S3 words it: "maxKeys", but "max-uploads".
Result<int> page_size(const std::optional<int>& asked, std::string_view name) {
  if (!asked) return kMaxKeys;
  if (*asked < 0)
    return invalid_argument("Argument " + std::string(name) + " must be an integer between 0 and 2147483647", name,
                            std::to_string(*asked));
  return std::min(*asked, kMaxKeys);
}

std::optional<std::string> filled(const std::optional<std::string>& text) {
  if (!text || text->empty()) return std::nullopt;
  return text;
}

ObjectEntry entry_of(const ObjectRow& row, const KeyWriter& write) {
  ObjectEntry e;
  e.key = write(row.key);
  e.last_modified = whole_second(row.modified);
  e.e_tag = quoted_etag(row.etag);
  e.size = static_cast<std::int64_t>(row.size);
  if (!row.storage_class.empty()) e.storage_class = row.storage_class;
  if (const auto slash = row.checksum.find('/'); slash != row.checksum.npos) {
    e.checksum_algorithm = {row.checksum.substr(0, slash)};
    e.checksum_type = row.checksum.substr(slash + 1);
  }
  return e;
}

std::optional<std::string> written(const std::optional<std::string>& text, const KeyWriter& write) {
  if (!text || text->empty()) return std::nullopt;
  return write(*text);
}

void add_prefixes(std::vector<CommonPrefix>& out, const ObjectPage& page, const KeyWriter& write) {
  for (const std::string& p : page.prefixes) out.push_back({write(p)});
}

Result<ObjectPage> list_page(storage::Database& database, const Store& store, const Bucket& bucket,
                             const ListQuery& query) {
  return database.read_value<ObjectPage>(
      [&](Connection& c) -> Result<ObjectPage> { return store.list(c, bucket, query); });
}

}  // namespace

Result<ListObjectsOutput> S3::list_objects(const Context& context, const ListObjectsRequest& request) {
  CUMULET_TRY(const BucketPtr found, bucket(context, request.bucket));
  CUMULET_TRY(const KeyWriter write, key_writer(request.encoding_type));
  CUMULET_TRY(const int max, page_size(request.max_keys, "maxKeys"));
  const ListQuery query{request.prefix.value_or(""), request.delimiter.value_or(""), request.marker.value_or(""),
                        static_cast<std::size_t>(max)};
  CUMULET_TRY(const ObjectPage page, list_page(with_.database, store_, *found, query));
  ListObjectsOutput out;
  out.region = found->region;
  out.name = found->name;
  out.prefix = write(query.prefix);
  out.marker = write(query.after);
  out.delimiter = written(request.delimiter, write);
  out.encoding_type = filled(request.encoding_type);
  out.max_keys = max;
  out.is_truncated = page.truncated;
  // Without a delimiter the last key is the next marker, and S3 leaves it out.
  if (page.truncated && !query.delimiter.empty()) out.next_marker = write(page.last);
  for (const ObjectRow& row : page.objects) {
    out.contents.push_back(entry_of(row, write));
    out.contents.back().owner = owner();
  }
  add_prefixes(out.common_prefixes, page, write);
  return out;
}

Result<ListObjectsV2Output> S3::list_objects_v2(const Context& context, const ListObjectsRequestV2& request) {
  CUMULET_TRY(const BucketPtr found, bucket(context, request.bucket));
  CUMULET_TRY(const KeyWriter write, key_writer(request.encoding_type));
  CUMULET_TRY(const int max, page_size(request.max_keys, "maxKeys"));
  ListQuery query{request.prefix.value_or(""), request.delimiter.value_or(""), request.start_after.value_or(""),
                  static_cast<std::size_t>(max)};
  if (request.continuation_token) {
    const auto token = base64_decode(*request.continuation_token);
    if (!token || token->empty())
      return Error{
          kInvalidArgument, "The continuation token provided is incorrect", {{"ArgumentName", "continuation-token"}}};
    query.after = *token;
  }
  CUMULET_TRY(const ObjectPage page, list_page(with_.database, store_, *found, query));
  ListObjectsV2Output out;
  out.region = found->region;
  out.name = found->name;
  out.prefix = write(query.prefix);
  out.delimiter = written(request.delimiter, write);
  out.encoding_type = filled(request.encoding_type);
  if (!request.continuation_token) out.start_after = written(request.start_after, write);
  out.continuation_token = request.continuation_token;
  out.max_keys = max;
  out.is_truncated = page.truncated;
  if (page.truncated) out.next_continuation_token = base64_encode(page.last);
  for (const ObjectRow& row : page.objects) {
    out.contents.push_back(entry_of(row, write));
    if (request.fetch_owner.value_or(false)) out.contents.back().owner = owner();
  }
  add_prefixes(out.common_prefixes, page, write);
  out.key_count = static_cast<int>(out.contents.size() + out.common_prefixes.size());
  return out;
}

Result<ListObjectVersionsOutput> S3::list_object_versions(const Context& context, const ListVersionsRequest& request) {
  CUMULET_TRY(const BucketPtr found, bucket(context, request.bucket));
  CUMULET_TRY(const KeyWriter write, key_writer(request.encoding_type));
  CUMULET_TRY(const int max, page_size(request.max_keys, "maxKeys"));
  if (request.version_id_marker && !request.version_id_marker->empty() && !filled(request.key_marker))
    return invalid_argument("A version-id marker cannot be specified without a key marker.", "version-id-marker",
                            *request.version_id_marker);
  const ListQuery query{request.prefix.value_or(""), request.delimiter.value_or(""), request.key_marker.value_or(""),
                        static_cast<std::size_t>(max)};
  CUMULET_TRY(const ObjectPage page, list_page(with_.database, store_, *found, query));
  ListObjectVersionsOutput out;
  out.name = found->name;
  out.prefix = write(query.prefix);
  out.key_marker = write(query.after);
  out.version_id_marker = request.version_id_marker.value_or("");
  out.delimiter = written(request.delimiter, write);
  out.encoding_type = filled(request.encoding_type);
  out.max_keys = max;
  out.is_truncated = page.truncated;
  if (page.truncated) {
    out.next_key_marker = write(page.last);
    if (!page.objects.empty() && page.objects.back().key == page.last) out.next_version_id_marker = "null";
  }
  for (const ObjectRow& row : page.objects) {
    VersionEntry v;
    v.entry = entry_of(row, write);
    v.entry.owner = owner();
    out.versions.push_back(std::move(v));
  }
  add_prefixes(out.common_prefixes, page, write);
  return out;
}

namespace {

UploadEntry entry_of(const Upload& u, const KeyWriter& write) {
  UploadEntry e;
  e.upload_id = u.id;
  e.key = write(u.key);
  e.initiated = whole_second(u.initiated);
  e.storage_class = u.attributes.storage_class.value_or("STANDARD");
  e.owner = e.initiator = owner();
  if (u.algorithm) {
    e.checksum_algorithm = name_of(*u.algorithm);
    e.checksum_type = name_of(u.type);
  }
  return e;
}

}  // namespace

Result<ListMultipartUploadsOutput> S3::list_multipart_uploads(const Context& context,
                                                              const ListMultipartUploadsRequest& request) {
  CUMULET_TRY(const BucketPtr found, bucket(context, request.bucket));
  CUMULET_TRY(const KeyWriter write, key_writer(request.encoding_type));
  CUMULET_TRY(const int max, page_size(request.max_uploads, "max-uploads"));
  const ListQuery query{request.prefix.value_or(""), request.delimiter.value_or(""), request.key_marker.value_or(""),
                        static_cast<std::size_t>(max)};
  const std::string after_id = query.after.empty() ? std::string() : request.upload_id_marker.value_or("");
  CUMULET_TRY(const UploadPage page, with_.database.read_value<UploadPage>([&](Connection& c) -> Result<UploadPage> {
    if (!after_id.empty()) {
      const auto key = store_.key_of_upload(c, after_id);
      if (key && *key != query.after) return invalid_argument("Invalid uploadId marker", "upload-id-marker", after_id);
    }
    return store_.list_uploads(c, *found, query, after_id);
  }));
  ListMultipartUploadsOutput out;
  out.bucket = found->name;
  out.key_marker = write(query.after);
  out.upload_id_marker = after_id;
  out.prefix = written(request.prefix, write);
  out.delimiter = written(request.delimiter, write);
  out.encoding_type = filled(request.encoding_type);
  out.max_uploads = max;
  out.is_truncated = page.truncated;
  // Where the page ends; on the last one, its last upload.
  if (page.truncated) {
    out.next_key_marker = write(page.last_key);
    out.next_upload_id_marker = page.last_id;
  } else {
    out.next_key_marker = page.uploads.empty() ? std::string() : write(page.uploads.back().key);
    out.next_upload_id_marker = page.uploads.empty() ? std::string() : page.uploads.back().id;
  }
  for (const Upload& u : page.uploads) out.uploads.push_back(entry_of(u, write));
  for (const std::string& p : page.prefixes) out.common_prefixes.push_back({write(p)});
  return out;
}

}  // namespace cumulet::s3
