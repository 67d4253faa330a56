#pragma once
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "runtime/runtimes.hpp"

namespace cumulet::runtime {

inline constexpr ErrorKind kNoRuntime{"RuntimeUnavailable", 500};

// The machine's program for a managed runtime: that of its very version where there is one, else any
// ("/usr/bin/python3"). Only below /usr, which is all that sandboxes see. nullopt: none, or a family that has none
// here.
std::optional<std::filesystem::path> find_interpreter(const Runtime& runtime);

// Where `interpreter` has a package of that name ("boto3"): the folder that holds it.
std::optional<std::filesystem::path> find_python_package(const std::filesystem::path& interpreter,
                                                         std::string_view name);
// The folder node_modules with @aws-sdk/* for functions: CUMULET_NODE_MODULES, else in the user's data folder.
std::optional<std::filesystem::path> find_node_packages();

inline constexpr const char* kPythonBootstrap = "bootstrap.py";
inline constexpr const char* kCompiledPythonBootstrap = "bootstrap.pyc";  // absent where it could not be made

// What is /var/runtime inside: the client that speaks the Runtime API, and the AWS SDK's packages of the machine (by
// links, so that one installed afterwards is found). Made at the first use, kept for the program's life. Thread-safe.
class RuntimeFolders {
 public:
  // `folder`: made when it is needed, emptied then.
  explicit RuntimeFolders(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // The folder for functions of `runtime` that `interpreter` executes. Blocks: some 100 ms the first time. Tells the
  // log once when the interpreter is of another version.
  Result<std::filesystem::path> get(const Runtime& runtime, const std::filesystem::path& interpreter);

 private:
  Result<void> make(Family family, const std::filesystem::path& interpreter, const std::filesystem::path& to);

  const std::filesystem::path folder_;
  std::mutex mutex_;
  std::map<std::filesystem::path, std::filesystem::path> made_;  // by interpreter
  std::set<std::string_view> told_;
};

}  // namespace cumulet::runtime
