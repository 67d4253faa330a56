#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "aws/auth/sigv4.hpp"
#include "aws/wire/codec.hpp"
#include "aws/wire/operation.hpp"
#include "gateway/metrics.hpp"

// Which service a request is for, on which protocol, and which of its operations. Pure.
namespace cumulet::gateway {

inline constexpr ErrorKind kUnknownService{"UnknownOperationException", 501, "InvalidAction"};
inline constexpr ErrorKind kUnknownJsonOperation{"UnknownOperationException", 400};
inline constexpr ErrorKind kUnknownRestOperation{"UnknownOperationException", 404};
inline constexpr ErrorKind kInvalidAction{"InvalidAction", 400};
inline constexpr ErrorKind kMissingAction{"MissingAction", 400};

struct OperationEntry {
  const wire::Operation* operation = nullptr;
  bool is_streaming = false;  // its input takes the body as a stream
  std::unique_ptr<RequestMetrics::Series> metrics;
};

struct ServiceEntry {
  const wire::ServiceDescriptor* descriptor = nullptr;
  std::vector<OperationEntry> operations;  // as in the descriptor
  std::unordered_map<std::string_view, OperationEntry*> by_name;
  std::unique_ptr<RequestMetrics::Series> unidentified;

  OperationEntry* entry_of(const wire::Operation* operation) {
    return operation == nullptr ? nullptr
                                : &operations[static_cast<std::size_t>(operation - descriptor->operations.data())];
  }
};

// What a Host says: "b.s3.us-east-1.localhost:4566" with suffix "localhost" -> service "s3", bucket "b".
struct NamedHost {
  std::string service;  // empty: none named
  std::string bucket;   // empty: path style
};
// `bucket_service`: the one that has virtual hosts, "s3".
NamedHost read_host(std::string_view host, const std::vector<std::string>& suffixes, std::string_view bucket_service);

struct Identity {
  ServiceEntry* service = nullptr;
  wire::Protocol protocol = wire::Protocol::rest_xml;
  OperationEntry* operation = nullptr;  // Query: known after the body
  std::string region;
  std::string raw_path;       // REST: still encoded, with the bucket of a virtual host in front
  wire::QueryPairs query;     // REST
  wire::RouteMatch route;     // REST
  bool is_preflight = false;  // a browser asks whether a page may send a request; there is no operation
  std::string lacking;        // Query: the service that was asked for and is not here
};

class ServiceTable {
 public:
  ServiceTable(const std::vector<const wire::ServiceDescriptor*>& services, std::vector<std::string> host_suffixes,
               std::string default_region, RequestMetrics* metrics);

  // Fills `identity` as far as it gets, so that an error can be worded for the service and its protocol. `scope`: what
  // the request is signed for, as it says; null: nothing.
  Result<void> identify(const http::RequestHead& head, const auth::Scope* scope, Identity& identity);
  // Whether a request in a place for sites is AWS's all the same. Keys of objects may begin so: the Host names the
  // bucket (or a service), or who sends it signed for the service of objects. And services of AWS have paths below
  // "/v2/": whatever is signed there.
  bool means_aws(const http::RequestHead& head, const auth::Signing& signing) const;
  // Query: the operation named by the form ("Action=CreateRole&Version=2010-05-08").
  Result<void> identify_action(const http::RequestHead& head, std::string_view form, Identity& identity);

  // Of what names no service, and of requests that never become one. Null: there is none.
  const wire::ServiceDescriptor* service_of_the_rest() const { return rest_ == nullptr ? nullptr : rest_->descriptor; }

 private:
  NamedHost host_of(const http::RequestHead& head) const;
  ServiceEntry* find_service(const http::RequestHead& head, const NamedHost& host, const auth::Scope* scope);
  Result<void> identify_target(const http::RequestHead& head, Identity& identity);
  Result<void> identify_route(const http::RequestHead& head, const NamedHost& host, Identity& identity);

  std::vector<std::unique_ptr<ServiceEntry>> services_;
  std::unordered_map<std::string_view, ServiceEntry*> by_signing_name_;
  std::unordered_map<std::string_view, ServiceEntry*> by_target_prefix_;
  std::unordered_map<std::string_view, ServiceEntry*> by_version_;  // Query
  std::vector<ServiceEntry*> claiming_;                             // those with ServiceDescriptor::claims
  ServiceEntry* rest_ = nullptr;
  std::string_view bucket_service_;
  std::vector<std::string> host_suffixes_;
  std::string default_region_;
};

}  // namespace cumulet::gateway
