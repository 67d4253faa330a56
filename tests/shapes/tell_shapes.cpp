// Prints every operation that the engine describes, with the shapes of its input and output, as JSON: what
// tests/protocol/test_shapes.py holds against AWS's own models. No service runs: only the tables are read.
//
//   {"SERVICE": {"protocols": [...], "operations": {"NAME": {"method", "uri", "input": SHAPE, "output": SHAPE}},
//                "shapes": {SHAPE: {"kind", "members": {NAME: {...}}, "element": SHAPE}}}}
#include <cstddef>
#include <iostream>
#include <map>
#include <string>

#include "aws/wire/operation.hpp"
#include "base/json.hpp"
#include "services/cloudformation/service.hpp"
#include "services/cloudwatch/service.hpp"
#include "services/ecr/service.hpp"
#include "services/iam/service.hpp"
#include "services/lambda/service.hpp"
#include "services/logs/service.hpp"
#include "services/rekognition/service.hpp"
#include "services/s3/service.hpp"
#include "services/sqs/service.hpp"
#include "services/ssm/service.hpp"
#include "services/states/service.hpp"
#include "services/sts/service.hpp"

using namespace cumulet;

namespace {

std::string_view name_of(wire::Kind kind) {
  using wire::Kind;
  switch (kind) {
    case Kind::structure: return "structure";
    case Kind::list: return "list";
    case Kind::map: return "map";
    case Kind::string: return "string";
    case Kind::blob: return "blob";
    case Kind::boolean: return "boolean";
    case Kind::integer: return "integer";
    case Kind::long_: return "long";
    case Kind::float_: return "float";
    case Kind::double_: return "double";
    case Kind::timestamp: return "timestamp";
    case Kind::document: return "document";
    case Kind::input_stream: return "input_stream";
    case Kind::output_body: return "output_body";
  }
  return "";
}

std::string_view name_of(wire::Location location) {
  using wire::Location;
  switch (location) {
    case Location::body: return "";
    case Location::label:
    case Location::greedy_label: return "uri";
    case Location::query:
    case Location::query_map: return "querystring";
    case Location::header: return "header";
    case Location::header_map: return "headers";
    case Location::status_code: return "statusCode";
    case Location::payload: return "payload";
  }
  return "";
}

std::string_view name_of(wire::Protocol protocol) {
  using wire::Protocol;
  switch (protocol) {
    case Protocol::aws_json_1_0:
    case Protocol::aws_json_1_1: return "json";
    case Protocol::query: return "query";
    case Protocol::rest_json: return "rest-json";
    case Protocol::rest_xml: return "rest-xml";
  }
  return "";
}

// The shapes of a service by what they are called here; each once, since they may hold themselves.
class Shapes {
 public:
  std::string id(const wire::Shape& shape) {
    const auto [found, is_new] = ids_.try_emplace(&shape, std::to_string(ids_.size()));
    const std::string id = found->second;
    if (is_new) told_[id] = tell(shape);
    return id;
  }
  json::object told() && { return std::move(told_); }

 private:
  json::object tell(const wire::Shape& shape) {
    json::object out{{"kind", name_of(shape.kind)}, {"name", shape.name}};
    if (shape.kind == wire::Kind::structure) {
      json::object members;
      for (const wire::Member& member : shape.members) members[member.name] = tell(member);
      out["members"] = std::move(members);
    }
    if (shape.element != nullptr) out["element"] = id(*shape.element(shape));
    return out;
  }
  json::object tell(const wire::Member& member) {
    json::object out{{"shape", id(*member.shape(member))}, {"location", name_of(member.location)}};
    if (!member.wire_name.empty()) out["wire_name"] = member.wire_name;
    if (member.is_required) out["required"] = true;
    if (member.is_flattened) out["flattened"] = true;
    if (member.min) out["min"] = *member.min;
    if (member.max) out["max"] = *member.max;
    if (!member.enum_values.empty()) {
      json::array values;
      for (const std::string_view value : member.enum_values) values.emplace_back(value);
      out["enum"] = std::move(values);
    }
    return out;
  }
  std::map<const wire::Shape*, std::string> ids_;
  json::object told_;
};

json::object tell(const wire::ServiceDescriptor& service) {
  Shapes shapes;
  json::object operations;
  for (const wire::Operation& operation : service.operations) {
    operations[operation.name] = json::object{{"method", operation.method},
                                              {"uri", operation.uri},
                                              {"status", operation.success_status},
                                              {"input", shapes.id(*operation.input)},
                                              {"output", shapes.id(*operation.output)}};
  }
  json::array protocols;
  for (const wire::Protocol protocol : service.protocols) protocols.emplace_back(name_of(protocol));
  return {{"protocols", std::move(protocols)},
          {"target_prefix", service.target_prefix},
          {"api_version", service.api_version},
          {"operations", std::move(operations)},
          {"shapes", std::move(shapes).told()}};
}

// The tables keep a reference to their service and touch it only when an operation is called, which none is here.
template <class Service>
json::object told() {
  alignas(Service) static std::byte room[sizeof(Service)];
  return tell(describe(reinterpret_cast<Service&>(room)));
}

// Its describe() stands where its namespace is.
json::object told_cloudformation() {
  using cloudformation::service::CloudFormation;
  alignas(CloudFormation) static std::byte room[sizeof(CloudFormation)];
  return tell(cloudformation::service::describe(reinterpret_cast<CloudFormation&>(room)));
}

}  // namespace

int main() {
  std::cout << json::text(json::object{{"s3", told<s3::S3>()},
                                       {"sqs", told<sqs::Sqs>()},
                                       {"lambda", told<lambda::Lambda>()},
                                       {"stepfunctions", told<states::States>()},
                                       {"rekognition", told<rekognition::Rekognition>()},
                                       {"logs", told<logs::Logs>()},
                                       {"iam", told<iam::Iam>()},
                                       {"sts", told<sts::Sts>()},
                                       {"cloudwatch", told<cloudwatch::CloudWatch>()},
                                       {"ecr", told<ecr::Ecr>()},
                                       {"cloudformation", told_cloudformation()},
                                       {"ssm", told<ssm::Ssm>()}})
            << '\n';
}
