#include "base/encoding.hpp"
#include "services/s3/errors.hpp"
#include "services/s3/names.hpp"
#include "services/s3/service.hpp"

// Buckets themselves, and their notifications.
namespace cumulet::s3 {
namespace {

constexpr std::string_view kNamespace = "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"";
constexpr std::string_view kDeclaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

XmlOutput xml(std::string text) {
  XmlOutput out;
  out.text = std::string(kDeclaration) + std::move(text);
  return out;
}

bool looks_like_region(std::string_view text) {  // "eu-west-1", "us-gov-east-1", and the old "EU"
  if (text == "EU") return true;
  if (text.size() < 9 || text.size() > 20) return false;
  int dashes = 0;
  for (const char c : text) {
    if (c == '-')
      ++dashes;
    else if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')))
      return false;
  }
  return dashes >= 2 && text.back() >= '0' && text.back() <= '9';
}

// The region of a new bucket, or why it cannot be made from the region the request was signed for.
Result<std::string> choose_region(const std::string& request_region, const std::optional<std::string>& constraint) {
  const bool global = request_region == "us-east-1" || request_region.empty();
  if (!constraint || constraint->empty()) {
    if (global) return std::string("us-east-1");
    return Error{kIllegalLocationConstraint,
                 "The unspecified location constraint is incompatible for the region specific endpoint this request "
                 "was sent to."};
  }
  if (*constraint == "us-east-1" || !looks_like_region(*constraint)) {
    if (global || !looks_like_region(*constraint))
      return Error{kInvalidLocationConstraint,
                   "The specified location-constraint is not valid",
                   {{"LocationConstraint", *constraint}}};
  }
  if (!global && *constraint != request_region && *constraint != "EU")
    return Error{kIllegalLocationConstraint,
                 "The " + *constraint +
                     " location constraint is incompatible for the region specific endpoint this request was sent to."};
  return *constraint == "EU" ? std::string("eu-west-1") : *constraint;
}

}  // namespace

awaitable<Result<CreateBucketOutput>> S3::create_bucket(const Context& context, CreateBucketRequest request) {
  if (!is_valid_bucket_name(request.bucket))
    co_return Error{kInvalidBucketName, "The specified bucket is not valid.", {{"BucketName", request.bucket}}};
  if (request.object_lock_enabled && *request.object_lock_enabled)
    co_return Error{kNotImplemented, "Object Lock is not implemented by this server"};
  if (context.head)
    if (const auto space = context.head->headers.get("x-amz-bucket-namespace"); space && *space != "global")
      co_return header_not_implemented("x-amz-bucket-namespace");
  WriteHeaders acl;
  acl.acl = request.acl;
  CUMULET_CO_CHECK(attributes_from(acl));
  std::optional<std::string> ownership;
  if (context.head)
    if (const auto given = context.head->headers.get("x-amz-object-ownership")) ownership = std::string(*given);
  if (ownership && !is_object_ownership(*ownership))
    co_return Error{kInvalidArgument,
                    "Invalid x-amz-object-ownership header: " + *ownership,
                    {{"ArgumentName", "x-amz-object-ownership"}}};
  std::optional<std::string> constraint;
  std::string tags;
  if (request.configuration) {
    constraint = request.configuration->location_constraint;
    if (request.configuration->location || request.configuration->bucket)
      co_return Error{kNotImplemented, "Directory buckets are not implemented by this server"};
    CUMULET_CO_CHECK(check_tags(request.configuration->tags, 50));
    tags = tags_text(request.configuration->tags);
  }
  CUMULET_CO_TRY(const std::string region, choose_region(context.region, constraint));
  // In us-east-1 creating what one owns already succeeds, elsewhere it does not.
  const bool again_is_fine = context.region == "us-east-1" && region == "us-east-1";
  std::function<Result<void>(Transaction&)> job = [this, name = request.bucket, region, ownership, tags,
                                                   again_is_fine](Transaction& tx) -> Result<void> {
    if (store_.bucket_exists(tx, name)) {
      if (again_is_fine) return {};
      return Error{kBucketAlreadyOwnedByYou,
                   "Your previous request to create the named bucket succeeded and you already own it.",
                   {{"BucketName", name}}};
    }
    Bucket bucket;
    bucket.name = name;
    bucket.region = region;
    bucket.created = with_.clock.now();
    store_.create_bucket(tx, bucket);
    bucket.id = tx.last_insert_rowid();
    if (ownership) store_.put_document(tx, bucket, kOwnershipControls.name, ownership_document(*ownership));
    if (!tags.empty()) store_.put_document(tx, bucket, "tagging", tags);
    return {};
  };
  Result<void> done = co_await write(std::move(job));
  if (!done.ok()) co_return std::move(done).error();
  CreateBucketOutput out;
  out.arn = bucket_arn(request.bucket);
  // Outside us-east-1 a URL; with the name that virtual-host style has here.
  const auto port = context.endpoint.find(':', context.endpoint.find("://") + 3);
  out.location = region == "us-east-1" ? "/" + request.bucket
                                       : "http://" + request.bucket + ".localhost" +
                                             (port == std::string::npos ? "" : context.endpoint.substr(port)) + "/";
  co_return out;
}

awaitable<Result<wire::Empty>> S3::delete_bucket(const Context& context, BucketRequest request) {
  CUMULET_CO_TRY(const BucketPtr found, bucket(context, request.bucket));
  std::function<Result<void>(Transaction&)> job = [this, found](Transaction& tx) -> Result<void> {
    CUMULET_CHECK(store_.check_bucket(tx, *found));
    return store_.delete_bucket(tx, *found);
  };
  Result<void> done = co_await write(std::move(job), storage::Room::reserved);
  if (!done.ok()) co_return std::move(done).error();
  co_return wire::Empty{};
}

Result<HeadBucketOutput> S3::head_bucket(const Context& context, const BucketRequest& request) {
  CUMULET_TRY(const BucketPtr found, bucket(context, request.bucket));
  HeadBucketOutput out;
  out.arn = bucket_arn(found->name);
  out.region = found->region;
  out.content_type = "application/xml";
  return out;
}

Result<ListBucketsOutput> S3::list_buckets(const Context&, const ListBucketsRequest& request) {
  if (request.max_buckets && (*request.max_buckets < 1 || *request.max_buckets > 10'000))
    return invalid_argument("Argument max-buckets must be an integer between 1 and 10000", "max-buckets",
                            std::to_string(*request.max_buckets));
  std::string after;
  if (request.continuation_token) {
    const auto decoded = base64_decode(*request.continuation_token);
    if (!decoded)
      return invalid_argument("The continuation token provided is incorrect", "continuation-token",
                              *request.continuation_token);
    after = *decoded;
  }
  ListBucketsOutput out;
  out.owner = owner();
  out.prefix = request.prefix;
  const std::size_t max = request.max_buckets ? static_cast<std::size_t>(*request.max_buckets) : SIZE_MAX;
  const bool with_region = request.max_buckets || request.prefix || request.continuation_token || request.bucket_region;
  for (const BucketPtr& b : store_.buckets()) {
    if (b->name <= after || (request.prefix && !b->name.starts_with(*request.prefix))) continue;
    if (request.bucket_region && *request.bucket_region != b->region) continue;
    if (out.buckets.size() == max) {
      out.continuation_token = base64_encode(out.buckets.back().name);
      break;
    }
    out.buckets.push_back({b->name, whole_second(b->created), with_region ? std::optional(b->region) : std::nullopt,
                           bucket_arn(b->name)});
  }
  return out;
}

Result<XmlOutput> S3::get_bucket_location(const Context& context, const BucketRequest& request) {
  CUMULET_TRY(const BucketPtr found, bucket(context, request.bucket));
  std::string text = "<LocationConstraint " + std::string(kNamespace);
  // us-east-1 is written as nothing.
  text += found->region == "us-east-1" ? "/>" : ">" + found->region + "</LocationConstraint>";
  return xml(std::move(text));
}

Result<XmlOutput> S3::get_bucket_versioning(const Context& context, const BucketRequest& request) {
  CUMULET_TRY(const BucketPtr found, bucket(context, request.bucket));
  std::optional<std::string> status;
  CUMULET_CHECK(with_.database.read([&](Connection& c) -> Result<void> {
    status = store_.document(c, *found, "versioning");
    return {};
  }));
  std::string text = "<VersioningConfiguration " + std::string(kNamespace);
  text += status ? "><Status>" + *status + "</Status></VersioningConfiguration>" : "/>";
  return xml(std::move(text));
}

awaitable<Result<wire::Empty>> S3::put_bucket_versioning(const Context& context, PutVersioningRequest request) {
  CUMULET_CO_TRY(const BucketPtr found, bucket(context, request.bucket));
  if (!request.configuration || !request.configuration->status)
    co_return Error{kIllegalVersioning, "The Versioning element must be specified"};
  const std::string status = *request.configuration->status;
  if (status == "Enabled")
    co_return Error{kNotImplemented,
                    "Versioning is not implemented by this server: a bucket keeps one version of each object"};
  if (status != "Suspended") co_return malformed_xml();
  std::function<Result<void>(Transaction&)> job = [this, found, status](Transaction& tx) -> Result<void> {
    CUMULET_CHECK(store_.check_bucket(tx, *found));
    store_.put_document(tx, *found, "versioning", status);
    return {};
  };
  Result<void> done = co_await write(std::move(job));
  if (!done.ok()) co_return std::move(done).error();
  co_return wire::Empty{};
}

awaitable<Result<wire::Empty>> S3::put_notifications(const Context& context, NotificationRequest request) {
  CUMULET_CO_TRY(const BucketPtr found, bucket(context, request.bucket));
  if (!request.configuration) co_return malformed_xml();
  auto configuration = std::make_shared<NotificationConfiguration>(std::move(*request.configuration));
  CUMULET_CO_CHECK(check_notifications(*configuration, *found, with_.targets,
                                       !request.skip_destination_validation.value_or(false), with_.random));
  const EventSource source = EventSource::of(context);
  std::function<Result<void>(Transaction&)> job = [this, found, configuration,
                                                   source](Transaction& tx) -> Result<void> {
    CUMULET_CHECK(store_.check_bucket(tx, *found));
    store_.set_notifications(tx, *found, notifications_text(*configuration), *configuration);
    notifier_.append_test_events(tx, *found, *configuration, source);
    return {};
  };
  Result<void> done = co_await write(std::move(job));
  if (!done.ok()) co_return std::move(done).error();
  co_return wire::Empty{};
}

Result<NotificationConfiguration> S3::get_notifications(const Context& context, const BucketRequest& request) {
  CUMULET_TRY(const BucketPtr found, bucket(context, request.bucket));
  if (!found->notifications) return NotificationConfiguration{};
  return *found->notifications;
}

}  // namespace cumulet::s3
