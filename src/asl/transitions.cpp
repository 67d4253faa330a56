#include "asl/transitions.hpp"

#include <set>

namespace cumulet::asl {
namespace {

struct Edge {
  std::string target, location;
};

// Where a state may lead.
std::vector<Edge> edges_of(const json::object& state, const std::string& at) {
  std::vector<Edge> edges;
  const auto edge = [&edges](const json::object& from, std::string_view field, const std::string& where) {
    if (const auto* v = from.if_contains(field))
      edges.push_back({std::string(v->get_string()), where + "/" + std::string(field)});
  };
  edge(state, "Next", at);
  for (const std::string_view list : {"Choices", "Catch"})
    if (const auto* v = state.if_contains(list))
      for (std::size_t i = 0; i < v->get_array().size(); ++i)
        edge(v->get_array()[i].get_object(), "Next", at + "/" + std::string(list) + "[" + std::to_string(i) + "]");
  edge(state, "Default", at);
  return edges;
}

bool is_terminal(const json::object& state) {
  const std::string_view type = state.at("Type").get_string();
  const auto* end = state.if_contains("End");
  return type == "Succeed" || type == "Fail" || (end && end->get_bool());
}

std::set<std::string> reached_from(const std::string& start, const json::object& states) {
  std::set<std::string> reached;
  std::vector<std::string> open = {start};
  while (!open.empty()) {
    const auto name = open.back();
    open.pop_back();
    const auto* state = states.if_contains(name);
    if (!state || !reached.insert(name).second) continue;
    for (auto& edge : edges_of(state->get_object(), "")) open.push_back(edge.target);
  }
  return reached;
}

}  // namespace

std::vector<Diagnostic> transition_findings(const json::object& machine) {
  std::vector<Diagnostic> out;
  const auto add = [&out](std::string code, std::string message, std::optional<std::string> location) {
    out.push_back({Severity::error, std::move(code), std::move(message), std::move(location)});
  };
  const auto& states = machine.at("States").get_object();
  const std::string start(machine.at("StartAt").get_string());
  if (!states.contains(start)) add("MISSING_TRANSITION_TARGET", "Missing 'Next' target: " + start, "/StartAt");
  bool terminal = false;
  for (const auto& member : states) {
    const auto& state = member.value().get_object();
    for (const auto& edge : edges_of(state, "/States/" + std::string(member.key())))
      if (!states.contains(edge.target))
        add("MISSING_TRANSITION_TARGET", "Missing 'Next' target: " + edge.target, edge.location);
    terminal = terminal || is_terminal(state);
  }
  if (!terminal) {
    add("MISSING_END_STATE", "Workflow has no terminal state", std::nullopt);
    return out;
  }
  const auto reached = reached_from(start, states);
  for (const auto& member : states)
    if (const std::string name(member.key()); !reached.contains(name))
      add("MISSING_TRANSITION_TARGET", "State \"" + name + "\" is not reachable.", "/States/" + name);
  return out;
}

}  // namespace cumulet::asl
