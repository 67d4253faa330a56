#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <memory>
#include <thread>

#include "base/terminal.hpp"
#include "cmd/cumulet/commands.hpp"
#include "cmd/cumulet/deploy/deployer.hpp"
#include "cmd/cumulet/deploy/folder_watch.hpp"
#include "cmd/cumulet/deploy/package.hpp"
#include "cmd/cumulet/session.hpp"

namespace cumulet::cli {
namespace {

constexpr std::chrono::milliseconds kBetweenLooks{150};

struct DeployFlags {
  std::string template_file;
  std::string stack;
  std::vector<std::string> parameters;
  bool watches = false;
  std::string endpoint;
};

struct DestroyFlags {
  std::string stack;
  bool empty_buckets = false;
  std::string endpoint;
};

// "apps/faceblur/template.yaml" → "faceblur": the file's name, or its folder's where the file is called template.
std::string default_stack_name(const std::filesystem::path& file) {
  std::string name = file.stem().string();
  if (name == "template" || name == "cloudformation")
    name = std::filesystem::absolute(file).parent_path().filename().string();
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '-';
  if (name.empty() || !std::isalpha(static_cast<unsigned char>(name.front()))) name = "stack-" + name;
  return name;
}

std::map<std::string, std::string> parameters_of(const std::vector<std::string>& given) {
  std::map<std::string, std::string> out;
  for (const std::string& one : given) {
    const auto equals = one.find('=');
    if (equals == std::string::npos || equals == 0) fail("--parameter needs name=value, not " + one);
    out[one.substr(0, equals)] = one.substr(equals + 1);
  }
  return out;
}

struct Tally {
  std::map<cloudformation::Action, int> counts;
  std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();

  void operator()(const cloudformation::Step& step) {
    ++counts[step.action];
    const std::string done(cloudformation::text(step.action));
    const std::string detail = step.detail.empty() ? "" : " (" + step.detail + ")";
    std::printf("  %-9s %-34s %-36s %s%s\n", done.c_str(), printable(step.logical_id).c_str(),
                printable(step.type).c_str(), printable(step.physical_id).c_str(), printable(detail).c_str());
    std::fflush(stdout);
  }

  std::string summary() const {
    std::string out;
    for (const auto& [action, count] : counts)
      out += (out.empty() ? "" : ", ") + std::to_string(count) + " " + std::string(cloudformation::text(action));
    const auto ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start).count();
    char seconds[32];
    std::snprintf(seconds, sizeof seconds, " in %.1f s", static_cast<double>(ms) / 1000);
    return (out.empty() ? "nothing to do" : out) + seconds;
  }
};

deploy::Owner this_process() {
  char host[256] = {};
  gethostname(host, sizeof host - 1);
  const auto runs = [](std::int64_t process) {
    return process > 0 && (kill(static_cast<pid_t>(process), 0) == 0 || errno == EPERM);
  };
  return {.host = host, .process = getpid(), .runs = runs};
}

deploy::Surroundings surroundings(Session& session, const Clock& clock, Tally& tally) {
  return {.aws = session.aws,
          .environment = session.environment,
          .random = system_random(),
          .clock = clock,
          .pause = [](std::chrono::milliseconds time) { std::this_thread::sleep_for(time); },
          .on_step = std::ref(tally),
          .on_note = [](const std::string& note) { std::fprintf(stderr, "  note: %s\n", printable(note).c_str()); },
          .owner = this_process()};
}

// Why, what was done about it and where that leaves the stack; empty when nothing failed.
std::string failure_text(const cloudformation::Outcome& outcome, const Tally& tally) {
  const cloudformation::Stack& stack = outcome.stack;
  const std::string destroy = "`cumulet destroy " + stack.name + "`";
  if (!outcome.failure && !outcome.rollback_failure) {
    if (!outcome.cleanup_failure) return "";
    return cloudformation::described(*outcome.cleanup_failure) + "\n  the stack " + stack.name + " is deployed (" +
           stack.status + "), but that is left over; deploying again tries to delete it once more";
  }
  std::string out = outcome.failure ? cloudformation::described(*outcome.failure) + "\n  " : "";
  if (outcome.rollback_failure)
    return out + "rolling the stack " + stack.name +
           " back failed: " + cloudformation::described(*outcome.rollback_failure) + "\n  done: " + tally.summary() +
           "\n  it is in " + stack.status + "; deploying again tries once more, " + destroy +
           " deletes what there is of it";
  const bool creation = cloudformation::is_rolled_back_creation(stack);
  out += std::string("Failed to ") + (creation ? "create" : "update") + " the stack " + stack.name +
         ": it was rolled back (" + stack.status + ")" +
         (creation ? "; deploying again begins anew" : " and is as it was before") + "\n  done: " + tally.summary();
  if (outcome.cleanup_failure)
    out += "\n  left over: " + cloudformation::described(*outcome.cleanup_failure) + "; the next deploy deletes it";
  return out;
}

void deploy_once(Session& session, const DeployFlags& flags) {
  const std::filesystem::path file = flags.template_file;
  auto text = deploy::read_file(file);
  if (!text) fail(text.error());
  const deploy::DeployRequest request{.template_text = std::move(*text),
                                      .folder = std::filesystem::absolute(file).parent_path(),
                                      .stack_name = flags.stack.empty() ? default_stack_name(file) : flags.stack,
                                      .parameters = parameters_of(flags.parameters)};
  std::printf("deploying %s as stack %s to %s (account %s, %s)\n", file.c_str(), request.stack_name.c_str(),
              session.endpoint.url.c_str(), session.environment.account_id.c_str(), session.environment.region.c_str());
  Tally tally;
  const SystemClock clock;
  auto around = surroundings(session, clock, tally);
  const auto outcome = deploy::deploy(around, request);
  std::fflush(stdout);
  if (!outcome) fail(file.string() + ": " + cloudformation::described(outcome.error()));
  if (const std::string why = failure_text(*outcome, tally); !why.empty()) fail(file.string() + ": " + why);
  if (!outcome->stack.outputs.empty()) std::printf("outputs\n");
  for (const auto& [name, value] : outcome->stack.outputs)
    std::printf("  %-30s %s\n", printable(name).c_str(), printable(value.as_string()).c_str());
  std::printf("%s\n", tally.summary().c_str());
}

// The template that a folder has, as SAM names it.
std::string template_here() {
  for (const char* name : {"template.yaml", "template.yml", "template.json"})
    if (std::filesystem::is_regular_file(name)) return name;
  fail("there is no template.yaml, template.yml or template.json in this folder: name the template");
}

void run_deploy(const DeployFlags& given) {
  DeployFlags flags = given;
  if (flags.template_file.empty()) flags.template_file = template_here();
  const auto session = Session::open(flags.endpoint);
  if (!flags.watches) {
    deploy_once(*session, flags);
    return;
  }
  // From before the first deploy on: what is saved meanwhile is not missed.
  deploy::FolderWatch watch(std::filesystem::absolute(flags.template_file).parent_path());
  for (;;) {
    try {
      deploy_once(*session, flags);
    } catch (const ::CLI::RuntimeError&) {
      // It has said why; the next save may be better.
    }
    std::printf("watching %s (Ctrl-C ends it)\n", std::filesystem::absolute(flags.template_file).parent_path().c_str());
    std::fflush(stdout);
    while (!watch.has_changed()) std::this_thread::sleep_for(kBetweenLooks);
  }
}

bool is_full_bucket(const Error& error) {
  return std::ranges::any_of(error.fields(), [](const auto& field) { return field.second == "BucketNotEmpty"; });
}

void run_destroy(const DestroyFlags& flags) {
  const auto session = Session::open(flags.endpoint);
  Tally tally;
  const SystemClock clock;
  auto around = surroundings(*session, clock, tally);
  const auto outcome = deploy::destroy(
      around, flags.stack, flags.empty_buckets ? cloudformation::Buckets::empty : cloudformation::Buckets::keep_full);
  std::fflush(stdout);
  if (!outcome && is_full_bucket(outcome.error()))
    fail(cloudformation::described(outcome.error()) + " (--empty-buckets deletes what is in it)");
  if (!outcome) fail(outcome.error());
  std::printf("%s\n", tally.summary().c_str());
}

}  // namespace

void add_deploy(::CLI::App& app) {
  const auto flags = std::make_shared<DeployFlags>();
  ::CLI::App* command = app.add_subcommand("deploy", "Bring what runs to what a SAM or CloudFormation template says");
  command->footer(
      "Local paths in the template (CodeUri, DefinitionUri) start at its folder. Deploying again changes only\n"
      "what changed and says what. docs/templates.md lists the resource types understood.");
  command
      ->add_option("template", flags->template_file,
                   "Template in YAML or JSON [template.yaml, template.yml or template.json of this folder]")
      ->check(::CLI::ExistingFile);
  command->add_flag("--watch,-w", flags->watches,
                    "Go on, and deploy again whenever a file beside the template is saved");
  command->add_option("--stack", flags->stack, "Stack name [the template's file name, or its folder's]");
  command->add_option("--parameter", flags->parameters, "name=value of a template parameter; may be repeated")
      ->allow_extra_args(false);
  add_endpoint_option(*command, flags->endpoint);
  command->callback([flags] { run_deploy(*flags); });
}

void add_destroy(::CLI::App& app) {
  const auto flags = std::make_shared<DestroyFlags>();
  ::CLI::App* command = app.add_subcommand("destroy", "Delete a stack: all that deploy made, dependents first");
  command->add_option("stack", flags->stack, "Stack name (see: cumulet status)")->required();
  command->add_flag("--empty-buckets", flags->empty_buckets, "Delete the objects in the stack's buckets too");
  add_endpoint_option(*command, flags->endpoint);
  command->callback([flags] { run_destroy(*flags); });
}

}  // namespace cumulet::cli
