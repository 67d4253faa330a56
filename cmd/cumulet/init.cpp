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

constexpr const char* kCppRuntime =
    R"cpp(#pragma once
          // The Lambda Runtime API over one connection, in plain C++ and nothing else.
          // https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string>
#include <utility>

          namespace lambda {

          struct Request {
            std::string payload;  // the event, JSON text
            std::string request_id, deadline_ms, function_arn;
          };

          class Api {
           public:
            Api() {
              const char* named = std::getenv("AWS_LAMBDA_RUNTIME_API");
              host_ = named ? named : "127.0.0.1:9001";
              const auto colon = host_.rfind(':');
              sockaddr_in address{};
              address.sin_family = AF_INET;
              address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(host_.substr(colon + 1))));
              if (::inet_pton(AF_INET, host_.substr(0, colon).c_str(), &address.sin_addr) != 1)
                throw std::runtime_error("no Runtime API at " + host_);
              socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
              const int connected = ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
              if (connected != 0) throw std::runtime_error("cannot connect to " + host_);
            }

            Request next() {
              const auto [head, body] = exchange("GET", "invocation/next", "");
              return {body, field(head, "lambda-runtime-aws-request-id"), field(head, "lambda-runtime-deadline-ms"),
                      field(head, "lambda-runtime-invoked-function-arn")};
            }
            void answer(const Request& request, const std::string& body) {
              exchange("POST", "invocation/" + request.request_id + "/response", body);
            }
            void fail(const Request& request, const std::string& type, const std::string& message) {
              exchange("POST", "invocation/" + request.request_id + "/error",
                       "{\"errorType\":\"" + quoted(type) + "\",\"errorMessage\":\"" + quoted(message) + "\"}",
                       "Lambda-Runtime-Function-Error-Type: " + type + "\r\n");
            }

           private:
            static std::string quoted(const std::string& text) {
              std::string out;
              for (const char c : text) {
                if (c == '"' || c == '\\') out += '\\';
                out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
              }
              return out;
            }
            static std::string field(const std::string& head, const std::string& name) {
              const auto at = head.find("\r\n" + name + ": ");
              if (at == std::string::npos) return {};
              const auto from = at + name.size() + 4;
              return head.substr(from, head.find("\r\n", from) - from);
            }
            std::pair<std::string, std::string> exchange(const std::string& method, const std::string& path,
                                                         const std::string& body, const std::string& more = "") {
              std::string out = method + " /2018-06-01/runtime/" + path + " HTTP/1.1\r\nHost: " + host_ + "\r\n" + more;
              if (method == "POST")
                out += "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
              out += "\r\n" + body;
              for (std::size_t sent = 0; sent < out.size();) {
                const auto n = ::send(socket_, out.data() + sent, out.size() - sent, MSG_NOSIGNAL);
                if (n <= 0) std::exit(1);
                sent += static_cast<std::size_t>(n);
              }
              std::size_t end;
              while ((end = read_.find("\r\n\r\n")) == std::string::npos) receive();
              std::string head = read_.substr(0, end + 2);
              for (std::size_t i = 0, name = 0; i < head.size(); ++i) {  // names in small letters
                if (head[i] == '\n') name = 1;
                if (head[i] == ':') name = 0;
                if (name && head[i] >= 'A' && head[i] <= 'Z') head[i] = static_cast<char>(head[i] + 32);
              }
              const std::string length = field(head, "content-length");
              const std::size_t whole = end + 4 + (length.empty() ? 0 : std::stoul(length));
              while (read_.size() < whole) receive();
              std::string found = read_.substr(end + 4, whole - end - 4);
              read_.erase(0, whole);
              return {head, found};
            }
            void receive() {
              char piece[65536];
              const auto n = ::recv(socket_, piece, sizeof piece, 0);
              if (n <= 0) std::exit(1);
              read_.append(piece, static_cast<std::size_t>(n));
            }

            std::string host_, read_;
            int socket_ = -1;
          };

          // Calls `handler(request)`, which gives the answer as JSON text, for each event, for ever. What it throws is
          // an error of the function.
          template <class Handler>
          [[noreturn]] void run(Handler handler) {
            Api api;
            for (;;) {
              const Request request = api.next();
              try {
                api.answer(request, handler(request));
              } catch (const std::exception& error) {
                api.fail(request, "Error", error.what());
              }
            }
          }

          }  // namespace lambda
)cpp";

constexpr const char* kCppSource = R"cpp(#include <cstdio>

#include "lambda_runtime.hpp"

                                         int main() {
                                           lambda::run([](const lambda::Request& request) {
                                             std::fprintf(stderr, "called with %s\n", request.payload.c_str());
                                             return "{\"greeting\": \"Hello!\", \"event\": " + request.payload + "}";
                                           });
                                         }
)cpp";

constexpr const char* kCppMake =
    R"(# The program that Lambda starts has to be called bootstrap. -static: it needs nothing of the machine that runs it.
build/bootstrap: src/main.cpp src/lambda_runtime.hpp
	mkdir -p build
	$(CXX) -std=c++20 -O2 -static -s -o $@ src/main.cpp
)";

std::string template_text(const std::string& name, const std::string& runtime, const std::string& handler,
                          const std::string& code = "src") {
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
         "      CodeUri: " +
         code +
         "\n"
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
  } else if (flags.language == "cpp") {
    files.push_back({"src/main.cpp", kCppSource});
    files.push_back({"src/lambda_runtime.hpp", kCppRuntime});
    files.push_back({"Makefile", kCppMake});
    files.push_back({"template.yaml", template_text(flags.name, "provided.al2023", "bootstrap", "build")});
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
  std::printf("\nNext, with an engine at work (cumulet up):\n");
  if (flags.language == "cpp") std::printf("  make -C %s\n", flags.name.c_str());
  std::printf(
      "  cumulet deploy %s/template.yaml\n"
      "  cumulet invoke %s --payload @%s/event.json --logs\n",
      flags.name.c_str(), flags.name.c_str(), flags.name.c_str());
}

}  // namespace

void add_init(::CLI::App& app) {
  const auto flags = std::make_shared<InitFlags>();
  ::CLI::App* command = app.add_subcommand("init", "A new function: its source, its template and a sample event");
  command->add_option("language", flags->language, "python, node or cpp")
      ->required()
      ->check(::CLI::IsMember({"python", "node", "cpp"}));
  command->add_option("name", flags->name, "The function's name, and the folder's")->required();
  command->callback([flags] { run_init(*flags); });
}

}  // namespace cumulet::cli
