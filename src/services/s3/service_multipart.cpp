#include <cstdio>

#include "base/awaitable.hpp"
#include "base/encoding.hpp"
#include "services/s3/errors.hpp"
#include "services/s3/service.hpp"

// Multipart uploads: begin, parts, abort, list of parts. Completion is in service_complete.cpp.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
namespace cumulet::s3 {
namespace {

constexpr int kMaxParts = 10'000;

// Ordered by time, so that listings by id are listings by age; unguessable.
std::string new_upload_id(TimePoint now, Random& random) {
  char time[16];
  std::snprintf(time, sizeof time, "%012llx", static_cast<unsigned long long>(to_millis(now)));
  return time + random_hex(52, random);
}

struct ChecksumChoice {
  std::optional<Algorithm> algorithm;
  ChecksumType type = ChecksumType::full_object;
};

Result<ChecksumChoice> choose_checksum(const CreateMultipartUploadRequest& request) {
  ChecksumChoice choice;
  if (request.checksum_type && !request.checksum_algorithm)
    return Error{kInvalidRequest,
                 "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header."};
  if (!request.checksum_algorithm) return choice;
  choice.algorithm = algorithm_named(*request.checksum_algorithm);
  if (!choice.algorithm)
    return Error{kInvalidRequest,
                 "Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, "
                 "CRC32C, CRC64NVME, "
                 "SHA1, SHA256]"};
  choice.type = *choice.algorithm == Algorithm::crc64nvme ? ChecksumType::full_object : ChecksumType::composite;
  if (!request.checksum_type) return choice;
  const bool composite = *request.checksum_type == "COMPOSITE";
  if (!composite && *request.checksum_type != "FULL_OBJECT")
    return Error{kInvalidRequest, "Value for x-amz-checksum-type header is invalid."};
  if (composite ? *choice.algorithm == Algorithm::crc64nvme : !is_crc(*choice.algorithm))
    return Error{kInvalidRequest, "The " + *request.checksum_type + " checksum type cannot be used with the " +
                                      std::string(lower_name_of(*choice.algorithm)) + " checksum algorithm."};
  choice.type = composite ? ChecksumType::composite : ChecksumType::full_object;
  return choice;
}

Result<void> check_part_number(const std::optional<int>& number) {
  if (number && *number >= 1 && *number <= kMaxParts) return {};
  return invalid_argument("Part number must be an integer between 1 and 10000, inclusive", "partNumber",
                          number ? std::to_string(*number) : std::string());
}

}  // namespace

Result<Upload> S3::upload_of(const Bucket& bucket, std::string_view key, std::string_view id) {
  return with_.database.read_value<Upload>([&](Connection& c) -> Result<Upload> {
    auto found = store_.upload(c, bucket, key, id);
    if (!found) return no_such_upload(id);
    return std::move(*found);
  });
}

awaitable<Result<Upload>> S3::find_upload(BucketPtr bucket, std::string key, std::string id) {
  auto found = std::make_shared<std::optional<Upload>>();
  std::function<Result<void>()> look = [this, bucket, key, id, found]() -> Result<void> {
    CUMULET_TRY(Upload upload, upload_of(*bucket, key, id));
    found->emplace(std::move(upload));
    return {};
  };
  Result<void> looked = co_await run_on(with_.workers, std::move(look));
  if (!looked.ok()) co_return std::move(looked).error();
  co_return std::move(**found);
}

awaitable<Result<CreateMultipartUploadOutput>> S3::create_multipart_upload(const Context& context,
                                                                           CreateMultipartUploadRequest request) {
  CUMULET_CO_TRY(const BucketPtr found, bucket_for(context, request.bucket, request.key));
  CUMULET_CO_CHECK(check_promises(context));
  CUMULET_CO_TRY(Attributes attributes, attributes_from(request));
  CUMULET_CO_TRY(const ChecksumChoice choice, choose_checksum(request));
  auto upload = std::make_shared<Upload>();
  upload->initiated = with_.clock.now();
  upload->id = new_upload_id(upload->initiated, with_.random);
  upload->key = request.key;
  upload->attributes = std::move(attributes);
  upload->algorithm = choice.algorithm;
  upload->type = choice.type;
  std::function<Result<void>(Transaction&)> job = [this, found, upload](Transaction& tx) -> Result<void> {
    CUMULET_CHECK(store_.check_bucket(tx, *found));
    store_.create_upload(tx, *found, *upload);
    return {};
  };
  Result<void> done = co_await write(std::move(job));
  if (!done.ok()) co_return std::move(done).error();
  CreateMultipartUploadOutput out;
  out.bucket = found->name;
  out.key = std::move(request.key);
  out.upload_id = upload->id;
  out.server_side_encryption = upload->attributes.server_side_encryption.value_or("AES256");
  out.sse_kms_key_id = upload->attributes.sse_kms_key_id;
  if (choice.algorithm) {
    out.checksum_algorithm = name_of(*choice.algorithm);
    out.checksum_type = name_of(choice.type);
  }
  co_return out;
}

awaitable<Result<WriteOutput>> S3::upload_part(const Context& context, UploadPartRequest request) {
  CUMULET_CO_CHECK(check_part_number(request.part_number));
  CUMULET_CO_TRY(const BucketPtr found, bucket_for(context, request.bucket, request.key));
  CUMULET_CO_CHECK(check_promises(context));
  CUMULET_CO_CHECK(check_length(context, request.body));
  Result<Upload> looked = co_await find_upload(found, request.key, request.upload_id);
  CUMULET_CO_TRY(const Upload upload, std::move(looked));
  CUMULET_CO_TRY(ChecksumPlan plan, checksum_plan(request.checksums, request.sdk_checksum_algorithm, request.trailer));
  CUMULET_CO_TRY(const auto md5, expected_md5(request.content_md5));
  if (upload.algorithm && plan.named && plan.algorithm != *upload.algorithm)
    co_return Error{kInvalidRequest, "Checksum Type mismatch occurred, expected checksum Type: " +
                                         std::string(lower_name_of(*upload.algorithm)) +
                                         ", actual checksum Type: " + std::string(lower_name_of(plan.algorithm))};
  if (upload.algorithm && !plan.named && upload.type == ChecksumType::composite)
    co_return Error{kInvalidRequest, "Checksum Type mismatch occurred, expected checksum Type: " +
                                         std::string(lower_name_of(*upload.algorithm)) +
                                         ", actual checksum Type: null"};
  if (!plan.named && upload.algorithm) plan.algorithm = *upload.algorithm;

  // Where the upload named no algorithm, the object gets a CRC64NVME, whatever the client's own sums are made by.
  const Algorithm stored = upload.algorithm.value_or(Algorithm::crc64nvme);
  Intake intake(with_.blobs, with_.workers, plan.algorithm, Intake::Keep::always_blob, stored);
  Result<void> taken = co_await intake.read(request.body.stream.get());
  if (!taken.ok()) co_return std::move(taken).error();
  CUMULET_CO_CHECK(verify_md5(md5, intake.md5()));
  CUMULET_CO_CHECK(verify_checksum(plan, context.trailers.get(), intake.checksum()));
  Result<std::vector<Extent>> extents = co_await intake.publish();
  if (!extents.ok()) co_return std::move(extents).error();

  auto part = std::make_shared<PartRow>();
  part->number = *request.part_number;
  part->etag = hex_encode(intake.md5());
  part->size = intake.size();
  part->extents = std::move(*extents);
  part->checksum = base64_encode(intake.second_checksum());
  std::function<Result<void>(Transaction&)> job = [this, found, part, key = request.key,
                                                   id = request.upload_id](Transaction& tx) -> Result<void> {
    if (!store_.upload(tx, *found, key, id)) return no_such_upload(id);
    part->modified = with_.clock.now();
    return store_.put_part(tx, id, *part, Blobs::created);
  };
  intake.hand_over();
  Result<void> done = co_await write(std::move(job));
  if (!done.ok()) {
    intake.discard();
    co_return std::move(done).error();
  }
  WriteOutput out;
  out.e_tag = quoted_etag(part->etag);
  set_checksum(out.checksums, plan.algorithm, base64_encode(intake.checksum()));
  out.server_side_encryption = upload.attributes.server_side_encryption.value_or("AES256");
  out.sse_kms_key_id = upload.attributes.sse_kms_key_id;
  co_return out;
}

awaitable<Result<wire::Empty>> S3::abort_multipart_upload(const Context& context, UploadRequest request) {
  CUMULET_CO_TRY(const BucketPtr found, bucket_for(context, request.bucket, request.key));
  constexpr std::string_view kCondition = "x-amz-if-match-initiated-time";  // of directory buckets
  if (context.head && context.head->headers.has(kCondition)) co_return header_not_implemented(kCondition);
  std::function<Result<void>(Transaction&)> job = [this, found, key = request.key,
                                                   id = request.upload_id](Transaction& tx) -> Result<void> {
    if (!store_.upload(tx, *found, key, id)) return no_such_upload(id);
    store_.end_upload(tx, id, {});
    return {};
  };
  Result<void> done = co_await write(std::move(job), storage::Room::reserved);
  if (!done.ok()) co_return std::move(done).error();
  co_return wire::Empty{};
}

Result<ListPartsOutput> S3::list_parts(const Context& context, const ListPartsRequest& request) {
  CUMULET_TRY(const BucketPtr found, bucket_for(context, request.bucket, request.key));
  CUMULET_CHECK(check_promises(context));
  if (request.max_parts && *request.max_parts < 0)
    return invalid_argument("Argument max-parts must be an integer between 0 and 2147483647", "max-parts",
                            std::to_string(*request.max_parts));
  if (request.part_number_marker && *request.part_number_marker < 0)
    return invalid_argument("Argument part-number-marker must be an integer between 0 and 2147483647",
                            "part-number-marker", std::to_string(*request.part_number_marker));
  ListPartsOutput out;
  CUMULET_TRY(const Upload upload, upload_of(*found, request.key, request.upload_id));
  out.max_parts = std::min(request.max_parts.value_or(1000), 1000);
  out.part_number_marker = request.part_number_marker.value_or(0);
  std::vector<PartRow> rows;
  CUMULET_CHECK(with_.database.read([&](Connection& c) -> Result<void> {
    rows = store_.parts(c, upload.id, out.part_number_marker, static_cast<std::size_t>(out.max_parts) + 1);
    return {};
  }));
  if (static_cast<int>(rows.size()) > out.max_parts) {
    rows.pop_back();
    out.is_truncated = true;
  }
  const Algorithm algorithm = upload.algorithm.value_or(Algorithm::crc64nvme);
  for (const PartRow& row : rows) {
    Part part;
    part.part_number = row.number;
    part.last_modified = whole_second(row.modified);
    part.e_tag = quoted_etag(row.etag);
    part.size = static_cast<std::int64_t>(row.size);
    if (upload.algorithm && !row.checksum.empty()) set_checksum(part.checksums, algorithm, row.checksum);
    out.parts.push_back(std::move(part));
  }
  out.next_part_number_marker = rows.empty() ? 0 : rows.back().number;
  out.bucket = found->name;
  out.key = request.key;
  out.upload_id = upload.id;
  out.initiator = out.owner = owner();
  out.storage_class = upload.attributes.storage_class.value_or("STANDARD");
  if (upload.algorithm) {
    out.checksum_algorithm = name_of(*upload.algorithm);
    out.checksum_type = name_of(upload.type);
  }
  return out;
}

}  // namespace cumulet::s3
