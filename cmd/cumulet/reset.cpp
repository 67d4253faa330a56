#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cstdio>
#include <functional>
#include <iostream>
#include <memory>
#include <pugixml.hpp>

#include "base/encoding.hpp"
#include "base/terminal.hpp"
#include "cmd/cumulet/commands.hpp"
#include "cmd/cumulet/session.hpp"

namespace cumulet::cli {
namespace {

using json::text_at;

struct ResetFlags {
  std::string service;
  bool is_agreed = false;
  std::string endpoint;
};

template <class T>
T or_fail(Result<T> result) {
  if (!result) fail(result.error());
  return std::move(result).value();
}

// The members named `member` of a list operation's items, of all pages; `member` empty: the items are texts.
std::vector<std::string> listed(Session& session, std::string_view service, std::string_view operation,
                                std::string_view list, std::string_view member, std::string_view input_token,
                                std::string_view output_token) {
  std::vector<std::string> out;
  std::string token;
  do {
    json::object input;
    if (!token.empty()) input[input_token] = token;
    const json::value answer = or_fail(session.aws.call(service, operation, input));
    if (const auto* items = json::find(answer, list); items && items->is_array())
      for (const json::value& item : items->as_array())
        out.push_back(member.empty() ? std::string(item.as_string()) : text_at(item, member));
    token = text_at(answer, output_token);
  } while (!token.empty());
  return out;
}

using Deleted = std::vector<std::pair<std::size_t, const char*>>;  // how many of what

Deleted empty_s3(Session& session) {
  sdk::RestRequest list;
  list.query = "max-buckets=10000";
  const auto answer = or_fail(session.client.rest("s3", list));
  pugi::xml_document xml;
  if (!xml.load_buffer(answer.body.data(), answer.body.size())) fail("the engine's list of buckets cannot be read");
  std::size_t buckets = 0, objects = 0;
  for (const pugi::xml_node node : xml.document_element().child("Buckets").children("Bucket")) {
    const std::string bucket = node.child_value("Name");
    for (;;) {  // the first page anew each time: it was deleted
      const json::value page = or_fail(session.aws.call("s3", "ListObjectsV2", {{"Bucket", bucket}}));
      const json::value* contents = json::find(page, "Contents");
      if (!contents || contents->as_array().empty()) break;
      for (const json::value& object : contents->as_array()) {
        or_fail(session.aws.call("s3", "DeleteObject", {{"Bucket", bucket}, {"Key", text_at(object, "Key")}}));
        ++objects;
      }
    }
    or_fail(session.aws.call("s3", "DeleteBucket", {{"Bucket", bucket}}));
    ++buckets;
  }
  return {{buckets, "buckets"}, {objects, "objects"}};
}

// Each item of a list by one operation.
std::size_t delete_each(Session& session, std::string_view service, std::string_view operation,
                        std::string_view parameter, const std::vector<std::string>& all) {
  for (const std::string& one : all) or_fail(session.aws.call(service, operation, {{parameter, one}}));
  return all.size();
}

Deleted empty_sqs(Session& session) {
  return {{delete_each(session, "sqs", "DeleteQueue", "QueueUrl",
                       listed(session, "sqs", "ListQueues", "QueueUrls", "", "NextToken", "NextToken")),
           "queues"}};
}

Deleted empty_lambda(Session& session) {
  const auto mappings = delete_each(
      session, "lambda", "DeleteEventSourceMapping", "UUID",
      listed(session, "lambda", "ListEventSourceMappings", "EventSourceMappings", "UUID", "Marker", "NextMarker"));
  const auto functions =
      delete_each(session, "lambda", "DeleteFunction", "FunctionName",
                  listed(session, "lambda", "ListFunctions", "Functions", "FunctionName", "Marker", "NextMarker"));
  return {{functions, "functions"}, {mappings, "event source mappings"}};
}

Deleted empty_states(Session& session) {
  return {{delete_each(session, "states", "DeleteStateMachine", "stateMachineArn",
                       listed(session, "states", "ListStateMachines", "stateMachines", "stateMachineArn", "nextToken",
                              "nextToken")),
           "state machines"}};
}

Deleted empty_logs(Session& session) {
  return {{delete_each(
               session, "logs", "DeleteLogGroup", "logGroupName",
               listed(session, "logs", "DescribeLogGroups", "logGroups", "logGroupName", "nextToken", "nextToken")),
           "log groups"}};
}

struct Service {
  const char* name;
  Deleted (*empty)(Session&);
};
constexpr std::array kServices{Service{"s3", empty_s3}, Service{"sqs", empty_sqs}, Service{"lambda", empty_lambda},
                               Service{"states", empty_states}, Service{"logs", empty_logs}};

void ask(const ResetFlags& flags, const std::string& where) {
  if (flags.is_agreed) return;
  if (!::isatty(0)) fail("reset deletes what is in the engine: say --yes where nobody can be asked");
  std::printf("Delete %s in the engine at %s? Type yes: ",
              flags.service.empty() ? "everything" : ("all that is in " + flags.service).c_str(), where.c_str());
  std::fflush(stdout);
  std::string answer;
  std::getline(std::cin, answer);
  if (answer != "yes") fail("nothing was deleted");
}

void run_reset(const ResetFlags& flags) {
  const auto session = Session::open(flags.endpoint);
  ask(flags, session->endpoint.url);
  if (flags.service.empty()) {
    sdk::RestRequest request;
    request.method = "POST";
    request.path = "/_cumulet/v1/reset";
    request.max_attempts = 1;
    or_fail(session->client.rest("cumulet", request));
    health_of(session->endpoint);  // waits for the empty engine
    std::printf("the engine at %s is empty\n", session->endpoint.url.c_str());
    return;
  }
  for (const Service& service : kServices)
    if (flags.service == service.name) {
      std::string text;
      for (const auto& [count, what] : service.empty(*session))
        text += (text.empty() ? "" : ", ") + std::to_string(count) + ' ' + what;
      std::printf("deleted: %s\n", text.c_str());
    }
}

}  // namespace

void add_reset(::CLI::App& app) {
  const auto flags = std::make_shared<ResetFlags>();
  ::CLI::App* command = app.add_subcommand("reset", "Empty the engine, or one service of it");
  std::vector<std::string> names;
  for (const Service& service : kServices) names.emplace_back(service.name);
  command->add_option("service", flags->service, "s3, sqs, lambda, states or logs; none: everything")
      ->check(::CLI::IsMember(names));
  command->add_flag("--yes,-y", flags->is_agreed, "Do not ask");
  add_endpoint_option(*command, flags->endpoint);
  command->callback([flags] { run_reset(*flags); });
}

}  // namespace cumulet::cli
