#include <algorithm>

#include "base/encoding.hpp"
#include "services/s3/errors.hpp"
#include "services/s3/service.hpp"

// CompleteMultipartUpload: the parts' extents become the object's; no byte is copied.
namespace cumulet::s3 {
namespace {

constexpr std::uint64_t kMinPart = 5u << 20;
constexpr std::size_t kMostParts = 10'000;

struct Completion {
  CompleteMultipartUploadRequest request;
  Upload upload;
  Content content;
  ObjectRow row;
  std::vector<int> kept;
};

Error bad_digest(Algorithm a) {
  return Error{kBadDigest,
               "The " + std::string(lower_name_of(a)) + " you specified did not match the calculated checksum."};
}

Error invalid_part(const Completion& c, const CompletedPart& part) {
  return Error{kInvalidPart,
               "One or more of the specified parts could not be found.  The part may not have been uploaded, or the "
               "specified entity "
               "tag may not match the part's entity tag.",
               {{"UploadId", c.request.upload_id},
                {"PartNumber", std::to_string(part.part_number)},
                {"ETag", std::string(unquoted(part.e_tag))}}};
}

// "CRC32:y/Q5Jg==;": the checksums of a part as S3 tells them when they are no good.
std::string told(const ChecksumFields& checksums) {
  std::string out;
  for (const Algorithm a : kAlgorithms)
    if (const auto value = checksum_in(checksums, a)) out += std::string(name_of(a)) + ':' + *value + ';';
  return out;
}

// Whether what a part's checksums say can be one of its algorithm.
Result<void> check_form(const std::vector<CompletedPart>& parts) {
  for (const CompletedPart& part : parts) {
    int count = 0;
    bool is_good = true;
    for (const Algorithm a : kAlgorithms) {
      const auto value = checksum_in(part.checksums, a);
      if (!value) continue;
      ++count;
      is_good = is_good && is_checksum(*value, a);
    }
    if (count > 1 || !is_good)
      return invalid_argument("Invalid Base64 or multiple checksums present in request", "Checksum",
                              told(part.checksums));
  }
  return {};
}

// An upload without a named algorithm knows its parts by their ETags alone, and by the CRC64NVME that UploadPart told.
Result<void> check_part(const Completion& c, const CompletedPart& asked, const PartRow& row) {
  if (unquoted(asked.e_tag) != row.etag) return invalid_part(c, asked);
  if (!c.upload.algorithm) {
    const auto own = asked.checksums.crc64nvme;
    if (own ? *own != row.checksum : !told(asked.checksums).empty()) return invalid_part(c, asked);
    return {};
  }
  const auto given = checksum_in(asked.checksums, *c.upload.algorithm);
  const bool must_be_there = c.upload.type == ChecksumType::composite;
  if (!given && must_be_there)
    for (const Algorithm a : kAlgorithms)
      if (checksum_in(asked.checksums, a))
        return Error{kBadDigest, "The " + std::string(lower_name_of(a)) + " you specified for part " +
                                     std::to_string(asked.part_number) + " did not match what we received."};
  if (!given && must_be_there)
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

// Nothing when a part has none (an older engine kept none of parts whose client sent another kind).
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

// What the request says of the whole object; what can be said before its parts were looked at.
Result<void> check_claim(const Completion& c) {
  const auto& r = c.request;
  if (r.checksum_type && (!c.upload.algorithm || *r.checksum_type != name_of(c.upload.type)))
    return Error{kInvalidRequest,
                 "The upload was created using the " +
                     std::string(c.upload.algorithm ? name_of(c.upload.type) : std::string_view("null")) +
                     " checksum mode. The complete request must use the same checksum mode."};
  int count = 0;
  for (const Algorithm a : kAlgorithms) {
    const auto given = checksum_in(r.checksums, a);
    if (!given) continue;
    if (++count > 1)
      return Error{kInvalidRequest,
                   "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed."};
    const auto dash = given->find('-');
    const bool has_count = dash != given->npos && dash + 1 < given->size() && a != Algorithm::crc64nvme &&
                           given->find_first_not_of("0123456789", dash + 1) == given->npos;
    if (!is_checksum(has_count ? given->substr(0, dash) : *given, a)) return invalid_checksum_value(a);
    // The whole is the digest of what the request itself says of the parts.
    if (c.upload.algorithm != a || c.upload.type != ChecksumType::composite) continue;
    std::string digests;
    for (const CompletedPart& part : r.upload->parts) {
      const auto sum = checksum_in(part.checksums, a);
      if (!sum) return {};
      digests += base64_decode(*sum).value_or("");
    }
    const std::string whole = base64_encode(digest(a, digests));
    if (*given != whole && *given != whole + '-' + std::to_string(r.upload->parts.size())) return bad_digest(a);
  }
  return {};
}

Result<void> check_object(const Completion& c) {
  const auto& r = c.request;
  if (r.object_size && static_cast<std::uint64_t>(*r.object_size) != c.row.size)
    return Error{kInvalidRequest, "The provided 'x-amz-mp-object-size' header value " + std::to_string(*r.object_size) +
                                      " does not match what was computed: " + std::to_string(c.row.size)};
  const auto& checksum = c.content.attributes.checksum;
  for (const Algorithm a : kAlgorithms) {
    const auto given = checksum_in(r.checksums, a);
    // Where the upload named none, S3 passes over the client's sum and keeps its own.
    if (!given || !checksum || !c.upload.algorithm) continue;
    if (checksum->algorithm != a)
      return Error{kInvalidRequest, "Checksum Type mismatch occurred, expected checksum Type: " +
                                        std::string(lower_name_of(*c.upload.algorithm)) +
                                        ", actual checksum Type: " + std::string(lower_name_of(a))};
    if (*given != checksum->value && *given != checksum->value.substr(0, checksum->value.find('-')))
      return bad_digest(a);
  }
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
  CUMULET_CO_CHECK(check_promises(context));
  CUMULET_CO_CHECK(check_write_headers(request.if_match, request.if_none_match));
  auto c = std::make_shared<Completion>();
  c->request = std::move(request);
  std::function<Result<void>(Transaction&)> job = [this, found, c,
                                                   source = EventSource::of(context)](Transaction& tx) -> Result<void> {
    *c = Completion{std::move(c->request), {}, {}, {}, {}};
    const std::string& id = c->request.upload_id;
    auto upload = store_.upload(tx, *found, c->request.key, id);
    if (!upload) {
      if (!c->request.upload) return no_such_upload(id);
      const auto etag = store_.completed_etag(tx, *found, id, c->request.key);
      const auto there = store_.find(tx, *found, c->request.key);
      if (!etag || !there || there->etag != *etag || etag_of(*c->request.upload) != *etag) return no_such_upload(id);
      auto object = store_.load(tx, *found, c->request.key);
      c->row = std::move(object->row);
      c->content = std::move(object->content);
      return {};
    }
    if (!c->request.upload) return Error{kInvalidRequest, "You must specify at least one part"};
    const auto& asked = c->request.upload->parts;
    if (asked.empty() || asked.size() > kMostParts) return malformed_xml();
    c->upload = std::move(*upload);
    CUMULET_CHECK(check_form(asked));
    CUMULET_CHECK(check_claim(*c));
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
