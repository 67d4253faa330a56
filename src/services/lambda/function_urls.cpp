#include "services/lambda/function_urls.hpp"

#include <algorithm>
#include <mutex>

#include "base/encoding.hpp"
#include "services/lambda/errors.hpp"
#include "services/lambda/function_name.hpp"
#include "services/lambda/page.hpp"

namespace cumulet::lambda {
namespace {

constexpr int kDefaultPage = 50;
constexpr std::size_t kIdLength = 32;
constexpr std::string_view kMethods[] = {"GET", "PUT", "HEAD", "POST", "PATCH", "DELETE", "*"};

Error no_url() { return user_error(kResourceNotFound, "The resource you requested does not exist."); }
Error no_function() { return user_error(kResourceNotFound, "Function does not exist"); }

std::string new_id(Random& random) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz234567";
  std::string id;
  while (id.size() < kIdLength) id += kLetters[random.next() % kLetters.size()];
  return id;
}

// "http://ID.lambda-url.REGION.localhost:PORT/": a name that leads to this machine, whatever address the caller used.
std::string address(const wire::CallContext& context, std::string_view region, const std::string& id) {
  const auto colon = context.endpoint.rfind(':');
  const std::string port =
      colon == std::string::npos || context.endpoint.find_first_not_of("0123456789", colon + 1) != std::string::npos
          ? std::string()
          : context.endpoint.substr(colon);
  return "http://" + id + ".lambda-url." + std::string(region) + ".localhost" + port + '/';
}

UrlConfig shown(const wire::CallContext& context, const Function& function, const std::string& qualifier,
                const FunctionUrl& url) {
  UrlConfig out;
  out.function_url = address(context, function.region, url.id);
  out.function_arn = qualifier == kLatest ? function.arn() : function.arn() + ':' + qualifier;
  out.auth_type = url.auth_type;
  out.cors = url.cors;
  out.creation_time = url.created;
  out.last_modified_time = url.modified;
  out.invoke_mode = url.invoke_mode;
  return out;
}

Result<void> check_cors(const std::optional<UrlCors>& cors) {
  if (!cors || !cors->allow_methods) return {};
  for (const std::string& method : *cors->allow_methods)
    if (std::find(std::begin(kMethods), std::end(kMethods), method) == std::end(kMethods))
      return user_error(kValidation, "1 validation error detected: Value '[" + method +
                                         "]' at 'cors.allowMethods' failed to satisfy constraint: Member must satisfy "
                                         "constraint: [Member must have length less than or equal to 6, Member must "
                                         "have length greater than or equal to 0, Member must satisfy regular "
                                         "expression pattern: .*, Member must not be null]");
  return {};
}

}  // namespace

std::optional<FunctionUrls::Target> FunctionUrls::find(std::string_view region, std::string_view id) const {
  Place place;
  {
    std::shared_lock lock(mutex_);
    const auto found = places_.find(id);
    if (found == places_.end() || found->second.region != region) return std::nullopt;
    place = found->second;
  }
  FunctionRef function = store_.find(place.region, place.name);
  if (!function) return std::nullopt;
  const auto url = function->urls.find(place.qualifier);
  if (url == function->urls.end() || url->second.id != id) return std::nullopt;
  FunctionUrl copy = url->second;
  return Target{std::move(function), std::move(place.qualifier), std::move(copy)};
}

void FunctionUrls::changed(const FunctionRef& before, const FunctionRef& after) {
  if ((!before || before->urls.empty()) && (!after || after->urls.empty())) return;
  std::unique_lock lock(mutex_);
  if (before)
    for (const auto& [qualifier, url] : before->urls) places_.erase(url.id);
  if (after)
    for (const auto& [qualifier, url] : after->urls) places_[url.id] = {after->region, after->name, qualifier};
}

Result<UrlConfig> FunctionUrls::create(const wire::CallContext& context, const UrlConfigRequest& request) {
  CUMULET_TRY(const FunctionName name, FunctionName::parse(request.function_name, context.region, request.qualifier));
  CUMULET_CHECK(check_cors(request.cors));
  const std::string at = name.qualifier.value_or(std::string(kLatest));
  CUMULET_TRY(const FunctionRef made,
              store_.change(name.region, name.name, [&](const FunctionRef& before) -> Result<FunctionRef> {
                if (!before || !before->has(at)) return no_function();
                if (before->urls.contains(at))
                  return user_error(kResourceConflict,
                                    "Failed to create function url config for [functionArn = " + name.qualified_arn() +
                                        "]. Error message:  FunctionUrlConfig exists for this Lambda function");
                auto next = std::make_shared<Function>(*before);
                FunctionUrl url;
                url.id = new_id(random_);
                url.auth_type = request.auth_type;
                url.cors = request.cors;
                url.invoke_mode = request.invoke_mode.value_or("BUFFERED");
                url.created = url.modified = iso8601_millis(clock_.now());
                next->urls[at] = std::move(url);
                return FunctionRef(std::move(next));
              }));
  UrlConfig answer = shown(context, *made, at, made->urls.at(at));
  answer.last_modified_time.reset();
  answer.invoke_mode = request.invoke_mode;  // told when it was asked for
  return answer;
}

Result<UrlConfig> FunctionUrls::get(const wire::CallContext& context, const UrlNameRequest& request) {
  CUMULET_TRY(const FunctionName name, FunctionName::parse(request.function_name, context.region, request.qualifier));
  const FunctionRef function = store_.find(name.region, name.name);
  if (!function) return no_url();
  const std::string at = name.qualifier.value_or(std::string(kLatest));
  const auto url = function->urls.find(at);
  if (url == function->urls.end()) return no_url();
  return shown(context, *function, at, url->second);
}

Result<UrlConfig> FunctionUrls::update(const wire::CallContext& context, const UpdateUrlConfigRequest& request) {
  CUMULET_TRY(const FunctionName name, FunctionName::parse(request.function_name, context.region, request.qualifier));
  CUMULET_CHECK(check_cors(request.cors));
  const std::string at = name.qualifier.value_or(std::string(kLatest));
  CUMULET_TRY(const FunctionRef updated,
              store_.change(name.region, name.name, [&](const FunctionRef& before) -> Result<FunctionRef> {
                if (!before || !before->has(at)) return no_function();
                if (!before->urls.contains(at)) return no_url();
                auto next = std::make_shared<Function>(*before);
                FunctionUrl& url = next->urls.at(at);
                if (request.auth_type) url.auth_type = *request.auth_type;
                if (request.cors) url.cors = request.cors;
                if (request.invoke_mode) url.invoke_mode = *request.invoke_mode;
                url.modified = iso8601_millis(clock_.now());
                return FunctionRef(std::move(next));
              }));
  return shown(context, *updated, at, updated->urls.at(at));
}

Result<wire::Empty> FunctionUrls::remove(const wire::CallContext& context, const UrlNameRequest& request) {
  CUMULET_TRY(const FunctionName name, FunctionName::parse(request.function_name, context.region, request.qualifier));
  const std::string at = name.qualifier.value_or(std::string(kLatest));
  CUMULET_CHECK(store_.change(name.region, name.name, [&](const FunctionRef& before) -> Result<FunctionRef> {
    if (!before || !before->urls.contains(at)) return no_url();
    auto next = std::make_shared<Function>(*before);
    next->urls.erase(at);
    return FunctionRef(std::move(next));
  }));
  return wire::Empty{};
}

Result<ListUrlConfigsResponse> FunctionUrls::list(const wire::CallContext& context,
                                                  const ListUrlConfigsRequest& request) {
  CUMULET_TRY(const FunctionName name, FunctionName::parse(request.function_name, context.region));
  const FunctionRef function = store_.find(name.region, name.name);
  if (!function) return no_function();
  CUMULET_TRY(const std::string after, marker_text(request.marker));
  const auto limit = static_cast<std::size_t>(request.max_items.value_or(kDefaultPage));
  ListUrlConfigsResponse page;
  std::string last;
  for (const auto& [qualifier, url] : function->urls) {
    if (qualifier <= after) continue;
    if (page.function_url_configs.size() == limit) {
      page.next_marker = base64_encode(last);
      break;
    }
    page.function_url_configs.push_back(shown(context, *function, qualifier, url));
    last = qualifier;
  }
  return page;
}

}  // namespace cumulet::lambda
