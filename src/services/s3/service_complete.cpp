#include <algorithm>

#include "base/encoding.hpp"
#include "services/s3/errors.hpp"
#include "services/s3/service.hpp"

// CompleteMultipartUpload: the parts' extents become the object's; no byte is copied.
namespace cumulet::s3 {
namespace {

constexpr std::uint64_t kMinPart = 5u << 20;

struct Completion {
  CompleteMultipartUploadRequest request;
  Upload upload;
  Content content;
  ObjectRow row;
  std::vector<int> kept;
};

Error invalid_part(const Completion& c, const CompletedPart& part) {
  return Error{kInvalidPart,
               "One or more of the specified parts could not be found.  The part may not have been uploaded, or the "
               "specified entity "
               "tag may not match the part's entity tag.",
               {{"UploadId", c.request.upload_id},
                {"PartNumber", std::to_string(part.part_number)},
                {"ETag", std::string(unquoted(part.e_tag))}}};
}

Result<void> check_part(const Completion& c, const CompletedPart& asked, const PartRow& row) {
  if (unquoted(asked.e_tag) != row.etag) return invalid_part(c, asked);
  if (!c.upload.algorithm) return {};
  const auto given = checksum_in(asked.checksums, *c.upload.algorithm);
  if (!given && c.upload.type == ChecksumType::composite)
    return Error{
        kInvalidRequest,
        "The upload was created using a " + std::string(lower_name_of(*c.upload.algorithm)) +
            " checksum. The complete request must include the checksum for each part. It was missing for part " +
            std::to_string(asked.part_number) + " in the request."};
  if (given && *given != row.checksum) return invalid_part(c, asked);
  return {};
}

// Takes the listed parts over into content and row. `rows` are ordered by number.
Result<void> assemble(Completion& c, std::vector<PartRow>& rows) {
  const auto& asked = c.request.upload->parts;
  for (std::size_t i = 1; i < asked.size(); ++i)
    if (asked[i].part_number <= asked[i - 1].part_number)
      return Error{kInvalidPartOrder,
                   "The list of parts was not in ascending order. Parts must be ordered by part number.",
                   {{"UploadId", c.request.upload_id}}};
  std::string digests;
  std::optional<Error> too_small;  // told only when every part is there
  for (std::size_t i = 0; i < asked.size(); ++i) {
    const auto row = std::lower_bound(rows.begin(), rows.end(), asked[i].part_number,
                                      [](const PartRow& r, int number) { return r.number < number; });
    if (row == rows.end() || row->number != asked[i].part_number) return invalid_part(c, asked[i]);
    CUMULET_CHECK(check_part(c, asked[i], *row));
    if (i + 1 < asked.size() && row->size < kMinPart && !too_small)
      too_small.emplace(kEntityTooSmall, "Your proposed upload is smaller than the minimum allowed size",
                        std::vector<std::pair<std::string, std::string>>{{"ETag", row->etag},
                                                                         {"MinSizeAllowed", std::to_string(kMinPart)},
                                                                         {"PartNumber", std::to_string(row->number)},
                                                                         {"ProposedSize", std::to_string(row->size)}});
    digests += hex_decode(row->etag).value_or("");
    c.row.size += row->size;
    c.content.parts.push_back({row->number, row->size, row->checksum});
    c.content.extents.insert(c.content.extents.end(), std::make_move_iterator(row->extents.begin()),
                             std::make_move_iterator(row->extents.end()));
    c.kept.push_back(row->number);
  }
  if (too_small) return std::move(*too_small);
  c.row.etag = hex_encode(md5(digests)) + '-' + std::to_string(asked.size());
  return {};
}

// Nothing when a part has none (its client sent another kind and the upload named no algorithm).
std::optional<Checksum> object_checksum(const Completion& c) {
  Checksum out;
  out.algorithm = c.upload.algorithm.value_or(Algorithm::crc64nvme);
  out.type = c.upload.algorithm ? c.upload.type : ChecksumType::full_object;
  std::string value;
  for (std::size_t i = 0; i < c.content.parts.size(); ++i) {
    const StoredPart& p = c.content.parts[i];
    const auto raw = base64_decode(p.checksum);
    if (!raw || raw->empty()) return std::nullopt;
    if (out.type == ChecksumType::composite)
      value += *raw;
    else
      value = i == 0 ? *raw : combine_crc(out.algorithm, value, *raw, p.size);
  }
  if (out.type == ChecksumType::composite)
    out.value = base64_encode(digest(out.algorithm, value)) + '-' + std::to_string(c.content.parts.size());
  else
    out.value = base64_encode(value);
  return out;
}

Result<void> check_object(const Completion& c) {
  const auto& r = c.request;
  if (r.object_size && static_cast<std::uint64_t>(*r.object_size) != c.row.size)
    return Error{kInvalidRequest, "The provided 'x-amz-mp-object-size' header value " + std::to_string(*r.object_size) +
                                      " does not match what was computed: " + std::to_string(c.row.size)};
  const auto& checksum = c.content.attributes.checksum;
  for (const Algorithm a : kAlgorithms) {
    const auto given = checksum_in(r.checksums, a);
    if (!given) continue;
    if (!checksum || checksum->algorithm != a)
      return Error{kInvalidRequest, "Checksum Type mismatch occurred, expected checksum Type: " +
                                        std::string(c.upload.algorithm ? lower_name_of(*c.upload.algorithm) : "null") +
                                        ", actual checksum Type: " + std::string(lower_name_of(a))};
    if (*given != checksum->value && *given != checksum->value.substr(0, checksum->value.find('-')))
      return Error{kBadDigest,
                   "The " + std::string(lower_name_of(a)) + " you specified did not match the calculated checksum."};
  }
  if (r.checksum_type && c.upload.algorithm && *r.checksum_type != name_of(c.upload.type))
    return Error{kInvalidRequest, "The upload was created using the " + std::string(name_of(c.upload.type)) +
                                      " checksum mode. The complete request must use the same checksum mode."};
  return {};
}

// The request's conditions on what it is written over, as it was since the upload began.
Result<void> check_over(const Completion& c, const std::optional<ObjectRow>& there) {
  const auto& r = c.request;
  CUMULET_CHECK(check_write(r.if_match, r.if_none_match, there ? std::optional(there->etag) : std::nullopt, r.key));
  if (r.if_match && there->modified > c.upload.initiated) return conditional_conflict("If-Match", r.key);
  if (r.if_none_match && c.upload.key_removed) return conditional_conflict("If-None-Match", r.key);
  return {};
}

// The ETag that the request's own list stands for, for a completion asked for again.
std::string etag_of(const CompletedMultipartUpload& upload) {
  std::string digests;
  for (const CompletedPart& p : upload.parts) digests += hex_decode(unquoted(p.e_tag)).value_or("");
  return hex_encode(md5(digests)) + '-' + std::to_string(upload.parts.size());
}

}  // namespace

awaitable<Result<CompleteMultipartUploadOutput>> S3::complete_multipart_upload(const Context& context,
                                                                               CompleteMultipartUploadRequest request) {
  CUMULET_CO_TRY(const BucketPtr found, bucket_for(context, request.bucket, request.key));
  if (!request.upload) co_return Error{kInvalidRequest, "You must specify at least one part"};
  if (request.upload->parts.empty() || request.upload->parts.size() > 10'000) co_return malformed_xml();
  CUMULET_CO_CHECK(check_write_headers(request.if_match, request.if_none_match));
  auto c = std::make_shared<Completion>();
  c->request = std::move(request);
  std::function<Result<void>(Transaction&)> job = [this, found, c,
                                                   source = EventSource::of(context)](Transaction& tx) -> Result<void> {
    *c = Completion{std::move(c->request), {}, {}, {}, {}};
    const std::string& id = c->request.upload_id;
    auto upload = store_.upload(tx, *found, c->request.key, id);
    if (!upload) {
      const auto etag = store_.completed_etag(tx, *found, id, c->request.key);
      const auto there = store_.find(tx, *found, c->request.key);
      if (!etag || !there || there->etag != *etag || etag_of(*c->request.upload) != *etag) return no_such_upload(id);
      auto object = store_.load(tx, *found, c->request.key);
      c->row = std::move(object->row);
      c->content = std::move(object->content);
      return {};
    }
    c->upload = std::move(*upload);
    c->content.attributes = c->upload.attributes;
    auto rows = store_.parts(tx, id);
    CUMULET_CHECK(assemble(*c, rows));
    c->content.attributes.checksum = object_checksum(*c);
    CUMULET_CHECK(check_object(*c));
    const auto there = store_.find(tx, *found, c->request.key);
    CUMULET_CHECK(check_over(*c, there));
    c->row.key = c->request.key;
    c->row.modified = with_.clock.now();
    CUMULET_CHECK(store_.put(tx, *found, c->row, c->content, Blobs::moved));
    store_.end_upload(tx, id, c->kept);
    store_.note_completed(tx, *found, id, c->row.key, c->row.etag, c->row.modified);
    notifier_.append(
        tx, *found, source,
        {"ObjectCreated:CompleteMultipartUpload", c->row.key, c->row.etag, c->row.size, with_.clock.now()});
    return {};
  };
  Result<void> done = co_await write(std::move(job));
  if (!done.ok()) co_return std::move(done).error();
  const Attributes& stored = c->content.attributes;
  CompleteMultipartUploadOutput out;
  out.location = context.endpoint + '/' + found->name + '/' + percent_encode(c->row.key, "/");
  out.bucket = found->name;
  out.key = c->row.key;
  out.e_tag = quoted_etag(c->row.etag);
  if (stored.checksum) {
    out.checksums = to_fields(*stored.checksum);
    out.checksum_type = name_of(stored.checksum->type);
  }
  out.server_side_encryption = stored.server_side_encryption.value_or("AES256");
  out.sse_kms_key_id = stored.sse_kms_key_id;
  co_return out;
}

}  // namespace cumulet::s3
