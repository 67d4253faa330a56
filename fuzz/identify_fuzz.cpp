#include "aws/auth/sigv4.hpp"
#include "fuzz/fuzz.hpp"
#include "gateway/identify.hpp"
#include "net/request_parser.hpp"

using namespace cumulet;

namespace {

wire::Operation route(std::string_view name, std::string_view method, std::string_view uri) {
  wire::Operation op;
  op.name = name;
  op.method = method;
  op.uri = uri;
  return op;
}

constexpr std::string_view kSubresources[] = {"acl", "tagging", "uploadId", "website"};

// One service of each protocol, with routes like the real ones.
const std::vector<const wire::ServiceDescriptor*>& services() {
  static const std::vector<wire::ServiceDescriptor> all = [] {
    std::vector<wire::ServiceDescriptor> out(4);
    out[0].name = "s3";
    out[0].signing_names = {"s3express"};
    out[0].protocols = {wire::Protocol::rest_xml};
    out[0].takes_the_rest = out[0].has_virtual_hosts = true;
    out[0].subresources = kSubresources;
    out[0].bad_uri = [](const http::RequestHead& h) { return Error{gateway::kInvalidAction, h.target}; };
    out[0].page_rules = [](const http::RequestHead&, std::string_view, std::string_view) { return http::Headers(); };
    for (const std::string_view method : {"GET", "PUT", "DELETE"})
      for (const std::string_view uri :
           {"/", "/{Bucket}", "/{Bucket}?acl", "/{Bucket}/{Key+}", "/{Bucket}/{Key+}?tagging",
            "/{Bucket}/{Key+}?partNumber&uploadId", "/{Bucket}?list-type=2"})
        out[0].operations.push_back(route(uri, method, uri));
    out[1].name = "lambda";
    out[1].protocols = {wire::Protocol::rest_json};
    out[1].claims = [](const http::RequestHead& h) { return h.raw_path().starts_with("/2015-03-31/"); };
    out[1].operations.push_back(route("ListFunctions", "GET", "/2015-03-31/functions"));
    out[1].operations.push_back(route("Invoke", "POST", "/2015-03-31/functions/{FunctionName}/invocations"));
    out[2].name = "sqs";
    out[2].target_prefix = "AmazonSQS";
    out[2].api_version = "2012-11-05";
    out[2].protocols = {wire::Protocol::aws_json_1_0, wire::Protocol::query};
    out[2].claims = [](const http::RequestHead& h) { return h.raw_path().starts_with("/000000000000/"); };
    out[2].takes_action = [](std::string_view action, std::string_view raw_path) {
      return action != "CreateQueue" || raw_path == "/";
    };
    out[2].no_such_action = [](std::string_view action) { return Error{gateway::kInvalidAction, std::string(action)}; };
    out[2].operations.push_back(route("SendMessage", "POST", "/"));
    out[2].operations.push_back(route("CreateQueue", "POST", "/"));
    out[3].name = "iam";
    out[3].api_version = "2010-05-08";
    out[3].protocols = {wire::Protocol::query};
    out[3].operations.push_back(route("CreateRole", "POST", "/"));
    return out;
  }();
  static const std::vector<const wire::ServiceDescriptor*> pointers = {&all[0], &all[1], &all[2], &all[3]};
  return pointers;
}

}  // namespace

// A whole request: who is asked for what, by path, host, target, form or the scope that it claims. An operation is one
// of the service's own; a host names a part of itself.
CUMULET_FUZZ(bytes) {
  static gateway::ServiceTable table(services(), {"localhost", "amazonaws.com"}, "us-east-1", nullptr);
  net::RequestParser parser;
  parser.start({16u << 10, 8u << 10, 1u << 20});
  http::RequestHead head;
  if (parser.parse_head(bytes, head) != net::RequestParser::Outcome::complete) return;
  const std::string_view body = bytes.substr(parser.head_bytes());

  const gateway::NamedHost host =
      gateway::read_host(head.headers.get_or("host", ""), {"localhost", "amazonaws.com"}, "s3");
  CUMULET_HOLDS(host.bucket.size() + host.service.size() <= head.headers.get_or("host", "").size());
  gateway::Identity identity;
  const auth::Signing signing = auth::parse_signing(head);
  const auto identified = table.identify(head, signing.scope(), identity);
  (void)table.means_aws(head, signing);
  if (identified.ok() && identity.protocol == wire::Protocol::query) {
    const auto action = table.identify_action(head, head.method == "GET" ? head.raw_query() : body, identity);
    CUMULET_HOLDS(action.ok() == (identity.operation != nullptr));
  } else if (identified.ok()) {
    CUMULET_HOLDS(identity.service != nullptr && (identity.operation != nullptr || identity.is_preflight));
  }
  if (identity.operation != nullptr) {
    CUMULET_HOLDS(identity.service->entry_of(identity.operation->operation) == identity.operation);
  }
  (void)auth::with_presigned_headers(head);
}
