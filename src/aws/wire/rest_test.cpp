// What the protocol vectors leave open about REST bindings: unreadable values, dates, streams, payloads.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws/wire/codec.hpp"

namespace cumulet::wire {
namespace {

struct ListRequest {
  std::string bucket;
  std::optional<int> max_keys;
  std::optional<std::string> prefix;
  std::optional<TimePoint> if_modified_since;
  std::map<std::string, std::string> metadata;

  static Shape shape() {
    return structure("ListRequest",
                     {member<&ListRequest::bucket>("Bucket").label().required(),
                      member<&ListRequest::max_keys>("MaxKeys").query("max-keys"),
                      member<&ListRequest::prefix>("Prefix").query("prefix"),
                      member<&ListRequest::if_modified_since>("IfModifiedSince").header("If-Modified-Since"),
                      member<&ListRequest::metadata>("Metadata").header_map("x-amz-meta-")});
  }
};
struct PutRequest {
  std::string key;
  std::optional<std::string> content_type;
  InputStream body;

  static Shape shape() {
    return structure("PutRequest", {member<&PutRequest::key>("Key").greedy_label().required(),
                                    member<&PutRequest::content_type>("ContentType").header("Content-Type"),
                                    member<&PutRequest::body>("Body").payload()});
  }
};
struct Contents {
  std::string key;
  TimePoint last_modified;

  static Shape shape() {
    return structure("Object", {member<&Contents::key>("Key"), member<&Contents::last_modified>("LastModified")});
  }
};
struct ListOutput {
  std::optional<std::string> owner;
  std::vector<Contents> contents;
  std::optional<std::string> request_charged;

  static Shape shape() {
    return structure("ListBucketResult",
                     {member<&ListOutput::owner>("Owner"), member<&ListOutput::contents>("Contents").flattened(),
                      member<&ListOutput::request_charged>("RequestCharged").header("x-amz-request-charged")});
  }
};
struct GetOutput {
  std::optional<std::string> content_type;
  http::Body body;

  static Shape shape() {
    return structure("GetOutput", {member<&GetOutput::content_type>("ContentType").header("Content-Type"),
                                   member<&GetOutput::body>("Body").payload()});
  }
};


template <class In>
Result<In> decoded(Protocol protocol, std::string_view uri, const http::RequestHead& head, InputStream stream = {}) {
  ServiceDescriptor service;
  service.operations.push_back(erased<In, Empty>("Op").at("GET", uri));
  const auto query = parse_query(head.raw_query());
  if (!query.ok()) return query.error();
  const RouteMatch route = match_route(service, "GET", head.raw_path(), *query, head.headers);
  EXPECT_NE(route.operation, nullptr);
  DecodeRequest request{&head, &route, &*query, {}, std::move(stream)};
  In input;
  auto result = decode(protocol, service, *route.operation, request, &input);
  if (!result.ok()) return std::move(result).error();
  return input;
}

http::RequestHead head_of(std::string target, std::initializer_list<std::pair<std::string, std::string>> headers = {}) {
  http::RequestHead head;
  head.method = "GET";
  head.target = std::move(target);
  for (const auto& [name, value] : headers) head.headers.add(name, value);
  return head;
}

std::string body_of(const http::Response& response) {
  std::string out;
  for (const auto& piece : std::get<0>(response.body.content)) out += std::get<std::string>(piece);
  return out;
}

TEST(RestRequests, NameTheArgumentThatCannotBeRead) {
  const auto refused = decoded<ListRequest>(Protocol::rest_xml, "/{Bucket}", head_of("/b?max-keys=many"));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), "InvalidArgument");
  EXPECT_EQ(refused.error().message(), "Provided max-keys not an integer or within integer range");
  EXPECT_THAT(refused.error().fields(),
              testing::ElementsAre(testing::Pair("ArgumentName", "max-keys"), testing::Pair("ArgumentValue", "many")));
  EXPECT_FALSE(decoded<ListRequest>(Protocol::rest_xml, "/{Bucket}", head_of("/b?max-keys=99999999999")).ok());
  EXPECT_EQ(decoded<ListRequest>(Protocol::rest_json, "/{Bucket}", head_of("/b?max-keys=many")).error().code(),
            "SerializationException");
}

TEST(RestRequests, TakeAnEmptyNumberForNone) {
  const auto input = decoded<ListRequest>(Protocol::rest_xml, "/{Bucket}", head_of("/b?max-keys=&prefix="));
  ASSERT_TRUE(input.ok());
  EXPECT_EQ(input->max_keys, std::nullopt);
  EXPECT_EQ(input->prefix, "");
}

TEST(RestRequests, PassOverDatesThatAreNone) {
  const auto bad =
      decoded<ListRequest>(Protocol::rest_xml, "/{Bucket}", head_of("/b", {{"if-modified-since", "yesterday"}}));
  ASSERT_TRUE(bad.ok());
  EXPECT_EQ(bad->if_modified_since, std::nullopt);
  const auto good = decoded<ListRequest>(Protocol::rest_xml, "/{Bucket}",
                                         head_of("/b", {{"if-modified-since", "Sun, 30 Aug 2015 12:36:00 GMT"}}));
  EXPECT_EQ(good->if_modified_since, from_millis(1'440'938'160'000));
}

TEST(RestRequests, LowerTheNamesOfMetadata) {
  const auto input = decoded<ListRequest>(Protocol::rest_xml, "/{Bucket}",
                                          head_of("/b", {{"X-Amz-Meta-Color", " Red "}, {"x-amz-meta-", "nameless"}}));
  ASSERT_TRUE(input.ok());
  EXPECT_THAT(input->metadata, testing::ElementsAre(testing::Pair("color", "Red")));
}

TEST(RestRequests, JoinMetadataOfOneNameByCommas) {
  const auto input =
      decoded<ListRequest>(Protocol::rest_xml, "/{Bucket}",
                           head_of("/b", {{"x-amz-meta-a", "1"}, {"x-amz-meta-b", "x"}, {"X-Amz-Meta-A", " 2 "}}));
  ASSERT_TRUE(input.ok());
  EXPECT_THAT(input->metadata, testing::ElementsAre(testing::Pair("a", "1,2"), testing::Pair("b", "x")));
}

TEST(RestRequests, HandTheStreamOn) {
  InputStream stream;
  stream.length = 7;
  const auto input = decoded<PutRequest>(Protocol::rest_xml, "/{Key+}", head_of("/a/%F0%9F%98%80/../x"), stream);
  ASSERT_TRUE(input.ok());
  EXPECT_EQ(input->key, "a/😀/../x");
  EXPECT_EQ(input->body.length, 7u);
}

TEST(RestResponses, WriteXmlAsS3Does) {
  ServiceDescriptor service;
  service.xml_namespace = "http://s3.amazonaws.com/doc/2006-03-01/";
  const Operation op = erased<ListRequest, ListOutput>("List");
  ListOutput output;
  output.contents.push_back({std::string("a\r\n<&>\x01", 7), from_millis(1'440'938'160'000)});
  output.request_charged = "";
  const auto response = encode(Protocol::rest_xml, service, op, &output, "id");
  EXPECT_EQ(body_of(response),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult "
            "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Contents>"
            "<Key>a&#xD;\n&lt;&amp;&gt;&#x01;</Key><LastModified>2015-08-30T12:36:00.000Z</LastModified></Contents></"
            "ListBucketResult>");
  EXPECT_EQ(response.headers.get("x-amz-request-id"), "id");
  EXPECT_FALSE(response.headers.has("x-amz-request-charged"));
}

TEST(RestResponses, MoveTheBodyOut) {
  const ServiceDescriptor service;
  const Operation op = erased<ListRequest, GetOutput>("Get").at("GET", "/", 206);
  GetOutput output{"video/mp4", http::Body("bytes")};
  const auto response = encode(Protocol::rest_xml, service, op, &output, "id");
  EXPECT_EQ(response.status, 206);
  EXPECT_EQ(body_of(response), "bytes");
  EXPECT_EQ(response.headers.get("content-type"), "video/mp4");
}

}  // namespace
}  // namespace cumulet::wire
