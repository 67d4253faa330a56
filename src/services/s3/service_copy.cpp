#include <unistd.h>

#include <algorithm>

#include "base/arn.hpp"
#include "base/awaitable.hpp"
#include "base/encoding.hpp"
#include "services/s3/errors.hpp"
#include "services/s3/names.hpp"
#include "services/s3/service.hpp"

// CopyObject and UploadPartCopy: the copy shares the source's blobs; bytes are read only where a digest needs them.
namespace cumulet::s3 {

// A source as it was when the copy began. Its files stay open, so that they can be read; whether they can still be
// shared is decided by the counts in the job.
struct S3::Source {
  CopySource name;
  Object object;
  std::vector<http::Piece> pieces;
  std::uint64_t first = 0;
  std::uint64_t length = 0;

  std::vector<Extent> extents() const {
    std::vector<Extent> out;
    std::uint64_t skip = first, left = length;
    for (const Extent& e : object.content.extents) {
      if (skip >= e.length) {
        skip -= e.length;
        continue;
      }
      const std::uint64_t n = std::min(e.length - skip, left);
      if (n == 0) break;
      out.push_back({e.blob, e.offset + skip, n});
      skip = 0;
      left -= n;
    }
    return out;
  }
};

namespace {

Error bad_copy_range(std::string_view value) {
  return invalid_argument(
      "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based "
      "offsets of the first and last bytes to copy",
      "x-amz-copy-source-range", value);
}

// Digits only, both ends given.
Result<ByteRange> parse_copy_range(std::string_view text, std::uint64_t size) {
  std::string_view rest = text;
  if (!rest.starts_with("bytes=")) return bad_copy_range(text);
  rest.remove_prefix(6);
  const auto dash = rest.find('-');
  const auto digits = [](std::string_view s) {
    return !s.empty() && s.size() < 19 && std::all_of(s.begin(), s.end(), [](char c) { return c >= '0' && c <= '9'; });
  };
  if (dash == rest.npos || !digits(rest.substr(0, dash)) || !digits(rest.substr(dash + 1))) return bad_copy_range(text);
  const std::uint64_t first = std::stoull(std::string(rest.substr(0, dash)));
  const std::uint64_t last = std::stoull(std::string(rest.substr(dash + 1)));
  if (first > last) return bad_copy_range(text);
  if (first >= size) return Error{kInvalidRequest, "The specified copy range is invalid for the source object size"};
  if (last >= size)
    return invalid_argument("Range specified is not valid for source object of size: " + std::to_string(size),
                            "x-amz-copy-source-range", text);
  return ByteRange{first, last};
}

struct Digests {
  std::string md5, checksum;  // raw
};

Result<Digests> digest_pieces(const std::vector<http::Piece>& pieces, Algorithm algorithm) {
  auto md5 = make_md5();
  auto hasher = make_hasher(algorithm);
  std::string buffer(256 * 1024, '\0');
  for (const http::Piece& piece : pieces) {
    if (const auto* text = std::get_if<std::string>(&piece)) {
      md5->update(*text);
      hasher->update(*text);
      continue;
    }
    const auto& range = std::get<http::FileRange>(piece);
    for (std::uint64_t done = 0; done < range.length;) {
      const ssize_t n =
          ::pread(range.file->fd(), buffer.data(), std::min<std::uint64_t>(buffer.size(), range.length - done),
                  static_cast<off_t>(range.offset + done));
      if (n <= 0) return Error{storage::kStorageFailure, "cannot read a blob"};
      const std::string_view bytes(buffer.data(), static_cast<std::size_t>(n));
      md5->update(bytes);
      hasher->update(bytes);
      done += static_cast<std::uint64_t>(n);
    }
  }
  return Digests{md5->finish(), hasher->finish()};
}

struct CopyWork {
  ObjectRow row;
  Content content;
  bool must_read = true;
  Algorithm algorithm = Algorithm::crc64nvme;
};

// COPY keeps the source's headers; REPLACE takes the request's. Storage class, redirect and encryption are the
// request's.
Result<Attributes> copied_attributes(const CopyObjectRequest& request, const Attributes& source) {
  const std::string directive = request.metadata_directive.value_or("COPY");
  if (directive != "COPY" && directive != "REPLACE")
    return invalid_argument("Unknown metadata directive.", "x-amz-metadata-directive", directive);
  const std::string tagging = request.tagging_directive.value_or("COPY");
  if (tagging != "COPY" && tagging != "REPLACE")
    return invalid_argument("Unknown tagging directive.", "x-amz-tagging-directive", tagging);
  CUMULET_TRY(const Attributes asked, attributes_from(request));
  Attributes out = directive == "REPLACE" ? asked : source;
  out.storage_class = asked.storage_class;
  out.website_redirect_location = asked.website_redirect_location;
  out.server_side_encryption = asked.server_side_encryption;
  out.sse_kms_key_id = asked.sse_kms_key_id;
  out.tagging = tagging == "REPLACE" ? asked.tagging : source.tagging;
  out.checksum = source.checksum;
  return out;
}

bool changes_something(const CopyObjectRequest& r) {
  return r.metadata_directive.value_or("COPY") == "REPLACE" || r.tagging_directive.value_or("COPY") == "REPLACE" ||
         r.storage_class || r.website_redirect_location || r.server_side_encryption || r.checksum_algorithm;
}

}  // namespace

Result<std::shared_ptr<S3::Source>> S3::open_source(const Context& context, std::string_view copy_source,
                                                    const CopyConditions& conditions,
                                                    const std::optional<std::string>& range) {
  auto source = std::make_shared<Source>();
  CUMULET_TRY(source->name, parse_copy_source(copy_source));
  CUMULET_CHECK(check_version_id(source->name.version_id));
  Context of_source = context;  // x-amz-expected-bucket-owner is about the destination
  of_source.head = nullptr;
  CUMULET_TRY(const bool is_other, expects_other_owner(context, "x-amz-source-expected-bucket-owner"));
  CUMULET_TRY(const BucketPtr found, bucket(of_source, source->name.bucket));
  if (is_other) return Error{kAccessDenied, "Access Denied"};
  const Conditions checks{conditions.if_match, conditions.if_none_match,
                          unless_future(conditions.if_modified_since, with_.clock.now()),
                          conditions.if_unmodified_since};
  CUMULET_TRY(Opened opened, open(*found, source->name.key, [&](const Object& object) -> Result<Span> {
                CUMULET_CHECK(check_copy_source(checks, object.row.etag, object.row.modified));
                source->length = object.row.size;
                if (range) {
                  CUMULET_TRY(const ByteRange bytes, parse_copy_range(*range, object.row.size));
                  source->first = bytes.first;
                  source->length = bytes.last - bytes.first + 1;
                }
                if (source->length > kMaxPut)
                  return Error{
                      kInvalidRequest,
                      "The specified copy source is larger than the maximum allowable size for a copy source: " +
                          std::to_string(kMaxPut)};
                return Span{source->first, source->length};
              }));
  source->object = std::move(opened.object);
  source->pieces = std::move(opened.pieces);
  return source;
}

awaitable<Result<CopyObjectOutput>> S3::copy_object(const Context& context, CopyObjectRequest request) {
  CUMULET_CO_TRY(const BucketPtr found, bucket_for(context, request.bucket, request.key));
  CUMULET_CO_CHECK(check_promises(context));
  CUMULET_CO_CHECK(check_write_headers(request.if_match, request.if_none_match));
  auto asked = std::make_shared<CopyObjectRequest>(std::move(request));
  auto work = std::make_shared<CopyWork>();
  auto source = std::make_shared<std::shared_ptr<Source>>();
  std::function<Result<void>()> prepare = [this, found, asked, work, source, &context]() -> Result<void> {
    CUMULET_TRY(*source, open_source(context, asked->copy_source, asked->conditions, std::nullopt));
    const Source& s = **source;
    // Where a default encryption was put, every copy encrypts anew.
    const bool is_itself = s.name.bucket == asked->bucket && s.name.key == asked->key;
    if (is_itself && !changes_something(*asked) && !has_document(*found, kEncryption.name))
      return Error{kInvalidRequest,
                   "This copy request is illegal because it is trying to copy an object to itself without changing the "
                   "object's metadata, "
                   "storage class, website redirect location or encryption attributes."};
    CUMULET_TRY(work->content.attributes, copied_attributes(*asked, s.object.content.attributes));
    auto& checksum = work->content.attributes.checksum;
    if (checksum) work->algorithm = checksum->algorithm;
    if (asked->checksum_algorithm) {
      const auto named = algorithm_named(*asked->checksum_algorithm);
      if (!named)
        return Error{kInvalidRequest,
                     "Checksum algorithm provided is unsupported. Please try again with any of the valid types: "
                     "[CRC32, CRC32C, CRC64NVME, "
                     "SHA1, SHA256]"};
      work->algorithm = *named;
    }
    work->content.bytes = s.object.content.bytes;
    work->content.extents = s.extents();
    work->row.size = s.object.row.size;
    work->row.etag = s.object.row.etag;
    const bool is_md5 = work->row.etag.find('-') == std::string::npos;
    const bool has_checksum =
        checksum && checksum->algorithm == work->algorithm && checksum->type == ChecksumType::full_object;
    if (is_md5 && has_checksum) return {};
    CUMULET_TRY(const Digests digests, digest_pieces(s.pieces, work->algorithm));
    work->row.etag = hex_encode(digests.md5);
    checksum = Checksum{work->algorithm, ChecksumType::full_object, base64_encode(digests.checksum)};
    return {};
  };
  Result<void> prepared = co_await run_on(with_.workers, std::move(prepare));
  if (!prepared.ok()) co_return std::move(prepared).error();
  std::function<Result<void>(Transaction&)> job = [this, found, asked, work,
                                                   source = EventSource::of(context)](Transaction& tx) -> Result<void> {
    CUMULET_CHECK(store_.check_bucket(tx, *found));
    const auto there = store_.find(tx, *found, asked->key);
    CUMULET_CHECK(check_write(asked->if_match, asked->if_none_match, there ? std::optional(there->etag) : std::nullopt,
                              asked->key));
    work->row.key = asked->key;
    work->row.modified = with_.clock.now();
    CUMULET_CHECK(store_.put(tx, *found, work->row, work->content, Blobs::shared));
    notifier_.append(tx, *found, source,
                     {"ObjectCreated:Copy", work->row.key, work->row.etag, work->row.size, with_.clock.now()});
    return {};
  };
  Result<void> done = co_await write(std::move(job));
  if (!done.ok()) co_return std::move(done).error();
  const Attributes& stored = work->content.attributes;
  CopyObjectOutput out;
  out.result.e_tag = quoted_etag(work->row.etag);
  out.result.last_modified = whole_second(work->row.modified);
  out.result.checksums = to_fields(*stored.checksum);
  out.result.checksum_type = name_of(stored.checksum->type);
  out.server_side_encryption = stored.server_side_encryption.value_or("AES256");
  out.sse_kms_key_id = stored.sse_kms_key_id;
  co_return out;
}

awaitable<Result<UploadPartCopyOutput>> S3::upload_part_copy(const Context& context, UploadPartCopyRequest request) {
  CUMULET_CO_TRY(const BucketPtr found, bucket_for(context, request.bucket, request.key));
  CUMULET_CO_CHECK(check_promises(context));
  if (!request.part_number || *request.part_number < 1 || *request.part_number > 10'000)
    co_return invalid_argument("Part number must be an integer between 1 and 10000, inclusive", "partNumber",
                               request.part_number ? std::to_string(*request.part_number) : std::string());
  Result<Upload> looked = co_await find_upload(found, request.key, request.upload_id);
  CUMULET_CO_TRY(const Upload upload, std::move(looked));
  const Algorithm algorithm = upload.algorithm.value_or(Algorithm::crc64nvme);
  auto asked = std::make_shared<UploadPartCopyRequest>(std::move(request));
  auto part = std::make_shared<PartRow>();
  auto created = std::make_shared<bool>(false);
  std::function<Result<void>()> prepare = [this, asked, part, created, algorithm, &context]() -> Result<void> {
    CUMULET_TRY(const auto source, open_source(context, asked->copy_source, asked->conditions, asked->range));
    CUMULET_TRY(const Digests digests, digest_pieces(source->pieces, algorithm));
    part->number = *asked->part_number;
    part->etag = hex_encode(digests.md5);
    part->checksum = base64_encode(digests.checksum);
    part->size = source->length;
    part->extents = source->extents();
    if (!part->extents.empty() || source->length == 0) return {};
    // Inline bytes become a blob: parts are made of blobs alone.
    CUMULET_TRY(const auto writer, with_.blobs.create());
    for (const http::Piece& piece : source->pieces) CUMULET_CHECK(writer->append(std::get<std::string>(piece)));
    CUMULET_TRY(std::string blob, writer->publish());
    part->extents.push_back({std::move(blob), 0, source->length});
    *created = true;
    return {};
  };
  Result<void> prepared = co_await run_on(with_.workers, std::move(prepare));
  if (!prepared.ok()) co_return std::move(prepared).error();
  std::function<Result<void>(Transaction&)> job = [this, found, asked, part, created](Transaction& tx) -> Result<void> {
    if (!store_.upload(tx, *found, asked->key, asked->upload_id)) return no_such_upload(asked->upload_id);
    part->modified = with_.clock.now();
    return store_.put_part(tx, asked->upload_id, *part, *created ? Blobs::created : Blobs::shared);
  };
  Result<void> done = co_await write(std::move(job));
  if (!done.ok()) {
    if (*created) with_.blobs.remove(part->extents.front().blob);
    co_return std::move(done).error();
  }
  UploadPartCopyOutput out;
  out.result.e_tag = quoted_etag(part->etag);
  out.result.last_modified = whole_second(part->modified);
  if (upload.algorithm) set_checksum(out.result.checksums, algorithm, part->checksum);
  out.server_side_encryption = upload.attributes.server_side_encryption.value_or("AES256");
  co_return out;
}

}  // namespace cumulet::s3
