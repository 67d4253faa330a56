#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>

#include "base/encoding.hpp"
#include "base/terminal.hpp"
#include "cmd/cumulet/commands.hpp"
#include "cmd/cumulet/session.hpp"

namespace cumulet::cli {
namespace {

struct InvokeFlags {
  std::string function;
  std::string payload;
  bool wants_logs = false;
  std::string endpoint;
};

std::string read_all(std::istream& in) { return {std::istreambuf_iterator<char>(in), {}}; }

// "TEXT", "@FILE", or "-": the standard input.
std::string payload_of(const std::string& given) {
  if (given == "-") {
    std::string text;
    char buffer[65536];
    for (std::size_t n; (n = std::fread(buffer, 1, sizeof buffer, stdin)) > 0;) text.append(buffer, n);
    return text;
  }
  if (!given.starts_with('@')) return given;
  std::ifstream file(given.substr(1), std::ios::binary);
  if (!file) fail("cannot read " + given.substr(1));
  return read_all(file);
}

void run_invoke(const InvokeFlags& flags) {
  sdk::RestRequest request;
  request.method = "POST";
  request.path = "/2015-03-31/functions/" + percent_encode(flags.function) + "/invocations";
  request.body = payload_of(flags.payload);
  request.max_attempts = 1;  // a function that ran is not run again
  request.headers.add("Content-Type", "application/json");
  if (flags.wants_logs) request.headers.add("X-Amz-Log-Type", "Tail");
  const auto session = Session::open(flags.endpoint);
  const auto answer = session->client.rest("lambda", request);
  if (!answer) fail(answer.error());
  if (const std::string_view log = answer->headers.get_or("X-Amz-Log-Result", ""); !log.empty())
    std::fputs(printable(base64_decode(log).value_or(""), LineEnds::kept).c_str(), stderr);
  // A terminal gets no escapes of strangers; a program gets what the function answered.
  const std::string shown = ::isatty(STDOUT_FILENO) ? printable(answer->body, LineEnds::kept) : answer->body;
  std::fwrite(shown.data(), 1, shown.size(), stdout);
  std::fputc('\n', stdout);
  // What the function reported is its answer; the command has failed all the same.
  if (!answer->headers.get_or("X-Amz-Function-Error", "").empty()) throw ::CLI::RuntimeError(1);
}

}  // namespace

void add_invoke(::CLI::App& app) {
  const auto flags = std::make_shared<InvokeFlags>();
  ::CLI::App* command = app.add_subcommand("invoke", "Calls a function and prints its answer");
  command->add_option("function", flags->function, "Name, NAME:VERSION, NAME:ALIAS or ARN")->required();
  command->add_option("--payload,-p", flags->payload, "The event as JSON: TEXT, @FILE, or - for the standard input");
  command->add_flag("--logs,-l", flags->wants_logs, "What it printed, on the standard error");
  add_endpoint_option(*command, flags->endpoint);
  command->callback([flags] { run_invoke(*flags); });
}

}  // namespace cumulet::cli
