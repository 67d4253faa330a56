#include "services/s3/service.hpp"

#include <unistd.h>

#include <algorithm>

#include "base/arn.hpp"
#include "base/encoding.hpp"
#include "base/text.hpp"
#include "services/s3/errors.hpp"
#include "services/s3/names.hpp"

namespace cumulet::s3 {
namespace {
// The canonical user id of the one account: SHA-256-like, as AWS's are.
constexpr std::string_view kCanonicalUser = "75aa57f09aa0c8caeab4f8c24e99d10f8e7faeebf76c078efc7c6caea54ba06a";

// Large bodies are told apart by their blobs, whose names are never used again; small ones, which are rows, by their
// time: two writes of the same bytes in the same millisecond are the same to whoever reads them.
std::string identity_of(const Object& object) {
  return hex_encode(sha256(object.row.etag + ' ' + std::to_string(object.row.size) + ' ' +
                           std::to_string(to_millis(object.row.modified)) + ' ' + extents_text(object.content.extents) +
                           object.content.bytes));
}

}  // namespace

Owner owner() { return {std::string(kCanonicalUser)}; }

std::string quoted_etag(std::string_view etag) {
  std::string out = "\"";
  out += etag;
  return out += '"';
}

std::string_view unquoted(std::string_view etag) {
  if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') return etag.substr(1, etag.size() - 2);
  return etag;
}

Result<void> check_version_id(const std::optional<std::string>& version_id) {
  if (!version_id || *version_id == "null") return {};
  return invalid_argument("Invalid version id specified", "versionId", *version_id);
}

S3::S3(Dependencies dependencies)
    : with_(std::move(dependencies)),
      store_(with_.database, with_.blobs),
      notifier_(with_.outbox, with_.clock, with_.observers) {}

Result<bool> expects_other_owner(const wire::CallContext& context, std::string_view header) {
  const auto expected = context.head ? context.head->headers.get(header) : std::nullopt;
  if (!expected) return false;
  if (expected->size() != 12 || !std::all_of(expected->begin(), expected->end(), is_digit))
    return Error{kInvalidBucketOwner,
                 "The value of the expected bucket owner parameter must be an AWS Account ID... [" +
                     std::string(*expected) + "]"};
  return *expected != kAccountId;
}

Result<BucketPtr> S3::bucket(const Context& context, std::string_view name) const {
  CUMULET_TRY(const bool is_other, expects_other_owner(context, "x-amz-expected-bucket-owner"));
  BucketPtr found = store_.bucket(name);
  if (!found) {
    if (!is_valid_bucket_name(name))
      return Error{kInvalidBucketName, "The specified bucket is not valid.", {{"BucketName", std::string(name)}}};
    return no_such_bucket(name);
  }
  if (is_other) return Error{kAccessDenied, "Access Denied"};
  return found;
}

Result<BucketPtr> S3::bucket_for(const Context& context, std::string_view name, std::string_view key) const {
  CUMULET_CHECK(check_key(key));
  return bucket(context, name);
}

Result<Object> S3::load_object(const Bucket& bucket, std::string_view key) {
  return with_.database.read_value<Object>([&](Connection& c) -> Result<Object> {
    auto found = store_.load(c, bucket, key);
    if (!found) return no_such_key(key);
    return std::move(*found);
  });
}

Result<std::vector<http::Piece>> S3::open_range(const Content& content, std::uint64_t first, std::uint64_t length) {
  std::vector<http::Piece> pieces;
  if (length == 0) return pieces;
  if (content.extents.empty()) {
    pieces.emplace_back(content.bytes.substr(first, length));
    return pieces;
  }
  std::shared_ptr<http::OpenFile> file;
  std::string_view opened;
  std::uint64_t checked = 0;  // so many bytes of it are there
  for (const Extent& e : content.extents) {
    if (length == 0) break;
    if (first >= e.length) {
      first -= e.length;
      continue;
    }
    if (opened != e.blob || e.offset + e.length > checked) {
      CUMULET_TRY(file, with_.blobs.open_blob(e.blob, e.offset + e.length));
      opened = e.blob;
      checked = e.offset + e.length;
    }
    const std::uint64_t n = std::min(e.length - first, length);
    pieces.emplace_back(http::FileRange{file, e.offset + first, n});
    first = 0;
    length -= n;
  }
  return pieces;
}

Result<S3::Opened> S3::open(const Bucket& bucket, std::string_view key,
                            const std::function<Result<Span>(const Object&)>& choose) {
  constexpr int kAttempts = 5;
  for (int attempt = 1;; ++attempt) {
    CUMULET_TRY(Object object, load_object(bucket, key));
    CUMULET_TRY(const Span span, choose(object));
    auto pieces = open_range(object.content, span.first, span.second);
    if (pieces.ok()) return Opened{std::move(object), std::move(*pieces)};
    // Replaced or deleted since the row was read: its files may be gone.
    if (attempt == kAttempts) return std::move(pieces).error();
  }
}

Result<OpenedObject> S3::open_object(std::string_view bucket_name, std::string_view key) {
  const BucketPtr found = store_.bucket(bucket_name);
  if (!found) return no_such_bucket(bucket_name);
  CUMULET_TRY(Opened opened, open(*found, key, [](const Object& o) -> Result<Span> { return Span{0, o.row.size}; }));
  OpenedObject out;
  out.pieces = std::move(opened.pieces);
  out.size = opened.object.row.size;
  out.etag = opened.object.row.etag;
  out.identity = identity_of(opened.object);
  out.content_type = opened.object.content.attributes.content_type.value_or("binary/octet-stream");
  out.last_modified = opened.object.row.modified;
  return out;
}

Result<std::string> S3::read_object(std::string_view bucket_name, std::string_view key, std::uint64_t max_bytes) {
  CUMULET_TRY(const OpenedObject object, open_object(bucket_name, key));
  if (object.size > max_bytes)
    return Error{kEntityTooLarge, "The object has " + std::to_string(object.size) + " bytes; at most " +
                                      std::to_string(max_bytes) + " were expected"};
  std::string bytes;
  bytes.reserve(object.size);
  for (const http::Piece& piece : object.pieces) {
    if (const auto* text = std::get_if<std::string>(&piece)) {
      bytes += *text;
      continue;
    }
    const auto& range = std::get<http::FileRange>(piece);
    const std::size_t start = bytes.size();
    bytes.resize(start + range.length);
    for (std::uint64_t done = 0; done < range.length;) {
      const ssize_t n = ::pread(range.file->fd(), bytes.data() + start + done, range.length - done,
                                static_cast<off_t>(range.offset + done));
      if (n <= 0) return Error{storage::kStorageFailure, "cannot read a blob"};
      done += static_cast<std::uint64_t>(n);
    }
  }
  return bytes;
}

awaitable<Result<void>> S3::write(std::function<Result<void>(Transaction&)> job, storage::Room room) {
  return with_.database.write(std::move(job), room);
}

}  // namespace cumulet::s3
