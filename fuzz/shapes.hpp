#pragma once
#include "aws/wire/codec.hpp"

// A structure with every kind of member, nested and recursive, for the codec targets.
namespace cumulet::fuzzing {

using wire::member;
using wire::structure;

struct Node {
  std::optional<std::string> name;
  std::vector<Node> children;
  std::map<std::string, std::string> labels;

  static wire::Shape shape() {
    return structure("Node", {member<&Node::name>("Name").range(1, 8).pattern("[a-z*+]+"),
                              member<&Node::children>("Children"), member<&Node::labels>("Labels")});
  }
};

struct Everything {
  std::optional<std::string> text;
  std::optional<int> small;
  std::optional<std::int64_t> big;
  std::optional<double> real;
  std::optional<bool> flag;
  std::optional<wire::Blob> bytes;
  std::optional<TimePoint> at;
  std::vector<std::string> names;
  std::vector<std::string> flat;
  std::map<std::string, std::string> labels;
  std::map<std::string, std::string> flat_map;
  std::optional<Node> tree;
  std::optional<std::string> attribute;

  static wire::Shape shape() {
    using T = Everything;
    return structure("Everything",
                     {member<&T::text>("Text"), member<&T::small>("Small").range(0, 100), member<&T::big>("Big"),
                      member<&T::real>("Real"), member<&T::flag>("Flag"), member<&T::bytes>("Bytes"),
                      member<&T::at>("At").format(wire::TimestampFormat::iso8601_millis), member<&T::names>("Names"),
                      member<&T::flat>("Flat").flattened(), member<&T::labels>("Labels"),
                      member<&T::flat_map>("FlatMap").flattened(), member<&T::tree>("Tree"),
                      member<&T::attribute>("Attribute").attribute()});
  }
};

inline Result<Everything> decoded(wire::Protocol protocol, std::string_view body) {
  static const wire::ServiceDescriptor service;
  static const wire::Operation op = wire::erased<Everything, Everything>("Everything");
  wire::DecodeRequest request;
  request.body = body;
  static const wire::QueryPairs no_query;
  static const http::RequestHead head;
  static const wire::RouteMatch route;
  request.head = &head;
  request.query = &no_query;
  request.route = &route;
  Everything value;
  auto result = wire::decode(protocol, service, op, request, &value);
  if (!result.ok()) return std::move(result).error();
  return value;
}

inline std::string encoded(wire::Protocol protocol, Everything value) {
  static const wire::ServiceDescriptor service;
  static const wire::Operation op = wire::erased<Everything, Everything>("Everything");
  const auto response = wire::encode(protocol, service, op, &value, "r");
  std::string out;
  for (const auto& piece : std::get<0>(response.body.content)) out += std::get<std::string>(piece);
  return out;
}

}  // namespace cumulet::fuzzing
