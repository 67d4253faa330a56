#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <vector>

#include "base/terminal.hpp"
#include "cmd/cumulet/commands.hpp"
#include "cmd/cumulet/deploy/s3_stack_store.hpp"
#include "cmd/cumulet/session.hpp"

namespace cumulet::cli {
namespace {

// Of an answer, for the terminal: names and texts are other people's.
std::string text(const json::value& v, std::string_view name) {
  const json::value* member = json::find(v, name);
  if (!member) return "";
  return printable(member->is_string() ? std::string_view(member->as_string()) : json::text(*member));
}

// Every item of a list operation, page after page; an engine without the operation has none.
template <class Call>
json::array all(Call call, std::string_view list, std::string_view next) {
  json::array out;
  std::string token;
  for (int page = 0; page < 1000; ++page) {
    const Result<json::value> answer = call(token);
    if (!answer) {
      std::printf("  (%s)\n", printable(cloudformation::described(answer.error())).c_str());
      return out;
    }
    if (const auto* items = json::find(*answer, list); items && items->is_array())
      for (const json::value& item : items->as_array()) out.push_back(item);
    token = text(*answer, next);
    if (token.empty() || token == "null") return out;
  }
  return out;
}

json::object page_after(const std::string& marker) {
  json::object input;
  if (!marker.empty()) input["Marker"] = marker;
  return input;
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
    for (const auto& [name, state] : services->as_object()) names += (names.empty() ? "" : " ") + printable(name);
  std::printf("services    %s\n", names.c_str());
  if (const std::string detector = text(*body, "face_detector"); !detector.empty())
    std::printf("detector    %s\n", detector.c_str());
}

void show_stacks(Session& session) {
  deploy::S3StackStore store(session.aws, session.environment);
  const auto names = store.names();
  if (!names) fail(names.error());
  std::printf("stacks      %zu\n", names->size());
  for (const std::string& name : *names) {
    const auto stack = store.load(name);
    if (!stack || !*stack) continue;
    std::printf("  %-30s %-24s %zu resources, %s\n", printable(name).c_str(), printable((*stack)->status).c_str(),
                (*stack)->resources.size(), printable((*stack)->updated_at).c_str());
  }
}

// One line of the metrics page.
struct Sample {
  std::string name;
  std::map<std::string, std::string> labels;
  long long value = 0;
};

// name{label="value",...} number; what is none is passed over.
std::optional<Sample> sample_of(std::string_view line) {
  const auto brace = line.find('{'), end = line.rfind("} ");
  if (line.starts_with('#') || brace == line.npos || end == line.npos) return std::nullopt;
  Sample sample;
  sample.name = line.substr(0, brace);
  sample.value = std::atoll(std::string(line.substr(end + 2)).c_str());
  std::string_view labels = line.substr(brace + 1, end - brace - 1);
  while (!labels.empty()) {
    const auto equals = labels.find("=\""), quote = labels.find('"', equals + 2);
    if (equals == labels.npos || quote == labels.npos) break;
    sample.labels[std::string(labels.substr(0, equals))] = labels.substr(equals + 2, quote - equals - 2);
    labels.remove_prefix(std::min(labels.size(), quote + 2));
  }
  return sample;
}

std::vector<Sample> samples(Session& session) {
  std::vector<Sample> out;
  const auto page = get_signed(session.client, "/_cumulet/metrics");
  if (!page) return out;
  std::istringstream in(*page);
  for (std::string line; std::getline(in, line);)
    if (auto sample = sample_of(line)) out.push_back(std::move(*sample));
  return out;
}

// The value of a metric with that label; `state` empty: any.
long long value_of(const std::vector<Sample>& all, std::string_view name, const std::string& label,
                   const std::string& value, const std::string& state = {}) {
  for (const Sample& sample : all) {
    const auto found = sample.labels.find(label), in = sample.labels.find("state");
    if (sample.name == name && found != sample.labels.end() && found->second == value &&
        (state.empty() || (in != sample.labels.end() && in->second == state)))
      return sample.value;
  }
  return 0;
}

std::string last_part(const std::string& arn) { return arn.substr(arn.rfind(':') + 1); }

void show_queues(const std::vector<Sample>& work) {
  std::vector<std::string> arns;
  for (const Sample& sample : work)
    if (sample.name == "cumulet_queue_messages" && sample.labels.contains("queue") &&
        std::find(arns.begin(), arns.end(), sample.labels.at("queue")) == arns.end())
      arns.push_back(sample.labels.at("queue"));
  std::printf("queues      %zu\n", arns.size());
  const auto count = [&](const std::string& arn, const char* state) {
    return value_of(work, "cumulet_queue_messages", "queue", arn, state);
  };
  for (const std::string& arn : arns)
    std::printf("  %-30s %lld visible, %lld in flight, %lld delayed\n", printable(last_part(arn)).c_str(),
                count(arn, "visible"), count(arn, "in_flight"), count(arn, "delayed"));
}

void show_mappings(Session& session, const std::vector<Sample>& work) {
  const auto call = [&](const std::string& marker) {
    return session.aws.call("lambda", "ListEventSourceMappings", page_after(marker));
  };
  const json::array mappings = all(call, "EventSourceMappings", "NextMarker");
  std::printf("mappings    %zu\n", mappings.size());
  for (const json::value& m : mappings) {
    const std::string uuid = text(m, "UUID");
    std::printf("  %-30s %-12s %lld of %lld batches\n",
                (last_part(text(m, "EventSourceArn")) + " > " + last_part(text(m, "FunctionArn"))).c_str(),
                text(m, "State").c_str(), value_of(work, "cumulet_event_source_batches", "mapping", uuid),
                value_of(work, "cumulet_event_source_batches_limit", "mapping", uuid));
    if (const std::string problem = text(m, "LastProcessingResult"); !problem.empty())
      std::printf("    %s\n", problem.c_str());
  }
}

void show_functions(Session& session, const std::vector<Sample>& work) {
  const auto call = [&](const std::string& marker) {
    return session.aws.call("lambda", "ListFunctions", page_after(marker));
  };
  const json::array functions = all(call, "Functions", "NextMarker");
  std::printf("functions   %zu\n", functions.size());
  for (const json::value& f : functions)
    std::printf("  %-30s %-12s %s MB, %s s, %s bytes, environments: %lld busy, %lld idle\n",
                text(f, "FunctionName").c_str(),
                text(f, text(f, "Runtime").empty() ? "PackageType" : "Runtime").c_str(), text(f, "MemorySize").c_str(),
                text(f, "Timeout").c_str(), text(f, "CodeSize").c_str(),
                value_of(work, "cumulet_function_environments", "function", text(f, "FunctionName"), "busy"),
                value_of(work, "cumulet_function_environments", "function", text(f, "FunctionName"), "idle"));
}

void show_machines(Session& session) {
  const auto list = [&](std::string_view operation, const json::object& input) {
    return [&session, operation, input](const std::string& token) {
      json::object page = input;
      if (!token.empty()) page["nextToken"] = token;
      return session.aws.call("states", operation, page);
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
  const std::vector<Sample> work = samples(*session);
  show_functions(*session, work);
  show_queues(work);
  show_mappings(*session, work);
  show_machines(*session);
}

}  // namespace

void add_status(::CLI::App& app) {
  const auto endpoint = std::make_shared<std::string>();
  ::CLI::App* command = app.add_subcommand(
      "status", "What runs: engine, stacks, functions, queues, event source mappings, machines, running executions");
  add_endpoint_option(*command, *endpoint);
  command->callback([endpoint] { run_status(*endpoint); });
}

}  // namespace cumulet::cli
