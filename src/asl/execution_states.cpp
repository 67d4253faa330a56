#include <algorithm>
#include <cmath>

#include "asl/bounds.hpp"
#include "asl/choice_operator.hpp"
#include "asl/execution_impl.hpp"
#include "asl/json_path_filter.hpp"

// What each type of state does between its Entered and its Exited event.
namespace cumulet::asl {
namespace {

EventType entered(StateType type) {
  switch (type) {
    case StateType::pass: return EventType::pass_state_entered;
    case StateType::task: return EventType::task_state_entered;
    case StateType::wait: return EventType::wait_state_entered;
    case StateType::choice: return EventType::choice_state_entered;
    case StateType::succeed: return EventType::succeed_state_entered;
    case StateType::fail: return EventType::fail_state_entered;
  }
  return EventType::pass_state_entered;
}

EventType exited(StateType type) { return static_cast<EventType>(static_cast<std::uint8_t>(entered(type)) + 1); }

// A number in [0, 1) that depends on the execution and the event alone, so that a jittered pause is the same after a
// restart.
double fraction_of(std::string_view arn, EventId event) {
  std::uint64_t hash = 1469598103934665603ull ^ static_cast<std::uint64_t>(event);
  for (const char c : arn) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ull;
  return static_cast<double>(SeededRandom(hash).next() >> 11) * 0x1.0p-53;
}

}  // namespace

void Execution::Impl::enter(Branch& b) {
  b.state = b.graph->find(b.target);
  if (!b.state) return fail_execution(b, std::string(kRuntime.code), "There is no state named '" + b.target + "'");
  auto* event = emit(b, entered(b.state->type));
  if (!event) return;
  event->name = b.state->name;
  event->data = b.data.text();
  b.raw_input = std::move(b.data);
  b.data = {};
  b.entered_id = event->id;
  b.entered_at = now_;
  b.attempts.assign(b.state->retriers.size(), 0);
  b.retry_count = 0;
  b.phase = Phase::execute;
}

void Execution::Impl::execute(Branch& b) {
  switch (b.state->type) {
    case StateType::pass: return execute_pass(b);
    case StateType::task: return execute_task(b);
    case StateType::wait: return execute_wait(b);
    case StateType::choice: return execute_choice(b);
    case StateType::succeed: return execute_succeed(b);
    case StateType::fail: return execute_fail(b);
  }
}

json::value Execution::Impl::context(const Branch& b) const {
  json::object state{{"Name", b.state->name}, {"EnteredTime", iso8601_millis(b.entered_at)}};
  if (b.state->type == StateType::task) state["RetryCount"] = b.retry_count;
  return json::object{{"Execution", json::object{{"Id", info.arn},
                                                 {"Input", info.input.value()},
                                                 {"StartTime", iso8601_millis(info.started_at)},
                                                 {"Name", info.name},
                                                 {"RoleArn", info.role_arn},
                                                 {"RedriveCount", 0}}},
                      {"StateMachine", json::object{{"Id", info.machine_arn}, {"Name", info.machine_name}}},
                      {"State", std::move(state)}};
}

Result<Payload> Execution::Impl::effective_input(const Branch& b) {
  const auto& path = b.state->input_path;
  if (path.discard) return Payload::from_value(json::object());
  if (path.path.is_input_root()) return b.raw_input;
  if (path.path.root == Path::Root::input && b.raw_input.value().is_null())
    return Error{kRuntime, std::string(kNullInput)};
  BranchEnvironment env(*this, b, b.raw_input);
  const auto found = path.path.select(env);
  if (!found) return Error{kRuntime, "Invalid path '" + path.path.text + "' : " + found.why_missing()};
  return Payload::from_value(found.value());
}

Result<Payload> Execution::Impl::effective_output(const Branch& b, const Payload& output) {
  const auto& path = b.state->output_path;
  if (path.discard) return Payload::from_value(json::object());
  if (path.path.is_input_root()) return output;
  if (path.path.root == Path::Root::input && output.value().is_null()) return Error{kRuntime, std::string(kNullInput)};
  BranchEnvironment env(*this, b, output);
  const auto found = path.path.select(env);
  if (!found) return Error{kRuntime, "Invalid path '" + path.path.text + "' : " + found.why_missing()};
  return Payload::from_value(found.value());
}

Result<Payload> Execution::Impl::parameters(const Branch& b, const Payload& input) {
  if (!b.state->parameters) return input;
  BranchEnvironment env(*this, b, input);
  CUMULET_TRY(json::value filled, b.state->parameters->fill(env));
  return Payload::from_value(std::move(filled));
}

Result<Payload> Execution::Impl::place_result(const Branch& b, const ResultPath& where, const Payload& result) {
  switch (where.kind) {
    case ResultPath::Kind::replace: return result;
    case ResultPath::Kind::discard: return b.raw_input;
    case ResultPath::Kind::place: break;
  }
  json::value whole = b.raw_input.value();
  if (auto placed = where.path.assign(whole, result.value()); !placed)
    return Error{kReferencePathConflict, std::string(placed.error().message())};
  return Payload::from_value(std::move(whole));
}

Result<Execution::Impl::Assigned> Execution::Impl::assigned(const Branch& b, const std::optional<Template>& assign,
                                                            const Payload& input) {
  if (!assign) return Assigned();
  BranchEnvironment env(*this, b, input);
  CUMULET_TRY(json::value values, assign->fill(env));
  std::size_t room = kMaxPayloadBytes;
  bool fits = take_weight(values, room);
  room = kMaxVariablesBytes;
  for (const auto& [name, value] : b.variables) {
    if (json::find(values, name) != nullptr) continue;
    fits = fits && value.text()->size() <= room;
    room -= std::min(room, value.text()->size());
  }
  if (!fits || !take_weight(values, room))
    return Error{kDataLimitExceeded, "The variables assigned in the state '" + b.state->name +
                                         "' exceed the maximum number of bytes service limit."};
  return Assigned(std::move(values));
}

Result<void> Execution::Impl::check_size(std::string_view name, const Payload& payload) {
  if (payload.text()->size() <= kMaxPayloadBytes) return {};
  return Error{kDataLimitExceeded,
               "The state/task '" + std::string(name) +
                   "' returned a result with a size exceeding the maximum number of bytes service limit."};
}

void Execution::Impl::exit(Branch& b, const Payload& output, std::string target, Assigned variables) {
  auto* event = emit(b, exited(b.state->type));
  if (!event) return;
  event->name = b.state->name;
  event->data = output.text();
  if (variables && variables->is_object() && !variables->get_object().empty()) {
    std::map<std::string_view, const json::value*> sorted;
    for (const auto& member : variables->get_object()) sorted[member.key()] = &member.value();
    json::object texts;
    for (const auto& [variable, value] : sorted) {
      auto text = make_text(json::text(*value));
      texts[variable] = *text;
      b.variables[std::string(variable)] = Payload::from_text(std::move(text));
    }
    event->assigned = make_text(json::text(texts));
  }
  b.data = output;
  b.target = std::move(target);
  b.target_known = true;
  b.phase = Phase::exited;
}

void Execution::Impl::leave(Branch& b, Result<Payload> output, Result<Assigned> variables, std::string target) {
  if (!output) return fail_state(b, output.error());
  if (!variables) return fail_state(b, variables.error());
  auto out = effective_output(b, *output);
  if (!out) return fail_state(b, out.error());
  if (const auto size = check_size(b.state->name, *out); !size) return fail_state(b, size.error());
  exit(b, *out, std::move(target), std::move(*variables));
}

void Execution::Impl::fail_execution(Branch& b, std::optional<std::string> why, std::optional<std::string> because) {
  error = std::move(why);
  cause = std::move(because);
  auto* event = emit(b, EventType::execution_failed);
  event->error = error;
  event->cause = cause;
  end(Status::failed);
}

// A failure of the state itself, not of its task.
void Execution::Impl::fail_state(Branch& b, const Error& failure) {
  // AWS says where it happened, except with these two.
  const bool bare = failure.is(kDataLimitExceeded) || failure.is(kReferencePathConflict);
  const auto because = bare ? std::string(failure.message())
                            : "An error occurred while executing the state '" + b.state->name +
                                  "' (entered at the event id #" + std::to_string(b.entered_id) + "). " +
                                  failure.message();
  if (try_catch(b, failure.code(), because)) return;
  fail_execution(b, std::string(failure.code()), because);
}

void Execution::Impl::execute_pass(Branch& b) {
  auto input = effective_input(b);
  if (!input) return fail_state(b, input.error());
  auto result = b.state->result ? Result<Payload>(b.state->result) : parameters(b, *input);
  if (!result) return fail_state(b, result.error());
  leave(b, place_result(b, b.state->result_path, *result), assigned(b, b.state->assign, *result), b.state->next);
}

void Execution::Impl::execute_succeed(Branch& b) { leave(b, effective_input(b), Assigned(), ""); }

void Execution::Impl::execute_fail(Branch& b) {
  BranchEnvironment env(*this, b, b.raw_input);
  std::optional<std::string> texts[2] = {b.state->error, b.state->cause};
  const std::optional<TextPath>* paths[2] = {&b.state->error_path, &b.state->cause_path};
  const std::string_view fields[2] = {"ErrorPath", "CausePath"};
  for (int i = 0; i < 2; ++i) {
    if (!*paths[i]) continue;
    json::value value;
    if (const auto* path = std::get_if<Path>(&**paths[i])) {
      const auto found = path->select(env);
      if (!found) return fail_state(b, not_found(*path, fields[i], env));
      value = found.value();
    } else {
      auto called = std::get<Intrinsic>(**paths[i]).call(env, fields[i]);
      if (!called) return fail_state(b, called.error());
      value = std::move(*called);
    }
    if (!value.is_string())
      return fail_state(b, Error{kRuntime, "The " + std::string(fields[i]) + " field refers to value \"" +
                                               json::text(value) + "\" which is not a valid string"});
    texts[i] = std::string(value.get_string());
  }
  fail_execution(b, std::move(texts[0]), std::move(texts[1]));
}

void Execution::Impl::execute_wait(Branch& b) {
  const auto& s = *b.state;
  const auto refuse = [&](std::string what) { fail_state(b, Error{kRuntime, std::move(what)}); };
  auto input = effective_input(b);
  if (!input) return fail_state(b, input.error());
  BranchEnvironment env(*this, b, *input);
  b.due = b.entered_at;
  if (s.seconds) {
    b.due += Seconds(*s.seconds);
  } else if (s.timestamp) {
    b.due = *s.timestamp;
  } else if (s.seconds_path) {
    const auto found = s.seconds_path->select(env);
    const auto& path = s.seconds_path->text;
    if (!found) return refuse("The SecondsPath parameter does not reference an input value: " + path);
    const auto value = as_number(found.value());
    const auto shown =
        path +
        " == " + (found.value().is_string() ? std::string(found.value().get_string()) : json::text(found.value()));
    if (!value || found.value().is_double())
      return refuse("The SecondsPath parameter cannot be parsed as a long value: " + shown);
    if (*value < 0) return refuse("The SecondsPath parameter references a negative value: " + shown);
    b.due += Seconds(static_cast<std::int64_t>(std::min(*value, 99'999'999.0)));
  } else if (s.timestamp_path) {
    const auto found = s.timestamp_path->select(env);
    const auto& path = s.timestamp_path->text;
    if (!found) return refuse("The TimestampPath parameter does not reference an input value: " + path);
    const auto* text = found.value().if_string();
    const auto when = text ? parse_iso8601(std::string_view(*text)) : std::nullopt;
    if (!when)
      return refuse(
          "The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: " +
          path + " == " + (text ? std::string(*text) : json::text(found.value())));
    b.due = *when;
  }
  if (b.due > now_) {
    b.phase = Phase::waiting;
    return;
  }
  leave(b, *input, assigned(b, s.assign, *input), s.next);
}

const Rule* Execution::Impl::choose(const Branch& b, const Environment& env, std::optional<Error>& failure) {
  for (const auto& rule : b.state->choices) {
    const auto held = holds(rule, env);
    if (!held) {
      failure = held.error();
      return nullptr;
    }
    if (*held) return &rule;
  }
  return nullptr;
}

void Execution::Impl::execute_choice(Branch& b) {
  auto input = effective_input(b);
  if (!input) return fail_state(b, input.error());
  BranchEnvironment env(*this, b, *input);
  std::optional<Error> failure;
  const Rule* rule = choose(b, env, failure);
  if (failure) return fail_state(b, *failure);
  if (!rule && b.state->default_state.empty())
    // AWS answers States.Runtime here, not the specification's States.NoChoiceMatched.
    return fail_state(
        b, Error{kRuntime, "Failed to transition out of the state. The state does not point to a next state."});
  leave(b, *input, assigned(b, rule ? rule->assign : b.state->assign, *input),
        rule ? rule->next : b.state->default_state);
}

void Execution::Impl::execute_task(Branch& b) {
  const auto& s = *b.state;
  auto input = effective_input(b);
  if (!input) return fail_state(b, input.error());
  auto payload = parameters(b, *input);
  if (!payload) {
    // The specification's own name for it, for those who catch it by that name.
    const bool named =
        payload.error().is(kRuntime) && std::any_of(s.catchers.begin(), s.catchers.end(), [](const Catcher& c) {
          return std::find(c.errors.begin(), c.errors.end(), kParameterPathFailure.code) != c.errors.end();
        });
    return fail_state(b, named ? Error{kParameterPathFailure, payload.error().message()} : payload.error());
  }
  BranchEnvironment env(*this, b, *input);
  const auto seconds = [&](std::string_view field, const std::optional<std::int64_t>& literal,
                           const std::optional<Path>& path) -> Result<std::optional<std::int64_t>> {
    if (!path) return literal;
    const auto found = path->select(env);
    if (!found)
      return Error{kRuntime,
                   "The " + std::string(field) + " parameter does not reference an input value: " + path->text};
    const auto value = as_number(found.value());
    if (!value || found.value().is_double() || *value <= 0)
      return Error{kRuntime, "The " + std::string(field) + " field refers to value \"" + json::text(found.value()) +
                                 "\" which is not a valid integer: " + path->text};
    return std::optional<std::int64_t>(static_cast<std::int64_t>(std::min(*value, 99'999'999.0)));
  };
  auto timeout = seconds("TimeoutSecondsPath", s.timeout_seconds, s.timeout_seconds_path);
  if (!timeout) return fail_state(b, timeout.error());
  auto heartbeat = seconds("HeartbeatSecondsPath", s.heartbeat_seconds, s.heartbeat_seconds_path);
  if (!heartbeat) return fail_state(b, heartbeat.error());
  if (*heartbeat && *timeout && **heartbeat >= **timeout) heartbeat = std::optional<std::int64_t>();

  const bool direct = s.resource.find(":function:") != std::string::npos;
  auto* event = emit(b, direct ? EventType::lambda_function_scheduled : EventType::task_scheduled);
  if (!event) return;
  event->data = payload->text();
  event->timeout_seconds = *timeout;
  event->heartbeat_seconds = *heartbeat;
  if (direct) {
    event->resource = s.resource;
  } else {
    event->resource = "invoke";
    event->resource_type = "lambda";
    event->region = info.region;
  }
  b.task = event->id;
  b.scheduled_at = now_;
  b.task_payload = event->data;
  b.timeout_seconds = *timeout;
  b.heartbeat_seconds = *heartbeat;
  b.phase = Phase::task_scheduled;
}

void Execution::Impl::task_result(Branch& b) {
  Payload result = b.result;
  if (b.state->result_selector) {
    BranchEnvironment env(*this, b, result);
    auto filled = b.state->result_selector->fill(env);
    if (!filled) return fail_state(b, filled.error());
    result = Payload::from_value(std::move(*filled));
  }
  leave(b, place_result(b, b.state->result_path, result), assigned(b, b.state->assign, result), b.state->next);
}

bool Execution::Impl::handled(const Branch& b, const std::vector<std::string>& names, std::string_view error) const {
  if (handles(names, error)) return true;
  const auto named = [&names](const ErrorKind& kind) {
    return std::find(names.begin(), names.end(), kind.code) != names.end();
  };
  if (error == kReferencePathConflict.code && named(kResultPathMatchFailure)) return true;
  const bool beat_missed = error == kTimeout.code && b.heartbeat_seconds &&
                           (!b.timeout_seconds || b.failed_at < b.scheduled_at + Seconds(*b.timeout_seconds));
  return beat_missed && named(kHeartbeatTimeout);
}

int Execution::Impl::next_retrier(const Branch& b, std::string_view error) const {
  for (std::size_t i = 0; i < b.state->retriers.size(); ++i)
    if (handled(b, b.state->retriers[i].errors, error))
      return b.attempts[i] < b.state->retriers[i].max_attempts ? static_cast<int>(i) : -1;
  return -1;
}

void Execution::Impl::count_retry(Branch& b, int retrier) {
  if (retrier >= 0) ++b.attempts[static_cast<std::size_t>(retrier)];
  ++b.retry_count;
}

void Execution::Impl::task_failure(Branch& b) {
  if (const int retrier = next_retrier(b, b.error); retrier >= 0) {
    count_retry(b, retrier);
    const auto& r = b.state->retriers[static_cast<std::size_t>(retrier)];
    b.due =
        b.failed_at + retry_delay(r, b.attempts[static_cast<std::size_t>(retrier)], fraction_of(info.arn, b.failed_id));
    b.phase = Phase::retry_wait;
    return;
  }
  if (try_catch(b, b.error, b.cause)) return;
  fail_execution(b, b.error, b.cause.empty() ? std::nullopt : std::optional(b.cause));
}

bool Execution::Impl::try_catch(Branch& b, std::string_view why, std::string_view because) {
  const auto& catchers = b.state->catchers;
  const auto catcher =
      std::find_if(catchers.begin(), catchers.end(), [&](const Catcher& c) { return handled(b, c.errors, why); });
  if (catcher == catchers.end()) return false;
  json::object description{{"Error", why}};
  if (!because.empty()) description["Cause"] = because;
  const auto result = Payload::from_value(std::move(description));
  auto output = place_result(b, catcher->result_path, result);
  auto variables = assigned(b, catcher->assign, result);
  if (!output || !variables) return false;
  exit(b, *output, catcher->next, std::move(*variables));
  return true;
}

}  // namespace cumulet::asl
