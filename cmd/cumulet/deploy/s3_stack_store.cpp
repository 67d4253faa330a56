#include "cmd/cumulet/deploy/s3_stack_store.hpp"

namespace cumulet::deploy {

using namespace cloudformation;

namespace {

constexpr std::string_view kStateKey = "state.json";
constexpr std::string_view kLockKey = "lock.json";
constexpr Seconds kLongestChange{3600};

}  // namespace

S3StackStore::S3StackStore(Caller& aws, const Environment& environment)
    : aws_(aws),
      bucket_("cumulet-deployments-" + environment.account_id + "-" + environment.region),
      region_(environment.region) {}

// An operation on an object of the bucket, or with an empty key on the bucket.
Result<json::value> S3StackStore::s3(std::string_view operation, const std::string& key, json::object input) {
  input["Bucket"] = bucket_;
  if (!key.empty()) input["Key"] = key;
  return aws_.call("s3", operation, input);
}

Result<void> S3StackStore::prepare() {
  CUMULET_TRY(const bool there, found(discard(s3("HeadBucket", "")), {"NotFound", "NoSuchBucket"}));
  if (there) return {};
  json::object input;
  if (region_ != "us-east-1") input["CreateBucketConfiguration"] = json::object{{"LocationConstraint", region_}};
  return discard(s3("CreateBucket", "", std::move(input)));
}

Result<std::optional<Stack>> S3StackStore::load(const std::string& name) {
  const auto reply = s3("GetObject", prefix(name) + std::string(kStateKey));
  if (!reply.ok()) {
    CUMULET_CHECK(unless_gone(discard(reply), {"NoSuchBucket", "NoSuchKey", "NotFound"}));
    return std::optional<Stack>{};
  }
  CUMULET_TRY(const json::value value, json::parse(member_text(*reply, "Body")));
  CUMULET_TRY(Stack stack, stack_from_json(value));
  return std::optional<Stack>(std::move(stack));
}

Result<void> S3StackStore::save(const Stack& stack) {
  return discard(s3("PutObject", prefix(stack.name) + std::string(kStateKey),
                    {{"Body", json::text(to_json(stack))}, {"ContentType", "application/json"}}));
}

Result<void> S3StackStore::lock(const std::string& name, const Owner& owner, TimePoint now) {
  const std::string key = prefix(name) + std::string(kLockKey);
  const std::string own =
      json::text(json::object{{"Host", owner.host}, {"Process", owner.process}, {"Since", iso8601(now)}});
  const auto take = [&] { return s3("PutObject", key, {{"Body", own}, {"IfNoneMatch", "*"}}); };
  auto taken = take();
  if (taken.ok() || error_code(taken.error()) != "PreconditionFailed") return discard(taken);

  const auto held = s3("GetObject", key);
  if (!held.ok()) return discard(take());  // given back meanwhile
  const auto parsed = json::parse(member_text(*held, "Body"));
  const json::value holder = parsed.ok() ? *parsed : json::value(json::object{});
  const json::value* process = json::find(holder, "Process");
  const std::int64_t id = process && process->is_int64() ? process->get_int64() : 0;
  const auto since = parse_iso8601(member_text(holder, "Since"));
  const bool is_gone = member_text(holder, "Host") == owner.host && owner.runs && !owner.runs(id);
  if (!is_gone && since && now - *since < kLongestChange)
    return template_error(0, "the stack " + name + " is being changed by process " + std::to_string(id) + " on " +
                                 member_text(holder, "Host") + " since " + member_text(holder, "Since") +
                                 "; wait until it is done (or, if it is gone, delete s3://" + bucket_ + "/" + key +
                                 ")");
  CUMULET_CHECK(s3("DeleteObject", key));
  return discard(take());
}

Result<void> S3StackStore::unlock(const std::string& name) {
  return discard(s3("DeleteObject", prefix(name) + std::string(kLockKey)));
}

Result<std::vector<std::string>> S3StackStore::keys(const std::string& prefix) {
  std::vector<std::string> out;
  std::string token;
  for (int page = 0; page < 10'000; ++page) {
    json::object input{{"Prefix", prefix}};
    if (!token.empty()) input["ContinuationToken"] = token;
    const auto reply = s3("ListObjectsV2", "", std::move(input));
    if (!reply.ok()) {
      CUMULET_CHECK(unless_gone(discard(reply), {"NoSuchBucket"}));
      return out;
    }
    if (const json::value* objects = json::find(*reply, "Contents"); objects && objects->is_array())
      for (const json::value& object : objects->as_array()) out.push_back(member_text(object, "Key"));
    token = member_text(*reply, "NextContinuationToken");
    if (token.empty()) break;
  }
  return out;
}

Result<std::vector<std::string>> S3StackStore::names() {
  CUMULET_TRY(const auto all, keys("stacks/"));
  std::vector<std::string> out;
  for (const std::string& key : all)
    if (key.ends_with("/" + std::string(kStateKey)))
      out.push_back(key.substr(7, key.size() - 7 - kStateKey.size() - 1));
  return out;
}

Result<void> S3StackStore::sweep(const std::string& name, const std::set<std::string>& keep) {
  CUMULET_TRY(const auto all, keys(prefix(name) + "code/"));
  for (const std::string& key : all)
    if (!keep.contains(key)) CUMULET_CHECK(s3("DeleteObject", key));
  return {};
}

Result<void> S3StackStore::forget(const std::string& name) {
  CUMULET_TRY(const auto all, keys(prefix(name)));
  for (const std::string& key : all) CUMULET_CHECK(s3("DeleteObject", key));
  return unless_gone(discard(s3("DeleteBucket", "")), {"BucketNotEmpty", "NoSuchBucket", "NotFound"});
}

}  // namespace cumulet::deploy
