#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "aws/wire/operation.hpp"
#include "base/ids.hpp"
#include "events/observers.hpp"
#include "events/outbox.hpp"
#include "services/s3/documents.hpp"
#include "services/s3/intake.hpp"
#include "services/s3/model.hpp"
#include "services/s3/notifications.hpp"
#include "services/s3/preconditions.hpp"
#include "services/s3/store.hpp"

// Amazon S3: buckets, objects, multipart uploads, listings, event notifications. Unversioned buckets.
// https://docs.aws.amazon.com/AmazonS3/latest/API/Welcome.html
namespace cumulet::s3 {

struct Dependencies {
  storage::Database& database;
  storage::BlobStore& blobs;
  events::Outbox& outbox;
  NotificationTargets& targets;
  const Clock& clock;
  Random& random;
  boost::asio::any_io_executor workers;  // blocking work: hashing and files
  events::Observers observers = {};
};

// What is stored, opened for reading: stays readable whatever happens to the object.
struct OpenedObject {
  std::vector<http::Piece> pieces;  // in order
  std::uint64_t size = 0;
  std::string etag;  // without quotes
  // Of this very write: another after each PutObject, CopyObject or CompleteMultipartUpload of the key, also of the
  // same bytes (and so the same ETag); the same after a restart and when only tags changed. Opaque, 64 characters.
  std::string identity;
  std::string content_type;
  TimePoint last_modified;
};

// What a PutObject, UploadPart says about its body's checksum.
struct ChecksumPlan {
  Algorithm algorithm = Algorithm::crc64nvme;  // computed; the one AWS adds when the client named none
  bool named = false;                          // by the client
  bool in_trailer = false;
  std::string expected;  // base64; empty when in the trailer or not named
};

class S3 {
 public:
  explicit S3(Dependencies dependencies);
  // At start: tables, buckets, sweep of orphaned blobs.
  Result<void> load() { return store_.load(); }

  // Read ports for other services, bound in src/server. Blocking. Errors: NoSuchBucket, NoSuchKey.
  Result<OpenedObject> open_object(std::string_view bucket, std::string_view key);
  // Error EntityTooLarge when it has more than `max_bytes`.
  Result<std::string> read_object(std::string_view bucket, std::string_view key, std::uint64_t max_bytes);

  // What a bucket's CORS configuration says to a page of `origin` (empty: none was named) that sends this request, or
  // with OPTIONS asks whether it may: the headers of the answer. `raw_path`: "/BUCKET/KEY". Errors: AccessForbidden,
  // BadRequest. Does not block.
  Result<http::Headers> page_rules(const http::RequestHead& head, std::string_view raw_path,
                                   std::string_view origin) const;

  using Context = wire::CallContext;
  template <class T>
  using Coroutine = awaitable<Result<T>>;

  // Buckets (service_buckets.cpp)
  Coroutine<CreateBucketOutput> create_bucket(const Context&, CreateBucketRequest);
  Coroutine<wire::Empty> delete_bucket(const Context&, BucketRequest);
  Result<HeadBucketOutput> head_bucket(const Context&, const BucketRequest&);
  Result<ListBucketsOutput> list_buckets(const Context&, const ListBucketsRequest&);
  Result<XmlOutput> get_bucket_location(const Context&, const BucketRequest&);
  Result<XmlOutput> get_bucket_versioning(const Context&, const BucketRequest&);
  Coroutine<wire::Empty> put_bucket_versioning(const Context&, PutVersioningRequest);
  Coroutine<wire::Empty> put_notifications(const Context&, NotificationRequest);
  Result<NotificationConfiguration> get_notifications(const Context&, const BucketRequest&);

  // Configurations that are kept and given back, and access control lists (service_documents.cpp)
  template <const DocumentKind& Kind>
  Result<XmlOutput> get_document(const Context&, const BucketRequest&);
  template <const DocumentKind& Kind>
  Coroutine<wire::Empty> put_document(const Context&, PutDocumentRequest);
  template <const DocumentKind& Kind>
  Coroutine<wire::Empty> delete_document(const Context&, BucketRequest);
  Result<XmlOutput> get_policy_status(const Context&, const BucketRequest&);
  Result<XmlOutput> get_bucket_acl(const Context&, const BucketRequest&);
  Result<XmlOutput> get_object_acl(const Context&, const ObjectRequest&);
  Result<wire::Empty> put_acl(const Context&, const PutAclRequest&);
  Result<TagSet> get_bucket_tagging(const Context&, const BucketRequest&);
  Coroutine<wire::Empty> put_bucket_tagging(const Context&, PutTaggingRequest);
  Coroutine<wire::Empty> delete_bucket_tagging(const Context&, BucketRequest);

  // Objects (service_get.cpp, service_put.cpp, service_delete.cpp, service_copy.cpp)
  Result<GetObjectOutput> get_object(const Context&, const GetObjectRequest&);
  Result<GetObjectOutput> head_object(const Context&, const GetObjectRequest&);
  Result<GetObjectAttributesOutput> get_object_attributes(const Context&, const GetObjectAttributesRequest&);
  Coroutine<WriteOutput> put_object(const Context&, PutObjectRequest);
  Coroutine<wire::Empty> delete_object(const Context&, DeleteObjectRequest);
  Coroutine<DeleteObjectsOutput> delete_objects(const Context&, DeleteObjectsRequest);
  Coroutine<CopyObjectOutput> copy_object(const Context&, CopyObjectRequest);
  Result<TagSet> get_object_tagging(const Context&, const ObjectRequest&);
  Coroutine<wire::Empty> put_object_tagging(const Context&, PutTaggingRequest);
  Coroutine<wire::Empty> delete_object_tagging(const Context&, ObjectRequest);

  // Listings (service_list.cpp)
  Result<ListObjectsOutput> list_objects(const Context&, const ListObjectsRequest&);
  Result<ListObjectsV2Output> list_objects_v2(const Context&, const ListObjectsRequestV2&);
  Result<ListObjectVersionsOutput> list_object_versions(const Context&, const ListVersionsRequest&);

  // Multipart uploads (service_multipart.cpp, service_complete.cpp, service_copy.cpp)
  Coroutine<CreateMultipartUploadOutput> create_multipart_upload(const Context&, CreateMultipartUploadRequest);
  Coroutine<WriteOutput> upload_part(const Context&, UploadPartRequest);
  Coroutine<UploadPartCopyOutput> upload_part_copy(const Context&, UploadPartCopyRequest);
  Coroutine<CompleteMultipartUploadOutput> complete_multipart_upload(const Context&, CompleteMultipartUploadRequest);
  Coroutine<wire::Empty> abort_multipart_upload(const Context&, UploadRequest);
  Result<ListPartsOutput> list_parts(const Context&, const ListPartsRequest&);
  Result<ListMultipartUploadsOutput> list_multipart_uploads(const Context&, const ListMultipartUploadsRequest&);

 private:
  // The bucket, when it exists and x-amz-expected-bucket-owner does not say otherwise.
  Result<BucketPtr> bucket(const Context& context, std::string_view name) const;
  // Bucket and key of a request; the key checked.
  Result<BucketPtr> bucket_for(const Context& context, std::string_view name, std::string_view key) const;
  Result<Upload> upload_of(const Bucket& bucket, std::string_view key, std::string_view id);  // blocking
  Coroutine<Upload> find_upload(BucketPtr bucket, std::string key, std::string id);
  Result<Object> load_object(const Bucket& bucket, std::string_view key);
  bool has_document(const Bucket& bucket, std::string_view kind);  // blocking
  // The bytes [first, first + length) of an object as pieces.
  Result<std::vector<http::Piece>> open_range(const Content& content, std::uint64_t first, std::uint64_t length);
  // Loads an object and opens bytes of it; loads again when it was replaced between the two.
  struct Opened {
    Object object;
    std::vector<http::Piece> pieces;
  };
  using Span = std::pair<std::uint64_t, std::uint64_t>;  // first, length
  Result<Opened> open(const Bucket& bucket, std::string_view key,
                      const std::function<Result<Span>(const Object&)>& choose);
  Result<GetObjectOutput> read(const Context& context, const GetObjectRequest& request, bool with_body);
  awaitable<Result<void>> write(std::function<Result<void>(Transaction&)> job,
                                storage::Room room = storage::Room::ordinary);
  awaitable<Result<void>> update_object_tags(const Context& context, std::string bucket, std::string key,
                                             std::optional<std::string> tags, std::string_view event);
  struct Source;  // of a copy
  Result<std::shared_ptr<Source>> open_source(const Context& context, std::string_view copy_source,
                                              const CopyConditions& conditions,
                                              const std::optional<std::string>& range);

  Dependencies with_;
  Store store_;
  Notifier notifier_;
};

// Shared by the service's files.
Owner owner();
std::string quoted_etag(std::string_view etag);
std::string_view unquoted(std::string_view etag);
// Whether the header names another account than the one here. Error: InvalidBucketOwnerAWSAccountID.
Result<bool> expects_other_owner(const wire::CallContext& context, std::string_view header);
// Refuses what a write's headers ask for and nothing here does: to pass over it would keep less than was promised.
// Errors: NotImplemented, InvalidRequest.
Result<void> check_promises(const wire::CallContext& context);
Result<void> check_version_id(const std::optional<std::string>& version_id);
// Attributes from the request's headers. Errors: InvalidStorageClass, MetadataTooLarge, InvalidTag, NotImplemented ...
Result<Attributes> attributes_from(const WriteHeaders& headers);
ChecksumFields to_fields(const Checksum& checksum);
void set_checksum(ChecksumFields& fields, Algorithm algorithm, std::string value);
std::optional<std::string> checksum_in(const ChecksumFields& fields, Algorithm algorithm);
// Base64 of a digest of that algorithm, in its one right spelling.
bool is_checksum(std::string_view base64, Algorithm algorithm);
Error invalid_checksum_value(Algorithm algorithm);
// Errors: InvalidRequest for several, unknown, or announced but missing checksums.
Result<ChecksumPlan> checksum_plan(const ChecksumFields& fields, const std::optional<std::string>& sdk_algorithm,
                                   const std::optional<std::string>& trailer);
// After the body was read. Errors: BadDigest, InvalidRequest.
Result<void> verify_checksum(const ChecksumPlan& plan, const http::Headers* trailers, std::string_view computed);
// Raw MD5 of the header. Error: InvalidDigest.
Result<std::optional<std::string>> expected_md5(const std::optional<std::string>& header);
Result<void> verify_md5(const std::optional<std::string>& expected, std::string_view computed);
Result<void> check_length(const wire::CallContext& context, const wire::InputStream& body);
// "a=b&c=d" as in x-amz-tagging. Errors: InvalidTag, InvalidArgument.
Result<std::vector<Tag>> parse_tags(std::string_view text);
Result<void> check_tags(const std::vector<Tag>& tags, std::size_t max);
std::string tags_text(const std::vector<Tag>& tags);

wire::ServiceDescriptor describe(S3& s3);

}  // namespace cumulet::s3
