#pragma once
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <map>

#include "aws/auth/digest.hpp"
#include "base/manual_time.hpp"
#include "gateway/gateway.hpp"

// The path of a request through small made-up services, one for each protocol.
namespace cumulet::gateway::testing {

using wire::member;
using wire::structure;

struct EchoInput {
  std::optional<std::string> text;

  static wire::Shape shape() { return structure("EchoInput", {member<&EchoInput::text>("Text")}); }
};
struct EchoOutput {
  std::string text;

  static wire::Shape shape() { return structure("EchoOutput", {member<&EchoOutput::text>("Text")}); }
};
struct KeyInput {
  std::string bucket;
  std::string key;
  wire::InputStream body;

  static wire::Shape shape() {
    return structure("KeyInput", {member<&KeyInput::bucket>("Bucket").label().required(),
                                  member<&KeyInput::key>("Key").greedy_label().required(),
                                  member<&KeyInput::body>("Body").payload()});
  }
};
struct KeyOutput {
  std::string result;

  static wire::Shape shape() {
    return structure("KeyOutput", {member<&KeyOutput::result>("Result").header("x-result")});
  }
};
struct BucketInput {
  std::string bucket;

  static wire::Shape shape() {
    return structure("BucketInput", {member<&BucketInput::bucket>("Bucket").label().required()});
  }
};

namespace asio = boost::asio;

inline constexpr ErrorKind kTeapot{"TeapotException", 418};
inline constexpr ErrorKind kNotImplemented{"NotImplemented", 501};
inline constexpr ErrorKind kInvalidUri{"InvalidURI", 400};
inline constexpr ErrorKind kHiddenError{"HiddenError", 500};
inline constexpr std::string_view kSubresources[] = {"acl", "tagging"};

class Services {
 public:
  Result<EchoOutput> echo(const wire::CallContext& context, const EchoInput& input) {
    last_caller = context.caller;
    last_region = context.region;
    if (input.text == "throw") throw std::runtime_error("secret detail");
    if (input.text == "fail") return Error{kTeapot, "short and stout"};
    return EchoOutput{input.text.value_or("nothing")};
  }
  awaitable<Result<EchoOutput>> echo_later(const wire::CallContext&, EchoInput input) {
    EchoOutput output{input.text.value_or("nothing") + " later"};
    co_return output;
  }
  awaitable<Result<KeyOutput>> put(const wire::CallContext& context, KeyInput input) {
    std::string bytes;
    while (input.body.stream) {
      Result<std::string_view> piece = co_await input.body.stream->read();
      if (!piece.ok()) co_return std::move(piece).error();
      if (piece->empty()) break;
      bytes += *piece;
    }
    KeyOutput output{input.bucket + '|' + input.key + '|' + bytes};
    for (const auto& [name, value] : *context.trailers) output.result += '|' + name + '=' + value;
    co_return output;
  }
  Result<EchoOutput> list(const wire::CallContext&, const BucketInput& input) {
    if (input.bucket == "broken") return Error{kInternalFailure, "secret: no space left on device"};
    return EchoOutput{"list of " + input.bucket};
  }

  wire::Principal last_caller;
  std::string last_region;
};

inline wire::ServiceDescriptor machine_service(Services& s) {
  wire::ServiceDescriptor d;
  d.name = "states";
  d.target_prefix = "AWSStepFunctions";
  d.protocols = {wire::Protocol::aws_json_1_0};
  d.operations.push_back(wire::operation("Echo", s, &Services::echo));
  d.operations.push_back(wire::operation("EchoLater", s, &Services::echo_later));
  return d;
}
inline wire::ServiceDescriptor queue_service(Services& s) {  // two protocols
  wire::ServiceDescriptor d;
  d.name = "sqs";
  d.target_prefix = "AmazonSQS";
  d.api_version = "2012-11-05";
  d.xml_namespace = "http://queue.amazonaws.com/doc/2012-11-05/";
  d.protocols = {wire::Protocol::aws_json_1_0, wire::Protocol::query};
  d.claims = [](const http::RequestHead& h) {
    return h.raw_path().starts_with("/queues/") &&
           h.headers.get_or("content-type", "").find("form") != std::string::npos;
  };
  d.takes_action = [](std::string_view, std::string_view raw_path) { return raw_path != "/queues/closed"; };
  d.no_such_action = [](std::string_view action) {
    return Error{kTeapot, "The action " + std::string(action) + " is not valid for this endpoint."};
  };
  d.operations.push_back(wire::operation("Echo", s, &Services::echo));
  return d;
}
inline wire::ServiceDescriptor object_service(Services& s) {
  wire::ServiceDescriptor d;
  d.name = "s3";
  d.xml_namespace = "http://s3.amazonaws.com/doc/2006-03-01/";
  d.protocols = {wire::Protocol::rest_xml};
  d.takes_the_rest = true;
  d.has_virtual_hosts = true;
  d.subresources = kSubresources;
  d.reads_presigned_headers = true;
  d.serves_documents = true;
  d.new_request_id = [] { return std::string("REQUEST-1"); };
  d.add_headers = [](http::Headers& headers, std::string_view request_id) {
    headers.add("x-own", "of " + std::string(request_id));
  };
  d.unknown_operation = &kNotImplemented;
  d.bad_uri = [](const http::RequestHead& h) { return Error{kInvalidUri, "not a URI", {{"URI", h.target}}}; };
  d.body_too_large = [](std::size_t limit) { return Error{kTeapot, "more than " + std::to_string(limit)}; };
  d.internal_error = &kHiddenError;
  d.operations.push_back(wire::operation("PutObject", s, &Services::put).at("PUT", "/{Bucket}/{Key+}"));
  d.operations.push_back(wire::operation("ListObjects", s, &Services::list).at("GET", "/{Bucket}"));
  d.operations.push_back(wire::operation("Describe", s, &Services::echo).at("POST", "/{Bucket}?tagging"));
  return d;
}
inline wire::ServiceDescriptor function_service(Services& s) {
  wire::ServiceDescriptor d;
  d.name = "lambda";
  d.protocols = {wire::Protocol::rest_json};
  d.claims = [](const http::RequestHead& h) { return h.raw_path().starts_with("/2015-03-31/"); };
  d.buffered_body_bytes = 150'000;
  d.operations.push_back(wire::operation("Echo", s, &Services::echo).at("POST", "/2015-03-31/functions"));
  return d;
}

class Keys final : public auth::KeyDirectory {
 public:
  std::optional<auth::KnownKey> find(std::string_view id) const override {
    const auto found = keys.find(std::string(id));
    if (found == keys.end()) return std::nullopt;
    return found->second;
  }
  std::map<std::string, auth::KnownKey> keys;
};

class TextBody final : public http::BodyStream {
 public:
  explicit TextBody(std::string text) : text_(std::move(text)) {}
  awaitable<Result<std::string_view>> read() override {
    if (std::exchange(given_, true)) co_return std::string_view{};
    co_return std::string_view(text_);
  }

 private:
  std::string text_;
  bool given_ = false;
};

class GatewayTest : public ::testing::Test {
 protected:
  GatewayTest() {
    auth::KnownKey root;
    root.credentials = {"AKROOT", "root-secret", ""};
    root.account = "000000000000";
    root.arn = "arn:aws:iam::000000000000:root";
    root.is_root = true;
    keys_.keys["AKROOT"] = root;
    auth::KnownKey session;
    session.credentials = {"ASIATEMP", "temp-secret", "the-token"};
    session.arn = "arn:aws:sts::000000000000:assumed-role/r/s";
    session.expires = time_.now() + Seconds{900};
    keys_.keys["ASIATEMP"] = session;
    make({});
  }

  void make(Options options, Authorizer authorizer = {}) {
    if (options.buffered_body_bytes == Options{}.buffered_body_bytes) options.buffered_body_bytes = 100'000;
    std::vector<Site> sites = sites_;
    sites.push_back(page(
        "/_cumulet/health",
        [](const http::RequestHead&) {
          http::Response r;
          r.body = http::Body(std::string("healthy"));
          return r;
        },
        SiteFor::anyone));
    sites.push_back(page("/_cumulet/files/", [](const http::RequestHead& h) {
      http::Response r;
      r.body = http::Body(h.target);
      return r;
    }));
    gateway_ = std::make_unique<Gateway>(
        options, std::vector<const wire::ServiceDescriptor*>{&machine_, &queue_, &object_, &function_}, keys_, time_,
        pool_.get_executor(), std::move(authorizer), std::move(sites));
  }

  static http::RequestHead head(std::string method, std::string target,
                                std::vector<std::pair<std::string, std::string>> fields = {}) {
    http::RequestHead h;
    h.method = std::move(method);
    h.target = std::move(target);
    h.headers.add("Host", "127.0.0.1:4566");
    for (auto& [name, value] : fields) h.headers.add(std::move(name), std::move(value));
    return h;
  }
  static http::RequestHead json_head(const std::string& target) {
    return head("POST", "/", {{"Content-Type", "application/x-amz-json-1.0"}, {"X-Amz-Target", target}});
  }
  void sign(http::RequestHead& h, const std::string& body, auth::Credentials credentials, const std::string& service) {
    const auth::Scope scope{basic_date(time_.now()), "eu-west-1", service};
    const std::string hash = auth::sha256_hex(body);
    auth::sign(h, credentials, scope, hash, time_.now(), auth::path_style(service));
  }

  http::Response ask(http::RequestHead h, std::string body = {}, Door door = Door::port) {
    if (!body.empty() || h.method == "POST") h.content_length = body.size();
    TextBody stream(std::move(body));
    http::Response response;
    io_.restart();
    auto task = gateway_->handle(h, stream, door);
    std::exception_ptr failure;
    asio::co_spawn(io_, std::move(task), [&](std::exception_ptr e, http::Response r) {
      failure = e;
      response = std::move(r);
    });
    auto work = asio::make_work_guard(io_);
    while (response.headers.size() == 0 && !failure && io_.run_one() > 0) {
    }
    if (failure) std::rethrow_exception(failure);
    return response;
  }
  static std::string text(const http::Response& response) {
    std::string all;
    for (const auto& piece : std::get<0>(response.body.content)) all += std::get<std::string>(piece);
    return all;
  }

  ManualTime time_;
  Keys keys_;
  Services services_;
  wire::ServiceDescriptor machine_ = machine_service(services_);
  wire::ServiceDescriptor queue_ = queue_service(services_);
  wire::ServiceDescriptor object_ = object_service(services_);
  wire::ServiceDescriptor function_ = function_service(services_);
  asio::io_context io_;  // outlives the workers, which post to it
  asio::thread_pool pool_{2};
  std::vector<Site> sites_;  // beside the two that make() adds
  std::unique_ptr<Gateway> gateway_;
};

}  // namespace cumulet::gateway::testing
