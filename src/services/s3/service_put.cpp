#include "base/encoding.hpp"
#include "services/s3/errors.hpp"
#include "services/s3/service.hpp"

// Writing objects and their tags.
namespace cumulet::s3 {
namespace {

// All that the job needs; shared, because jobs are copyable.
struct NewObject {
  ObjectRow row;
  Content content;
  std::optional<std::string> if_match, if_none_match;
};

}  // namespace

awaitable<Result<WriteOutput>> S3::put_object(const Context& context, PutObjectRequest request) {
  CUMULET_CO_TRY(const BucketPtr found, bucket_for(context, request.bucket, request.key));
  CUMULET_CO_CHECK(check_promises(context));
  CUMULET_CO_TRY(Attributes attributes, attributes_from(request));
  CUMULET_CO_CHECK(check_length(context, request.body));
  CUMULET_CO_TRY(const ChecksumPlan plan,
                 checksum_plan(request.checksums, request.sdk_checksum_algorithm, request.trailer));
  CUMULET_CO_TRY(const auto md5, expected_md5(request.content_md5));
  CUMULET_CO_CHECK(check_write_headers(request.if_match, request.if_none_match));

  Intake intake(with_.blobs, with_.workers, plan.algorithm, Intake::Keep::inline_when_small);
  Result<void> taken = co_await intake.read(request.body.stream.get());
  if (!taken.ok()) co_return std::move(taken).error();
  CUMULET_CO_CHECK(verify_md5(md5, intake.md5()));
  CUMULET_CO_CHECK(verify_checksum(plan, context.trailers.get(), intake.checksum()));
  Result<std::vector<Extent>> extents = co_await intake.publish();
  if (!extents.ok()) co_return std::move(extents).error();

  auto object = std::make_shared<NewObject>();
  attributes.checksum = Checksum{plan.algorithm, ChecksumType::full_object, base64_encode(intake.checksum())};
  object->content.attributes = std::move(attributes);
  object->content.bytes = intake.take_bytes();
  object->content.extents = std::move(*extents);
  object->row.key = std::move(request.key);
  object->row.etag = hex_encode(intake.md5());
  object->row.size = intake.size();
  object->if_match = std::move(request.if_match);
  object->if_none_match = std::move(request.if_none_match);
  std::function<Result<void>(Transaction&)> job = [this, object, found,
                                                   source = EventSource::of(context)](Transaction& tx) -> Result<void> {
    CUMULET_CHECK(store_.check_bucket(tx, *found));
    if (object->if_match || object->if_none_match) {
      const auto there = store_.find(tx, *found, object->row.key);
      const auto etag = there ? std::optional(there->etag) : std::nullopt;
      CUMULET_CHECK(check_write(object->if_match, object->if_none_match, etag, object->row.key));
    }
    object->row.modified = with_.clock.now();
    CUMULET_CHECK(store_.put(tx, *found, object->row, object->content, Blobs::created));
    notifier_.append(tx, *found, source,
                     {"ObjectCreated:Put", object->row.key, object->row.etag, object->row.size, with_.clock.now()});
    return {};
  };
  intake.hand_over();
  Result<void> done = co_await write(std::move(job));
  if (!done.ok()) {
    intake.discard();
    co_return std::move(done).error();
  }
  const Attributes& stored = object->content.attributes;
  WriteOutput out;
  out.e_tag = quoted_etag(object->row.etag);
  out.checksums = to_fields(*stored.checksum);
  out.checksum_type = name_of(ChecksumType::full_object);
  out.server_side_encryption = stored.server_side_encryption.value_or("AES256");
  out.sse_kms_key_id = stored.sse_kms_key_id;
  co_return out;
}

awaitable<Result<void>> S3::update_object_tags(const Context& context, std::string bucket_name, std::string key,
                                               std::optional<std::string> tags, std::string_view event) {
  CUMULET_CO_TRY(const BucketPtr found, bucket_for(context, bucket_name, key));
  std::function<Result<void>(Transaction&)> job = [this, found, key, tags, event,
                                                   source = EventSource::of(context)](Transaction& tx) -> Result<void> {
    auto object = store_.load(tx, *found, key);
    if (!object) return no_such_key(key);
    object->content.attributes.tagging = tags && !tags->empty() ? tags : std::nullopt;
    store_.set_attributes(tx, *object);
    notifier_.append(tx, *found, source, {event, key, object->row.etag, object->row.size, with_.clock.now()});
    return {};
  };
  Result<void> done = co_await write(std::move(job));
  co_return done;
}

awaitable<Result<wire::Empty>> S3::put_object_tagging(const Context& context, PutTaggingRequest request) {
  CUMULET_CO_CHECK(check_version_id(request.version_id));
  if (!request.tagging) co_return malformed_xml();
  CUMULET_CO_CHECK(check_tags(request.tagging->tags, 10));
  std::optional<std::string> tags = tags_text(request.tagging->tags);
  Result<void> done = co_await update_object_tags(context, std::move(request.bucket), std::move(request.key),
                                                  std::move(tags), "ObjectTagging:Put");
  if (!done.ok()) co_return std::move(done).error();
  co_return wire::Empty{};
}

awaitable<Result<wire::Empty>> S3::delete_object_tagging(const Context& context, ObjectRequest request) {
  CUMULET_CO_CHECK(check_version_id(request.version_id));
  std::optional<std::string> none;
  Result<void> done = co_await update_object_tags(context, std::move(request.bucket), std::move(request.key),
                                                  std::move(none), "ObjectTagging:Delete");
  if (!done.ok()) co_return std::move(done).error();
  co_return wire::Empty{};
}

Result<TagSet> S3::get_object_tagging(const Context& context, const ObjectRequest& request) {
  CUMULET_TRY(const BucketPtr found, bucket_for(context, request.bucket, request.key));
  CUMULET_CHECK(check_version_id(request.version_id));
  auto loaded = load_object(*found, request.key);
  // S3 puts the bucket in front here, and nowhere else.
  if (!loaded.ok() && loaded.error().is(kNoSuchKey)) return no_such_key(request.bucket + '/' + request.key);
  CUMULET_TRY(const Object object, std::move(loaded));
  TagSet set;
  if (object.content.attributes.tagging) {
    CUMULET_TRY(set.tags, parse_tags(*object.content.attributes.tagging));
  }
  return set;
}

}  // namespace cumulet::s3
