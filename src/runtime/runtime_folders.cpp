#include "runtime/runtime_folders.hpp"

#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "base/folder_removal.hpp"
#include "base/log.hpp"
#include "base/time.hpp"
#include "base/user_data.hpp"
#include "process/sandbox.hpp"
#include "runtime/client_files.hpp"

namespace cumulet::runtime {
namespace {

namespace fs = std::filesystem;

constexpr Milliseconds kCompiling{20'000};

// boto3 and what it needs, Debian's needs included; AWS's runtimes have these and nothing else besides Python's own.
constexpr std::string_view kPythonPackages[] = {"boto3",    "botocore", "s3transfer", "jmespath",
                                                "dateutil", "six.py",   "urllib3",    "requests",
                                                "certifi",  "idna",     "chardet",    "charset_normalizer"};

// Prints the compiled form of each file named in its arguments: its length in a line, then the bytes. They are used
// without a look at the source.
constexpr const char* kCompile =
    "import sys\n"
    "from importlib import _bootstrap_external as e\n"
    "for name in sys.argv[1:]:\n"
    "    path = '/var/runtime/' + name\n"
    "    data = e._code_to_hash_pyc(compile(open(path, 'rb').read(), path, 'exec', dont_inherit=True), bytes(8), "
    "False)\n"
    "    sys.stdout.buffer.write(b'%d\\n' % len(data) + data)\n"
    "print(sys.implementation.cache_tag)\n";

std::optional<fs::path> usable(const fs::path& program) {
  std::error_code ec;
  fs::path real = fs::canonical(program, ec);
  if (ec || ::access(real.c_str(), X_OK) != 0) return std::nullopt;
  if (const auto first = std::next(real.begin()); first == real.end() || *first != "usr") return std::nullopt;
  return real;
}

Result<void> write(const fs::path& file, std::string_view bytes) {
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out << bytes;
  out.close();
  std::error_code ec;
  fs::permissions(file, fs::perms(0644), ec);  // the function's user is not the engine's
  if (!out || ec) return Error{kNoRuntime, "cannot write " + file.string()};
  return {};
}

// "/usr/bin/python3.11" -> "3.11"
std::string version_of(const fs::path& interpreter) {
  const std::string name = interpreter.filename().string();
  const auto digit = name.find_first_of("0123456789");
  return digit == std::string::npos ? "3" : name.substr(digit);
}

void link_packages(const fs::path& interpreter, const fs::path& to) {
  for (const auto package : kPythonPackages) {
    std::error_code ec;
    const fs::path from = find_python_package(interpreter, package).value_or("/usr/lib/python3/dist-packages");
    fs::create_symlink(from / package, to / package, ec);
  }
}

// Beside the sources, so that a cold start does not compile them. The bytes come out of a sandbox in which the
// interpreter can write nothing.
Result<void> compile(const fs::path& interpreter, const fs::path& folder) {
  process::SandboxSpec spec;
  spec.name = "python-client";
  spec.command = {interpreter, "-S", "-E", "-c", kCompile};
  for (const ClientFile& file : python_client()) spec.command.emplace_back(file.name);
  spec.binds = {{folder, "/var/runtime", process::Access::read_only}};
  spec.memory_bytes = 256u << 20;
  std::mutex mutex;
  std::string output, problem;
  spec.on_stdout = [&](std::string_view piece) {
    std::lock_guard lock(mutex);
    output += piece;
  };
  spec.on_stderr = [&](std::string_view piece) {
    std::lock_guard lock(mutex);
    problem += piece;
  };
  CUMULET_TRY(const std::unique_ptr<process::Child> child, process::spawn(std::move(spec)));
  const auto status = child->wait_for(kCompiling);
  if (!status || status->code != 0) {
    child->kill();
    child->wait();
    return Error{kNoRuntime, interpreter.string() + " cannot compile the runtime client: " + problem};
  }
  std::vector<std::string_view> compiled;
  std::string_view left = output;
  for (std::size_t i = 0; i < python_client().size(); ++i) {
    const auto newline = left.find('\n');
    std::size_t length = 0;
    for (const char c : left.substr(0, newline)) length = length * 10 + static_cast<std::size_t>(c - '0');
    left.remove_prefix(newline == left.npos ? left.size() : newline + 1);
    if (length > left.size()) return Error{kNoRuntime, interpreter.string() + " compiled nothing"};
    compiled.push_back(left.substr(0, length));
    left.remove_prefix(length);
  }
  const std::string tag(left.substr(0, left.find('\n')));  // "cpython-311"
  std::error_code ec;
  fs::create_directory(folder / "__pycache__", ec);
  fs::permissions(folder / "__pycache__", fs::perms(0755), ec);
  for (std::size_t i = 0; i < compiled.size(); ++i) {
    const fs::path source(python_client()[i].name);
    CUMULET_CHECK(write(source == kPythonBootstrap
                            ? folder / kCompiledPythonBootstrap
                            : folder / "__pycache__" / (source.stem().string() + '.' + tag + ".pyc"),
                        compiled[i]));
  }
  return {};
}

}  // namespace

std::optional<fs::path> find_interpreter(const Runtime& runtime) {
  if (runtime.family == Family::python) {
    if (auto exact = usable("/usr/bin/python" + std::string(runtime.version))) return exact;
    return usable("/usr/bin/python3");
  }
  if (runtime.family == Family::node)
    for (const char* program : {"/usr/bin/node", "/usr/local/bin/node", "/usr/bin/nodejs"})
      if (auto found = usable(program)) return found;
  return std::nullopt;
}

std::optional<fs::path> find_python_package(const fs::path& interpreter, std::string_view name) {
  const std::string python = "python" + version_of(interpreter);
  const fs::path folders[] = {"/usr/local/lib/" + python + "/dist-packages",
                              "/usr/local/lib/" + python + "/site-packages", "/usr/lib/python3/dist-packages",
                              "/usr/lib/" + python + "/site-packages", "/usr/lib64/" + python + "/site-packages"};
  std::error_code ec;
  for (const auto& folder : folders)
    if (fs::exists(folder / name, ec)) return folder;
  return std::nullopt;
}

std::optional<fs::path> find_node_packages() {
  const char* named = std::getenv("CUMULET_NODE_MODULES");
  const fs::path folder = named && *named ? fs::path(named) : user_data_folder() / "node_modules";
  std::error_code ec;
  return fs::is_directory(folder / "@aws-sdk", ec) ? std::optional(folder) : std::nullopt;
}

Result<fs::path> RuntimeFolders::get(const Runtime& runtime, const fs::path& interpreter) {
  std::lock_guard lock(mutex_);
  const std::string version = version_of(interpreter);
  if (runtime.family == Family::python && version != runtime.version && told_.insert(runtime.name).second)
    log::info("{} functions run on this machine's Python {} ({})", runtime.name, version, interpreter.string());
  const auto found = made_.find(interpreter);
  if (found != made_.end()) return found->second;
  if (made_.empty()) remove_folder(folder_);  // an earlier program's
  const fs::path to = folder_ / interpreter.filename();
  CUMULET_CHECK(make(runtime.family, interpreter, to));
  made_[interpreter] = to;
  return to;
}

Result<void> RuntimeFolders::make(Family family, const fs::path& interpreter, const fs::path& to) {
  std::error_code ec;
  fs::create_directories(to, ec);
  if (ec) return Error{kNoRuntime, "cannot create " + to.string() + ": " + ec.message()};
  fs::permissions(to, fs::perms(0755), ec);
  for (const ClientFile& file : family == Family::python ? python_client() : node_client())
    CUMULET_CHECK(write(to / file.name, file.text));
  if (family == Family::node) fs::create_directory(to / "node_modules", ec);  // where those of the machine are bound
  if (family == Family::python) {
    link_packages(interpreter, to);
    if (auto compiled = compile(interpreter, to); !compiled.ok())
      log::warn("Python functions start a little slower: {}", compiled.error().message());
  }
  return {};
}

}  // namespace cumulet::runtime
