#include "cmd/cumulet/client_environment.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "runtime/client_files.hpp"

namespace cumulet::cli {
namespace {

namespace fs = std::filesystem;

// Python imports this at its start. It hands on to the machine's own module of the name, and fits botocore once a
// program has imported it.
constexpr std::string_view kSiteCustomize = R"python("""Written by `cumulet run`: boto3 before 1.28 learns AWS_ENDPOINT_URL."""
import importlib.machinery
import importlib.util
import os
import sys

_here = os.path.dirname(os.path.abspath(__file__))


class _FitAfterImport:
    def find_spec(self, name, path=None, target=None):
        if name != "botocore.session":
            return None
        for finder in sys.meta_path:
            spec = None if finder is self else finder.find_spec(name, path, target)
            if spec is not None:
                break
        else:
            return None
        execute = spec.loader.exec_module

        def execute_and_fit(module):
            execute(module)
            import cumulet_boto
            cumulet_boto.fit(module)

        spec.loader.exec_module = execute_and_fit
        return spec


sys.meta_path.insert(0, _FitAfterImport())
_other = importlib.machinery.PathFinder.find_spec("sitecustomize", [p for p in sys.path if os.path.abspath(p) != _here])
if _other is not None:
    _other.loader.exec_module(importlib.util.module_from_spec(_other))
)python";

fs::path cache_folder() {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  if (cache && *cache == '/') return fs::path(cache) / "cumulet";
  const char* home = std::getenv("HOME");
  return fs::path(home && *home ? home : "/tmp") / ".cache" / "cumulet";
}

// Whole or not at all: another `cumulet run` may read it just now.
bool write_whole(const fs::path& file, std::string_view text) {
  const fs::path piece = file.string() + "." + std::to_string(::getpid());
  {
    std::ofstream out(piece, std::ios::binary);
    out << text;
    if (!out.flush()) return false;
  }
  std::error_code error;
  fs::rename(piece, file, error);
  return !error;
}

}  // namespace

void set_client_environment(const Endpoint& e) {
  for (const auto& [name, value] : {std::pair<const char*, std::string>{"AWS_ENDPOINT_URL", e.url},
                                    {"AWS_ACCESS_KEY_ID", e.access_key_id},
                                    {"AWS_SECRET_ACCESS_KEY", e.secret_access_key},
                                    {"AWS_REGION", e.region},
                                    {"AWS_DEFAULT_REGION", e.region},
                                    {"AWS_CONFIG_FILE", "/dev/null"},
                                    {"AWS_SHARED_CREDENTIALS_FILE", "/dev/null"},
                                    {"AWS_EC2_METADATA_DISABLED", "true"},
                                    {"AWS_PAGER", ""}})
    setenv(name, value.c_str(), 1);
  if (e.session_token.empty())
    unsetenv("AWS_SESSION_TOKEN");
  else
    setenv("AWS_SESSION_TOKEN", e.session_token.c_str(), 1);
  // An endpoint of one service would go before ours.
  std::vector<std::string> others{"AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"};
  for (char** variable = environ; *variable; ++variable)
    if (const std::string_view one(*variable); one.starts_with("AWS_ENDPOINT_URL_"))
      others.emplace_back(one.substr(0, one.find('=')));
  for (const std::string& name : others) unsetenv(name.c_str());
}

void teach_old_boto() {
  const fs::path folder = cache_folder() / "python";
  std::error_code error;
  fs::create_directories(folder, error);
  const auto files = runtime::python_client();
  const auto fitting = std::ranges::find(files, std::string_view("cumulet_boto.py"), &runtime::ClientFile::name);
  if (!write_whole(folder / "sitecustomize.py", kSiteCustomize) ||
      !write_whole(folder / "cumulet_boto.py", fitting->text))
    fail("cannot write " + folder.string() + ", by which old boto3 is led to the engine: set XDG_CACHE_HOME to a folder that can be written");
  const char* before = std::getenv("PYTHONPATH");
  setenv("PYTHONPATH", (folder.string() + (before && *before ? ":" + std::string(before) : "")).c_str(), 1);
}

void run_in_place(std::vector<std::string> words, const std::string& hint) {
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  execvp(argv.front(), argv.data());
  fail("cannot run " + words.front() + ": " + std::strerror(errno) + "; " + hint);
}

}  // namespace cumulet::cli
