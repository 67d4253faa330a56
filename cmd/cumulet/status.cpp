#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "cmd/cumulet/commands.hpp"
#include "cmd/cumulet/deploy/stack.hpp"
#include "cmd/cumulet/session.hpp"

namespace cumulet::cli {
namespace {

std::string text(const json::value& v, std::string_view name) {
  const json::value* member = json::find(v, name);
  if (!member) return "";
  return member->is_string() ? std::string(member->as_string()) : json::text(*member);
}

// Every item of a list operation, page after page; an engine without the operation has none.
template <class Call>
json::array all(Call call, std::string_view list, std::string_view next) {
  json::array out;
  std::string token;
  for (int page = 0; page < 1000; ++page) {
    const Result<json::value> answer = call(token);
    if (!answer) {
      std::printf("  (%s)\n", deploy::described(answer.error()).c_str());
      return out;
    }
    if (const auto* items = json::find(*answer, list); items && items->is_array())
      for (const json::value& item : items->as_array()) out.push_back(item);
    token = text(*answer, next);
    if (token.empty() || token == "null") return out;
  }
  return out;
}

void show_health(const Session& session) {
  const auto health = get(session.endpoint, "/_cumulet/health");
  if (!health) fail(health.error());
  const auto body = json::parse(*health);
  std::printf("engine      %s, up %s s at %s (account %s, %s)\n", body ? text(*body, "version").c_str() : "?",
              body ? text(*body, "uptime").c_str() : "?", session.endpoint.url.c_str(),
              session.environment.account_id.c_str(), session.environment.region.c_str());
  if (!body) return;
  std::string names;
  if (const auto* services = json::find(*body, "services"); services && services->is_object())
    for (const auto& [name, state] : services->as_object()) names += (names.empty() ? "" : " ") + std::string(name);
  std::printf("services    %s\n", names.c_str());
  if (const std::string detector = text(*body, "face_detector"); !detector.empty())
    std::printf("detector    %s\n", detector.c_str());
}

void show_stacks(Session& session) {
  deploy::StackStore store(session.api, session.environment);
  const auto names = store.names();
  if (!names) fail(names.error());
  std::printf("stacks      %zu\n", names->size());
  for (const std::string& name : *names) {
    const auto stack = store.load(name);
    if (!stack || !*stack) continue;
    std::printf("  %-30s %-12s %zu resources, %s\n", name.c_str(), (*stack)->status.c_str(), (*stack)->resources.size(),
                (*stack)->updated_at.c_str());
  }
}

void show_functions(Session& session) {
  const auto call = [&](const std::string& marker) {
    deploy::Pairs query;
    if (!marker.empty()) query.emplace_back("Marker", marker);
    return session.api.lambda("GET", "/2015-03-31/functions", nullptr, query);
  };
  const json::array functions = all(call, "Functions", "NextMarker");
  std::printf("functions   %zu\n", functions.size());
  for (const json::value& f : functions)
    std::printf("  %-30s %-12s %s MB, %s s, %s bytes\n", text(f, "FunctionName").c_str(),
                text(f, text(f, "Runtime").empty() ? "PackageType" : "Runtime").c_str(), text(f, "MemorySize").c_str(),
                text(f, "Timeout").c_str(), text(f, "CodeSize").c_str());
}

void show_machines(Session& session) {
  const auto list = [&](std::string_view operation, const json::object& input) {
    return [&session, operation, input](const std::string& token) {
      json::object page = input;
      if (!token.empty()) page["nextToken"] = token;
      return session.api.json_call("states", operation, page);
    };
  };
  const json::array machines = all(list("ListStateMachines", {}), "stateMachines", "nextToken");
  std::printf("machines    %zu\n", machines.size());
  for (const json::value& machine : machines) {
    std::printf("  %-30s %s\n", text(machine, "name").c_str(), text(machine, "type").c_str());
    if (text(machine, "type") == "EXPRESS") continue;
    const json::object running{{"stateMachineArn", text(machine, "stateMachineArn")}, {"statusFilter", "RUNNING"}};
    for (const json::value& execution : all(list("ListExecutions", running), "executions", "nextToken"))
      std::printf("    running   %s\n", text(execution, "executionArn").c_str());
  }
}

void run_status(const std::string& endpoint) {
  const auto session = Session::open(endpoint);
  show_health(*session);
  show_stacks(*session);
  show_functions(*session);
  show_machines(*session);
}

}  // namespace

void add_status(::CLI::App& app) {
  const auto endpoint = std::make_shared<std::string>();
  ::CLI::App* command =
      app.add_subcommand("status", "What runs: engine, stacks, functions, machines, running executions");
  add_endpoint_option(*command, *endpoint);
  command->callback([endpoint] { run_status(*endpoint); });
}

}  // namespace cumulet::cli
