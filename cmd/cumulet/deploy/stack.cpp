#include "cmd/cumulet/deploy/stack.hpp"

#include <algorithm>

namespace cumulet::deploy {
namespace {

constexpr std::string_view kStateKey = "state.json";
constexpr std::string_view kLockKey = "lock.json";
constexpr Seconds kLongestChange{3600};

json::object resource_json(const StackResource& r) {
  json::object attributes;
  for (const auto& [name, value] : r.attributes) attributes[name] = value;
  json::array depends_on;
  for (const std::string& id : r.depends_on) depends_on.emplace_back(id);
  return {{"LogicalId", r.logical_id},   {"Type", r.type},
          {"PhysicalId", r.physical_id}, {"Attributes", std::move(attributes)},
          {"Properties", r.properties},  {"DependsOn", std::move(depends_on)},
          {"Retain", r.retain},          {"Incomplete", r.incomplete}};
}

std::string text(const json::value& v, std::string_view name) {
  const json::value* member = json::find(v, name);
  return member && member->is_string() ? std::string(member->as_string()) : "";
}

json::object object(const json::value& v, std::string_view name) {
  const json::value* member = json::find(v, name);
  return member && member->is_object() ? member->as_object() : json::object{};
}

bool flag(const json::value& v, std::string_view name) {
  const json::value* member = json::find(v, name);
  return member && member->is_bool() && member->as_bool();
}

std::vector<StackResource> resources(const json::value& v, std::string_view name) {
  std::vector<StackResource> out;
  const json::value* list = json::find(v, name);
  if (!list || !list->is_array()) return out;
  for (const json::value& item : list->as_array()) {
    StackResource r{.logical_id = text(item, "LogicalId"),
                    .type = text(item, "Type"),
                    .physical_id = text(item, "PhysicalId"),
                    .attributes = {},
                    .properties = object(item, "Properties"),
                    .depends_on = {},
                    .retain = flag(item, "Retain"),
                    .incomplete = flag(item, "Incomplete")};
    for (const auto& [key, value] : object(item, "Attributes"))
      if (value.is_string()) r.attributes[std::string(key)] = value.as_string();
    if (const json::value* ids = json::find(item, "DependsOn"); ids && ids->is_array())
      for (const json::value& id : ids->as_array())
        if (id.is_string()) r.depends_on.insert(std::string(id.as_string()));
    out.push_back(std::move(r));
  }
  return out;
}

json::array resources_json(const std::vector<StackResource>& list) {
  json::array out;
  for (const StackResource& r : list) out.push_back(resource_json(r));
  return out;
}

}  // namespace

StackResource* Stack::find(std::string_view logical_id) {
  return const_cast<StackResource*>(std::as_const(*this).find(logical_id));
}

const StackResource* Stack::find(std::string_view logical_id) const {
  const auto it = std::ranges::find(resources, logical_id, &StackResource::logical_id);
  return it == resources.end() ? nullptr : &*it;
}

json::value to_json(const Stack& stack) {
  return json::object{{"Version", 1},
                      {"StackName", stack.name},
                      {"StackId", stack.id},
                      {"Status", stack.status},
                      {"UpdatedAt", stack.updated_at},
                      {"Parameters", stack.parameters},
                      {"Outputs", stack.outputs},
                      {"Resources", resources_json(stack.resources)},
                      {"Replaced", resources_json(stack.replaced)}};
}

Result<Stack> stack_from_json(const json::value& value) {
  if (const json::value* version = json::find(value, "Version"); !version || *version != json::value(1))
    return template_error(0, "the record of the stack was written by another version of cumulet");
  return Stack{.name = text(value, "StackName"),
               .id = text(value, "StackId"),
               .status = text(value, "Status"),
               .updated_at = text(value, "UpdatedAt"),
               .parameters = object(value, "Parameters"),
               .outputs = object(value, "Outputs"),
               .resources = resources(value, "Resources"),
               .replaced = resources(value, "Replaced")};
}

StackStore::StackStore(Api& api, const Environment& environment)
    : api_(api),
      bucket_("cumulet-deployments-" + environment.account_id + "-" + environment.region),
      region_(environment.region) {}

Result<void> StackStore::prepare() {
  CUMULET_TRY(const bool there, found(discard(api_.s3("HEAD", bucket_, "")), {"NotFound", "NoSuchBucket"}));
  if (there) return {};
  std::string body;
  if (region_ != "us-east-1")
    body = "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><LocationConstraint>" +
           region_ + "</LocationConstraint></CreateBucketConfiguration>";
  return discard(api_.s3("PUT", bucket_, "", {}, std::move(body)));
}

Result<std::optional<Stack>> StackStore::load(const std::string& name) {
  auto reply = api_.s3("GET", bucket_, prefix(name) + std::string(kStateKey));
  if (!reply.ok()) {
    CUMULET_CHECK(unless_gone(discard(reply), {"NoSuchBucket", "NoSuchKey", "NotFound"}));
    return std::optional<Stack>{};
  }
  CUMULET_TRY(const json::value value, json::parse(*reply));
  CUMULET_TRY(Stack stack, stack_from_json(value));
  return std::optional<Stack>(std::move(stack));
}

Result<void> StackStore::save(const Stack& stack) {
  return discard(api_.s3("PUT", bucket_, prefix(stack.name) + std::string(kStateKey), {}, json::text(to_json(stack)),
                         {{"Content-Type", "application/json"}}));
}

Result<void> StackStore::lock(const std::string& name, const Owner& owner, TimePoint now) {
  const std::string key = prefix(name) + std::string(kLockKey);
  const std::string own =
      json::text(json::object{{"Host", owner.host}, {"Process", owner.process}, {"Since", iso8601(now)}});
  const auto take = [&] { return api_.s3("PUT", bucket_, key, {}, own, {{"If-None-Match", "*"}}); };
  auto taken = take();
  if (taken.ok() || error_code(taken.error()) != "PreconditionFailed") return discard(taken);

  const auto held = api_.s3("GET", bucket_, key);
  if (!held.ok()) return discard(take());  // given back meanwhile
  const auto parsed = json::parse(*held);
  const json::value holder = parsed.ok() ? *parsed : json::value(json::object{});
  const json::value* process = json::find(holder, "Process");
  const std::int64_t id = process && process->is_int64() ? process->get_int64() : 0;
  const auto since = parse_iso8601(text(holder, "Since"));
  const bool is_gone = text(holder, "Host") == owner.host && owner.runs && !owner.runs(id);
  if (!is_gone && since && now - *since < kLongestChange)
    return template_error(0, "the stack " + name + " is being changed by process " + std::to_string(id) + " on " +
                                 text(holder, "Host") + " since " + text(holder, "Since") +
                                 "; wait until it is done (or, if it is gone, delete s3://" + bucket_ + "/" + key +
                                 ")");
  CUMULET_CHECK(api_.s3("DELETE", bucket_, key));
  return discard(take());
}

Result<void> StackStore::unlock(const std::string& name) {
  return discard(api_.s3("DELETE", bucket_, prefix(name) + std::string(kLockKey)));
}

Result<std::vector<std::string>> StackStore::keys(const std::string& prefix) {
  std::vector<std::string> out;
  std::string token;
  for (int page = 0; page < 10'000; ++page) {
    Pairs query{{"list-type", "2"}, {"prefix", prefix}};
    if (!token.empty()) query.emplace_back("continuation-token", token);
    auto reply = api_.s3("GET", bucket_, "", std::move(query));
    if (!reply.ok()) {
      CUMULET_CHECK(unless_gone(discard(reply), {"NoSuchBucket"}));
      return out;
    }
    for (std::string& key : xml_texts(*reply, "Key")) out.push_back(std::move(key));
    token = xml_text(*reply, "NextContinuationToken");
    if (token.empty()) break;
  }
  return out;
}

Result<std::vector<std::string>> StackStore::names() {
  CUMULET_TRY(const auto all, keys("stacks/"));
  std::vector<std::string> out;
  for (const std::string& key : all)
    if (key.ends_with("/" + std::string(kStateKey)))
      out.push_back(key.substr(7, key.size() - 7 - kStateKey.size() - 1));
  return out;
}

Result<void> StackStore::sweep(const std::string& name, const std::set<std::string>& keep) {
  CUMULET_TRY(const auto all, keys(prefix(name) + "code/"));
  for (const std::string& key : all)
    if (!keep.contains(key)) CUMULET_CHECK(api_.s3("DELETE", bucket_, key));
  return {};
}

Result<void> StackStore::forget(const std::string& name) {
  CUMULET_TRY(const auto all, keys(prefix(name)));
  for (const std::string& key : all) CUMULET_CHECK(api_.s3("DELETE", bucket_, key));
  return unless_gone(discard(api_.s3("DELETE", bucket_, "")), {"BucketNotEmpty", "NoSuchBucket", "NotFound"});
}

}  // namespace cumulet::deploy
