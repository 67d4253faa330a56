#include "gateway/identify.hpp"

#include <algorithm>

#include "base/encoding.hpp"

namespace cumulet::gateway {
namespace {

using wire::Protocol;

bool speaks(const wire::ServiceDescriptor& service, Protocol protocol) {
  return std::find(service.protocols.begin(), service.protocols.end(), protocol) != service.protocols.end();
}

bool is_json(Protocol p) { return p == Protocol::aws_json_1_0 || p == Protocol::aws_json_1_1; }

bool is_form(std::string_view content_type) { return content_type.starts_with("application/x-www-form-urlencoded"); }

// Some services speak Query to older SDKs and JSON to newer ones: the request says which.
Protocol choose_protocol(const wire::ServiceDescriptor& service, const http::RequestHead& head) {
  const Protocol first = service.protocols.front();
  if (service.protocols.size() == 1) return first;
  const std::string_view type = head.headers.get_or("content-type", "");
  if (type.starts_with("application/x-amz-json-1.0") && speaks(service, Protocol::aws_json_1_0))
    return Protocol::aws_json_1_0;
  if (type.starts_with("application/x-amz-json-1.1") && speaks(service, Protocol::aws_json_1_1))
    return Protocol::aws_json_1_1;
  const bool names_json_target = is_json(first) && head.headers.has("x-amz-target");
  if (!names_json_target && speaks(service, Protocol::query)) return Protocol::query;
  return first;
}

bool row_names(const wire::Operation& operation, std::string_view key) {
  const auto query_at = operation.uri.find('?');
  if (query_at == std::string_view::npos) return false;
  std::string_view keys = operation.uri.substr(query_at + 1);
  while (!keys.empty()) {
    const auto end = keys.find('&');
    const std::string_view one = keys.substr(0, end);
    if (one.substr(0, one.find('=')) == key) return true;
    keys = end == std::string_view::npos ? std::string_view{} : keys.substr(end + 1);
  }
  return false;
}

std::optional<std::string_view> foreign_subresource(const wire::ServiceDescriptor& service,
                                                    const wire::Operation& operation, const wire::QueryPairs& query) {
  if (service.subresources.empty()) return std::nullopt;
  for (const auto& [key, value] : query) {
    if (std::find(service.subresources.begin(), service.subresources.end(), key) == service.subresources.end())
      continue;
    if (!row_names(operation, key)) return key;
  }
  return std::nullopt;
}

const ErrorKind& unknown_operation(const wire::ServiceDescriptor& service) {
  return service.unknown_operation != nullptr ? *service.unknown_operation : kUnknownRestOperation;
}

std::string named_request(const http::RequestHead& head) { return head.method + ' ' + head.target.substr(0, 200); }

}  // namespace

NamedHost read_host(std::string_view host, const std::vector<std::string>& suffixes, std::string_view bucket_service) {
  NamedHost named;
  if (!host.ends_with(']')) host = host.substr(0, host.rfind(':'));
  for (const auto& suffix : suffixes) {
    if (host.size() <= suffix.size() + 1 || host[host.size() - suffix.size() - 1] != '.') continue;
    if (!iequals(host.substr(host.size() - suffix.size()), suffix)) continue;
    std::string_view front = host.substr(0, host.size() - suffix.size() - 1);
    // BUCKET | s3 | s3.REGION | BUCKET.s3 | BUCKET.s3.REGION | SERVICE.REGION; a bucket's own name may hold dots.
    const auto label_before = [&](std::size_t end) {
      const auto dot = end == 0 ? std::string_view::npos : front.rfind('.', end - 1);
      return dot == std::string_view::npos ? std::size_t{0} : dot + 1;
    };
    const std::size_t last = label_before(front.size());
    const std::size_t before_last = last == 0 ? 0 : label_before(last - 1);
    const std::string_view last_label = front.substr(last);
    const std::string_view label_before_last =
        last == 0 ? std::string_view{} : front.substr(before_last, last - 1 - before_last);
    const auto cut = [&](std::size_t at) {
      return std::string(at == 0 ? std::string_view{} : front.substr(0, at - 1));
    };
    if (!bucket_service.empty() && last_label == bucket_service) {
      named.service = bucket_service;
      named.bucket = cut(last);
    } else if (!bucket_service.empty() && label_before_last == bucket_service) {
      named.service = bucket_service;
      named.bucket = cut(before_last);
    } else if (suffix == "amazonaws.com") {
      named.service = std::string(before_last == 0 && last != 0 ? label_before_last : last_label);
    } else if (last != 0 && before_last == 0 && std::count(last_label.begin(), last_label.end(), '-') == 2) {
      named.service = std::string(label_before_last);  // lambda.us-east-1.localhost
    } else {
      named.bucket = std::string(front);
    }
    return named;
  }
  return named;
}

ServiceTable::ServiceTable(const std::vector<const wire::ServiceDescriptor*>& services,
                           std::vector<std::string> host_suffixes, std::string default_region, RequestMetrics* metrics)
    : host_suffixes_(std::move(host_suffixes)), default_region_(std::move(default_region)) {
  // The longest suffix first: "localhost.localstack.cloud" before a shorter one that it might end with.
  std::sort(host_suffixes_.begin(), host_suffixes_.end(),
            [](const auto& a, const auto& b) { return a.size() > b.size(); });
  for (const wire::ServiceDescriptor* descriptor : services) {
    auto entry = std::make_unique<ServiceEntry>();
    entry->descriptor = descriptor;
    for (const wire::Operation& operation : descriptor->operations) {
      OperationEntry& row = entry->operations.emplace_back();
      row.operation = &operation;
      if (operation.input != nullptr) {
        for (const wire::Member& member : operation.input->members)
          if (member.shape != nullptr && member.shape(member)->kind == wire::Kind::input_stream)
            row.is_streaming = true;
      }
      if (metrics != nullptr) row.metrics = metrics->series(descriptor->name, operation.name);
    }
    for (OperationEntry& row : entry->operations) entry->by_name.emplace(row.operation->name, &row);
    if (metrics != nullptr) entry->unidentified = metrics->series(descriptor->name, "");
    by_signing_name_.emplace(descriptor->name, entry.get());
    for (const auto name : descriptor->signing_names) by_signing_name_.emplace(name, entry.get());
    if (!descriptor->target_prefix.empty()) by_target_prefix_.emplace(descriptor->target_prefix, entry.get());
    if (speaks(*descriptor, Protocol::query)) by_version_.emplace(descriptor->api_version, entry.get());
    if (descriptor->claims != nullptr) claiming_.push_back(entry.get());
    if (descriptor->takes_the_rest) rest_ = entry.get();
    if (descriptor->has_virtual_hosts) bucket_service_ = descriptor->name;
    services_.push_back(std::move(entry));
  }
}

NamedHost ServiceTable::host_of(const http::RequestHead& head) const {
  return read_host(head.headers.get_or("host", ""), host_suffixes_, bucket_service_);
}

ServiceEntry* ServiceTable::find_service(const http::RequestHead& head, const NamedHost& host,
                                         const auth::Scope* scope) {
  const auto look_up = [](const auto& table, std::string_view name) -> ServiceEntry* {
    const auto found = table.find(name);
    return found == table.end() ? nullptr : found->second;
  };
  if (const auto target = head.headers.get("x-amz-target")) {
    if (ServiceEntry* found = look_up(by_target_prefix_, target->substr(0, target->rfind('.')))) return found;
    if (scope == nullptr || rest_ == nullptr || scope->service != rest_->descriptor->name) return nullptr;
  }
  if (scope != nullptr) return look_up(by_signing_name_, scope->service);
  if (!host.service.empty()) return look_up(by_signing_name_, host.service);
  for (ServiceEntry* entry : claiming_)
    if (entry->descriptor->claims(head)) return entry;
  return rest_;
}

bool ServiceTable::means_aws(const http::RequestHead& head, const auth::Signing& signing) const {
  const NamedHost host = host_of(head);
  if (!host.bucket.empty() || !host.service.empty()) return true;
  if (const auth::Scope* scope = signing.scope()) {
    const bool is_for_objects = rest_ != nullptr && scope->service == rest_->descriptor->name;
    return is_for_objects || head.target.starts_with("/v2/");
  }
  return signing.is_v2;  // which signs nothing but objects
}

Result<void> ServiceTable::identify(const http::RequestHead& head, const auth::Scope* scope, Identity& identity) {
  const NamedHost host = host_of(head);
  identity.region = scope != nullptr && !scope->region.empty() ? scope->region : default_region_;
  const std::string_view content_type = head.headers.get_or("content-type", "");

  // Unsigned forms name neither service nor operation in the head; their Action and Version do.
  const bool is_unsigned_form = head.method == "POST" ? is_form(content_type) : head.raw_query().starts_with("Action=");
  if (scope == nullptr && is_unsigned_form && head.raw_path() == "/" && host.bucket.empty() && host.service.empty()) {
    identity.protocol = Protocol::query;
    return {};
  }

  identity.service = find_service(head, host, scope);
  if (identity.service == nullptr) {
    const auto target = head.headers.get("x-amz-target");
    identity.protocol = target || content_type.starts_with("application/x-amz-json") ? Protocol::aws_json_1_0
                        : is_form(content_type)                                      ? Protocol::query
                                                                                     : Protocol::rest_json;
    const std::string service = scope != nullptr       ? scope->service
                                : host.service.empty() ? std::string("unknown")
                                                       : host.service;
    if (identity.protocol == Protocol::query) {  // the form tells which operation
      identity.lacking = service;
      return {};
    }
    return Error{kUnknownService, "The service '" + service + "' is not implemented (" +
                                      (target ? std::string(*target) : named_request(head)) + ")."};
  }

  identity.protocol = choose_protocol(*identity.service->descriptor, head);
  if (is_json(identity.protocol)) return identify_target(head, identity);
  if (identity.protocol == Protocol::query) return {};
  return identify_route(head, host, identity);
}

Result<void> ServiceTable::identify_target(const http::RequestHead& head, Identity& identity) {
  const std::string_view target = head.headers.get_or("x-amz-target", "");
  const std::string_view name = target.substr(target.rfind('.') + 1);
  const auto found = identity.service->by_name.find(name);
  if (found != identity.service->by_name.end()) {
    identity.operation = found->second;
    return {};
  }
  if (target.empty()) return Error{kUnknownJsonOperation, "The request names no operation: X-Amz-Target is missing."};
  return Error{kUnknownJsonOperation, "The operation " + std::string(target) + " is not implemented."};
}

Result<void> ServiceTable::identify_action(const http::RequestHead& head, std::string_view form, Identity& identity) {
  CUMULET_TRY(const wire::QueryPairs pairs, wire::parse_query(form));
  std::string_view action;
  std::string_view version;
  for (const auto& [key, value] : pairs) {
    if (key == "Action") action = value;
    if (key == "Version") version = value;
  }
  if (!identity.lacking.empty())
    return Error{kUnknownService, "The service '" + identity.lacking + "' is not implemented (" +
                                      (action.empty() ? std::string("no Action") : std::string(action)) + ")."};
  if (identity.service == nullptr) {
    const auto found = by_version_.find(version);
    if (found != by_version_.end()) identity.service = found->second;
  }
  const wire::ServiceDescriptor* service = identity.service == nullptr ? nullptr : identity.service->descriptor;
  const bool takes =
      service == nullptr || service->takes_action == nullptr || service->takes_action(action, head.raw_path());
  if (service != nullptr && takes && !action.empty()) {
    const auto found = identity.service->by_name.find(action);
    if (found != identity.service->by_name.end()) {
      identity.operation = found->second;
      return {};
    }
  }
  if (service != nullptr && service->no_such_action != nullptr) return service->no_such_action(action);
  if (action.empty()) return Error{kMissingAction, "The request must contain the parameter Action."};
  return Error{kInvalidAction, "Could not find operation " + std::string(action) + " for version " +
                                   (version.empty() ? std::string("NO_VERSION_SPECIFIED") : std::string(version))};
}

Result<void> ServiceTable::identify_route(const http::RequestHead& head, const NamedHost& host, Identity& identity) {
  const wire::ServiceDescriptor& service = *identity.service->descriptor;
  identity.raw_path = head.raw_path();
  if (service.has_virtual_hosts && !host.bucket.empty()) identity.raw_path = '/' + host.bucket + identity.raw_path;
  Result<wire::QueryPairs> query = wire::parse_query(head.raw_query());
  if (!query.ok()) return service.bad_uri != nullptr ? service.bad_uri(head) : std::move(query).error();
  identity.query = std::move(query).value();
  identity.route = wire::match_route(service, head.method, identity.raw_path, identity.query, head.headers);
  if (identity.route.operation == nullptr) {
    if (service.bad_uri != nullptr && !percent_decode(identity.raw_path)) return service.bad_uri(head);
    if (service.page_rules && head.method == "OPTIONS") {
      identity.is_preflight = true;
      return {};
    }
    return Error{unknown_operation(service), "The operation " + named_request(head) + " is not implemented."};
  }
  if (const auto foreign = foreign_subresource(service, *identity.route.operation, identity.query))
    return Error{unknown_operation(service), "The operation " + head.method + " with the sub-resource '" +
                                                 std::string(*foreign) + "' is not implemented."};
  identity.operation = identity.service->entry_of(identity.route.operation);
  return {};
}

}  // namespace cumulet::gateway
