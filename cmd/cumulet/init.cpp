#include <CLI/CLI.hpp>
#include <cctype>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <vector>

#include "cmd/cumulet/commands.hpp"
#include "cmd/cumulet/endpoint.hpp"

namespace cumulet::cli {
namespace {

namespace fs = std::filesystem;

struct InitFlags {
  std::string language;
  std::string name;
};

struct File {
  std::string path;  // below the folder of the function's name
  std::string text;
};

constexpr const char* kPythonSource = R"(import json
import logging

logger = logging.getLogger()
logger.setLevel(logging.INFO)


def lambda_handler(event, context):
    logger.info("called with %s", json.dumps(event))
    return {"greeting": f"Hello, {event.get('name', 'world')}!", "function": context.function_name}
)";

constexpr const char* kNodeSource = R"(export const handler = async (event, context) => {
  console.log('called with', JSON.stringify(event));
  return { greeting: `Hello, ${event.name ?? 'world'}!`, function: context.functionName };
};
)";

std::string template_text(const std::string& name, const std::string& runtime, const std::string& handler) {
  return "AWSTemplateFormatVersion: '2010-09-09'\n"
         "Transform: AWS::Serverless-2016-10-31\n"
         "Resources:\n"
         "  Function:\n"
         "    Type: AWS::Serverless::Function\n"
         "    Properties:\n"
         "      FunctionName: " +
         name +
         "\n"
         "      Runtime: " +
         runtime +
         "\n"
         "      Handler: " +
         handler +
         "\n"
         "      CodeUri: src\n"
         "      Timeout: 10\n"
         "      MemorySize: 256\n"
         "Outputs:\n"
         "  FunctionArn:\n"
         "    Value: !GetAtt Function.Arn\n";
}

std::vector<File> files_of(const InitFlags& flags) {
  std::vector<File> files = {{"event.json", "{\"name\": \"you\"}\n"}};
  if (flags.language == "python") {
    files.push_back({"src/lambda_function.py", kPythonSource});
    files.push_back({"template.yaml", template_text(flags.name, "python3.12", "lambda_function.lambda_handler")});
  } else {
    files.push_back({"src/index.mjs", kNodeSource});
    files.push_back({"template.yaml", template_text(flags.name, "nodejs22.x", "index.handler")});
  }
  return files;
}

bool is_function_name(const std::string& name) {
  if (name.empty() || name.size() > 64) return false;
  for (const unsigned char c : name)
    if (!std::isalnum(c) && c != '-' && c != '_') return false;
  return true;
}

void run_init(const InitFlags& flags) {
  if (!is_function_name(flags.name)) fail("a function's name has letters, digits, - and _, 64 at most: " + flags.name);
  const fs::path folder = flags.name;
  std::error_code error;
  if (fs::exists(folder, error)) fail(flags.name + " is there already: nothing was changed");
  for (const File& file : files_of(flags)) {
    const fs::path path = folder / file.path;
    fs::create_directories(path.parent_path(), error);
    std::ofstream out(path, std::ios::binary);
    out << file.text;
    out.close();
    if (!out) fail("cannot write " + path.string());
    std::printf("  %s\n", path.c_str());
  }
  std::printf(
      "\nNext, with an engine at work (cumulet up):\n  cumulet deploy %s/template.yaml\n"
      "  cumulet invoke %s --payload @%s/event.json --logs\n",
      flags.name.c_str(), flags.name.c_str(), flags.name.c_str());
}

}  // namespace

void add_init(::CLI::App& app) {
  const auto flags = std::make_shared<InitFlags>();
  ::CLI::App* command = app.add_subcommand("init", "A new function: its source, its template and a sample event");
  command->add_option("language", flags->language, "python or node")
      ->required()
      ->check(::CLI::IsMember({"python", "node"}));
  command->add_option("name", flags->name, "The function's name, and the folder's")->required();
  command->callback([flags] { run_init(*flags); });
}

}  // namespace cumulet::cli
