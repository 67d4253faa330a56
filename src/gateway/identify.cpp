#include "gateway/identify.hpp"

#include <algorithm>
#include <array>

#include "base/encoding.hpp"

namespace cumulet::gateway {
namespace {

using wire::Protocol;

bool speaks(const wire::ServiceDescriptor& service, Protocol protocol) {
  return std::find(service.protocols.begin(), service.protocols.end(), protocol) != service.protocols.end();
}

bool is_json(Protocol p) { return p == Protocol::aws_json_1_0 || p == Protocol::aws_json_1_1; }

bool is_form(std::string_view content_type) { return content_type.starts_with("application/x-www-form-urlencoded"); }

// SQS speaks Query to older SDKs and JSON to newer ones: the request says which.
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

// "/2015-03-31/functions/f": Lambda's paths begin with the date of their API version.
bool starts_with_api_date(std::string_view path) {
  constexpr std::string_view kForm = "/dddd-dd-dd/";
  if (path.size() < kForm.size()) return false;
  for (std::size_t i = 0; i < kForm.size(); ++i) {
    const bool fits = kForm[i] == 'd' ? path[i] >= '0' && path[i] <= '9' : path[i] == kForm[i];
    if (!fits) return false;
  }
  return true;
}

// "/000000000000/jobs": old clients send SQS's forms to the queue's own URL.
bool is_queue_path(std::string_view path) {
  if (path.size() < 15 || path[13] != '/') return false;
  return std::all_of(path.begin() + 1, path.begin() + 13, [](char c) { return c >= '0' && c <= '9'; });
}

// Query keys that turn an S3 request into another operation. One that the matched row does not name is an operation the
// engine lacks.
constexpr std::array<std::string_view, 38> kSubresources = {"accelerate",
                                                            "acl",
                                                            "analytics",
                                                            "attributes",
                                                            "cors",
                                                            "delete",
                                                            "encryption",
                                                            "intelligent-tiering",
                                                            "inventory",
                                                            "legal-hold",
                                                            "lifecycle",
                                                            "location",
                                                            "logging",
                                                            "metadataConfiguration",
                                                            "metadataTable",
                                                            "metrics",
                                                            "notification",
                                                            "object-lock",
                                                            "ownershipControls",
                                                            "policy",
                                                            "policyStatus",
                                                            "publicAccessBlock",
                                                            "renameObject",
                                                            "replication",
                                                            "requestPayment",
                                                            "restore",
                                                            "retention",
                                                            "select",
                                                            "session",
                                                            "tagging",
                                                            "torrent",
                                                            "uploadId",
                                                            "uploads",
                                                            "versioning",
                                                            "versions",
                                                            "website",
                                                            "append",
                                                            "abac"};

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

std::optional<std::string_view> foreign_subresource(const wire::Operation& operation, const wire::QueryPairs& query) {
  for (const auto& [key, value] : query) {
    if (std::find(kSubresources.begin(), kSubresources.end(), key) == kSubresources.end()) continue;
    if (!row_names(operation, key)) return key;
  }
  return std::nullopt;
}

Error invalid_uri(const http::RequestHead& head) {
  return Error{kInvalidUri, "Couldn't parse the specified URI.", {{"URI", head.target.substr(0, 1024)}}};
}

std::string named_request(const http::RequestHead& head) { return head.method + ' ' + head.target.substr(0, 200); }

}  // namespace

std::optional<ClaimedScope> claimed_scope(const http::RequestHead& head) {
  std::string credential;
  if (const auto header = head.headers.get("authorization")) {
    const auto at = header->find("Credential=");
    if (at == std::string_view::npos) return std::nullopt;
    const std::string_view rest = header->substr(at + 11);
    credential = rest.substr(0, rest.find_first_of(", "));
  } else {
    const std::string_view query = head.raw_query();
    const auto at = query.find("X-Amz-Credential=");
    if (at == std::string_view::npos) return std::nullopt;
    const std::string_view rest = query.substr(at + 17);
    auto decoded = percent_decode(rest.substr(0, rest.find('&')));
    if (!decoded) return std::nullopt;
    credential = std::move(*decoded);
  }
  // From the end: the key itself could hold anything.
  std::array<std::string_view, 4> parts;  // aws4_request, service, region, date
  std::string_view rest = credential;
  for (auto& part : parts) {
    const auto slash = rest.rfind('/');
    if (slash == std::string_view::npos) return std::nullopt;
    part = rest.substr(slash + 1);
    rest = rest.substr(0, slash);
  }
  if (parts[0] != "aws4_request") return std::nullopt;
  return ClaimedScope{std::string(parts[2]), std::string(parts[1])};
}

NamedHost read_host(std::string_view host, const std::vector<std::string>& suffixes) {
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
    if (last_label == "s3") {
      named.service = "s3";
      named.bucket = cut(last);
    } else if (label_before_last == "s3") {
      named.service = "s3";
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
    services_.push_back(std::move(entry));
  }
}

ServiceEntry* ServiceTable::find_service(const http::RequestHead& head, const NamedHost& host,
                                         const std::optional<ClaimedScope>& scope) {
  const auto look_up = [](const auto& table, std::string_view name) -> ServiceEntry* {
    const auto found = table.find(name);
    return found == table.end() ? nullptr : found->second;
  };
  if (const auto target = head.headers.get("x-amz-target")) {
    if (ServiceEntry* found = look_up(by_target_prefix_, target->substr(0, target->rfind('.')))) return found;
    if (!scope || scope->service != "s3") return nullptr;
  }
  if (scope) return look_up(by_signing_name_, scope->service);
  if (!host.service.empty()) return look_up(by_signing_name_, host.service);
  if (starts_with_api_date(head.raw_path())) return look_up(by_signing_name_, "lambda");
  return look_up(by_signing_name_, "s3");
}

bool ServiceTable::means_aws(const http::RequestHead& head) const {
  const NamedHost host = read_host(head.headers.get_or("host", ""), host_suffixes_);
  if (!host.bucket.empty() || !host.service.empty()) return true;
  if (const auto scope = claimed_scope(head)) return scope->service == "s3" || head.target.starts_with("/v2/");
  // Signature Version 2 is S3's alone.
  return head.headers.get_or("authorization", "").starts_with("AWS ") ||
         head.raw_query().find("AWSAccessKeyId=") != std::string_view::npos;
}

Result<void> ServiceTable::identify(const http::RequestHead& head, Identity& identity) {
  const std::optional<ClaimedScope> scope = claimed_scope(head);
  const NamedHost host = read_host(head.headers.get_or("host", ""), host_suffixes_);
  identity.region = scope && !scope->region.empty() ? scope->region : default_region_;
  const std::string_view content_type = head.headers.get_or("content-type", "");

  // Unsigned forms name neither service nor operation in the head; their Action and Version do.
  const bool is_unsigned_form = head.method == "POST" ? is_form(content_type) : head.raw_query().starts_with("Action=");
  if (!scope && is_unsigned_form && head.raw_path() == "/" && host.bucket.empty() && host.service.empty()) {
    identity.protocol = Protocol::query;
    return {};
  }
  const bool is_queue_form =
      head.method == "POST" ? is_form(content_type) : head.raw_query().find("Action=") != std::string_view::npos;
  const auto sqs = by_signing_name_.find("sqs");
  if (is_queue_path(head.raw_path())) identity.raw_path = head.raw_path();
  if (!scope && is_queue_form && !identity.raw_path.empty() && sqs != by_signing_name_.end()) {
    identity.service = sqs->second;
    identity.protocol = Protocol::query;
    return {};
  }

  identity.service = find_service(head, host, scope);
  if (identity.service == nullptr) {
    const auto target = head.headers.get("x-amz-target");
    identity.protocol = target || content_type.starts_with("application/x-amz-json") ? Protocol::aws_json_1_0
                        : is_form(content_type)                                      ? Protocol::query
                                                                                     : Protocol::rest_json;
    const std::string service = scope ? scope->service : host.service.empty() ? std::string("unknown") : host.service;
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

Result<void> ServiceTable::identify_action(std::string_view form, Identity& identity) {
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
  const bool is_sqs = identity.service != nullptr && identity.service->descriptor->name == "sqs";
  if (action.empty() && is_sqs) return Error{kUnknownRestOperation, "The request names no operation."};
  if (action.empty()) return Error{kMissingAction, "The request must contain the parameter Action."};
  // A queue's own URL takes what concerns a queue.
  const bool is_for_all = action == "CreateQueue" || action == "ListQueues";
  if (identity.service != nullptr && !(is_for_all && is_queue_path(identity.raw_path))) {
    const auto found = identity.service->by_name.find(action);
    if (found != identity.service->by_name.end()) {
      identity.operation = found->second;
      return {};
    }
  }
  if (is_sqs) return Error{kInvalidAction, "The action " + std::string(action) + " is not valid for this endpoint."};
  return Error{kInvalidAction, "Could not find operation " + std::string(action) + " for version " +
                                   (version.empty() ? std::string("NO_VERSION_SPECIFIED") : std::string(version))};
}

Result<void> ServiceTable::identify_route(const http::RequestHead& head, const NamedHost& host, Identity& identity) {
  const bool is_s3 = identity.protocol == Protocol::rest_xml;
  identity.raw_path = head.raw_path();
  if (is_s3 && !host.bucket.empty()) identity.raw_path = '/' + host.bucket + identity.raw_path;
  Result<wire::QueryPairs> query = wire::parse_query(head.raw_query());
  if (!query.ok()) return is_s3 ? invalid_uri(head) : std::move(query).error();
  identity.query = std::move(query).value();
  identity.route =
      wire::match_route(*identity.service->descriptor, head.method, identity.raw_path, identity.query, head.headers);
  if (identity.route.operation == nullptr) {
    if (is_s3 && !percent_decode(identity.raw_path)) return invalid_uri(head);
    if (is_s3 && head.method == "OPTIONS") {
      identity.is_preflight = true;
      return {};
    }
    if (!is_s3) return Error{kUnknownRestOperation, "The operation " + named_request(head) + " is not implemented."};
    return Error{kNotImplemented, "The operation " + named_request(head) + " is not implemented."};
  }
  if (is_s3) {
    if (const auto foreign = foreign_subresource(*identity.route.operation, identity.query)) {
      return Error{kNotImplemented, "The operation " + head.method + " with the sub-resource '" +
                                        std::string(*foreign) + "' is not implemented."};
    }
  }
  identity.operation = identity.service->entry_of(identity.route.operation);
  return {};
}

}  // namespace cumulet::gateway
