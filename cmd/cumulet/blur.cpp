#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "cmd/cumulet/commands.hpp"

namespace cumulet::cli {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::string input, output, model, carry;
};

// holiday.mp4 -> holiday.blurred.mp4
fs::path blurred_name(const fs::path& input) {
  fs::path out = input;
  out.replace_extension();
  out += ".blurred";
  out += input.extension();
  return out;
}

// The work is cumulet-vision's: this program links no decoder of films.
int run(const Options& options) {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error).parent_path() / "cumulet-vision";
  const std::string output = options.output.empty() ? blurred_name(options.input).string() : options.output;
  std::vector<std::string> words{program.string(), "blur", options.input, output};
  if (!options.model.empty()) words.insert(words.end(), {"--model", options.model});
  if (!options.carry.empty()) words.insert(words.end(), {"--carry", options.carry});
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  ::execv(program.c_str(), arguments.data());
  std::fprintf(stderr, "cumulet: %s cannot be started: %s\n", program.c_str(), std::strerror(errno));
  return 1;
}

}  // namespace

void add_blur(CLI::App& app) {
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("blur", "Cover every face of a film at hand, without an engine");
  command->add_option("FILE", options->input, "The film (MP4, MOV)")->required();
  command->add_option("-o,--output", options->output,
                      "Where the result goes (default: FILE with .blurred before its ending)");
  command->add_option("--model", options->model, "The face model's file (default: what set-up fetched)");
  command->add_option("--carry", options->carry, "What else to carry over, with commas: location, data, cover, video");
  command->callback([options] { throw CLI::RuntimeError(run(*options)); });
}

}  // namespace cumulet::cli
