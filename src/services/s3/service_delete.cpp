#include "services/s3/errors.hpp"
#include "services/s3/names.hpp"
#include "services/s3/service.hpp"

// Deleting objects.
namespace cumulet::s3 {
namespace {
constexpr std::size_t kMaxDeletes = 1000;

// There is no Object Lock here to be bypassed.
Result<void> check_bypass(const wire::CallContext& context) {
  constexpr std::string_view kHeader = "x-amz-bypass-governance-retention";
  if (!context.head || !context.head->headers.has(kHeader)) return {};
  return Error{kInvalidArgument,
               std::string(kHeader) + " is only applicable to Object Lock enabled buckets.",
               {{"ArgumentName", std::string(kHeader)}}};
}

// Conditions that only directory buckets know. To pass over one would delete what the client wanted to keep.
Result<void> check_conditions(const wire::CallContext& context) {
  for (const std::string_view header : {"x-amz-if-match-last-modified-time", "x-amz-if-match-size"})
    if (context.head && context.head->headers.has(header)) return header_not_implemented(header);
  return {};
}
Result<void> check_conditions(const Delete& asked) {
  for (const ObjectIdentifier& one : asked.objects) {
    if (one.last_modified_time) return header_not_implemented("LastModifiedTime");
    if (one.size) return header_not_implemented("Size");
  }
  return {};
}

}  // namespace

awaitable<Result<wire::Empty>> S3::delete_object(const Context& context, DeleteObjectRequest request) {
  CUMULET_CO_TRY(const BucketPtr found, bucket_for(context, request.bucket, request.key));
  CUMULET_CO_CHECK(check_bypass(context));
  CUMULET_CO_CHECK(check_conditions(context));
  CUMULET_CO_CHECK(check_version_id(request.version_id));
  std::function<Result<void>(Transaction&)> job = [this, found, key = request.key, if_match = request.if_match,
                                                   source = EventSource::of(context)](Transaction& tx) -> Result<void> {
    CUMULET_CHECK(store_.check_bucket(tx, *found));
    if (if_match) {
      const auto there = store_.find(tx, *found, key);
      CUMULET_CHECK(check_write(if_match, std::nullopt, there ? std::optional(there->etag) : std::nullopt, key));
    }
    // Deleting what is not there succeeds, and is told like any other deletion.
    store_.remove(tx, *found, key);
    notifier_.append(tx, *found, source, {"ObjectRemoved:Delete", key, {}, 0, with_.clock.now()});
    return {};
  };
  Result<void> done = co_await write(std::move(job), storage::Room::reserved);
  if (!done.ok()) co_return std::move(done).error();
  co_return wire::Empty{};
}

awaitable<Result<DeleteObjectsOutput>> S3::delete_objects(const Context& context, DeleteObjectsRequest request) {
  CUMULET_CO_TRY(const BucketPtr found, bucket(context, request.bucket));
  CUMULET_CO_CHECK(check_bypass(context));
  if (!request.remove || request.remove->objects.empty() || request.remove->objects.size() > kMaxDeletes)
    co_return malformed_xml();
  CUMULET_CO_CHECK(check_conditions(*request.remove));
  struct Work {
    Delete asked;
    DeleteObjectsOutput out;
  };
  auto work = std::make_shared<Work>();
  work->asked = std::move(*request.remove);
  std::function<Result<void>(Transaction&)> job = [this, found, work,
                                                   source = EventSource::of(context)](Transaction& tx) -> Result<void> {
    CUMULET_CHECK(store_.check_bucket(tx, *found));
    work->out = {};  // of an attempt that was undone
    const bool quiet = work->asked.quiet.value_or(false);
    for (const ObjectIdentifier& one : work->asked.objects) {
      Result<void> allowed = check_key(one.key);
      if (allowed.ok() && one.key.empty()) allowed = malformed_xml();
      if (allowed.ok()) {
        allowed = check_version_id(one.version_id);
        if (!allowed.ok()) allowed = Error{kNoSuchVersion, "The specified version does not exist."};
      }
      if (allowed.ok() && one.e_tag) {
        const auto there = store_.find(tx, *found, one.key);
        allowed = check_write(one.e_tag, std::nullopt, there ? std::optional(there->etag) : std::nullopt, one.key);
      }
      if (!allowed.ok()) {
        work->out.errors.push_back(
            {one.key, one.version_id, std::string(allowed.error().code()), allowed.error().message()});
        continue;
      }
      store_.remove(tx, *found, one.key);
      notifier_.append(tx, *found, source, {"ObjectRemoved:Delete", one.key, {}, 0, with_.clock.now()});
      if (!quiet) work->out.deleted.push_back({one.key, one.version_id});
    }
    return {};
  };
  Result<void> done = co_await write(std::move(job), storage::Room::reserved);
  if (!done.ok()) co_return std::move(done).error();
  co_return std::move(work->out);
}

}  // namespace cumulet::s3
