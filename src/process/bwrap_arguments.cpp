#include "process/bwrap_arguments.hpp"

#include <unistd.h>

#include "process/machine_etc.hpp"

namespace cumulet::process {
namespace {

namespace fs = std::filesystem;

// What programs need of /etc; each bind costs a start 0.15 ms. Never the whole folder: run as root we own (and could
// read) its secrets.
constexpr const char* kEtc[] = {
    "/etc/ld.so.cache", "/etc/resolv.conf",     "/etc/hosts",         "/etc/nsswitch.conf", "/etc/services",
    "/etc/protocols",   "/etc/passwd",          "/etc/group",         "/etc/localtime",     "/etc/alternatives",
    "/etc/ssl/certs",   "/etc/ssl/openssl.cnf", "/etc/pki/tls/certs", "/etc/pki/ca-trust",  "/etc/fonts",
};

bool is_below(const fs::path& path, const fs::path& folder) {
  const fs::path relative = path.lexically_relative(folder);
  return !relative.empty() && *relative.begin() != "..";
}

}  // namespace

std::vector<std::string> bwrap_arguments(const SandboxSpec& spec, const std::optional<fs::path>& etc) {
  std::vector<std::string> args = {
      "--unshare-user",
      "--uid",
      std::to_string(kUid),
      "--gid",
      std::to_string(kGid),
      "--unshare-pid",
      "--unshare-ipc",
      "--new-session",
      "--die-with-parent",
      "--cap-drop",
      "ALL",  // run by root, bwrap would keep them all
  };
  const auto add = [&](std::initializer_list<std::string> more) { args.insert(args.end(), more); };
  if (spec.root == Root::machine) {
    add({"--ro-bind", "/usr", "/usr"});
    for (const char* name : {"bin", "sbin", "lib", "lib32", "lib64", "libx32"}) {
      const fs::path path = fs::path("/") / name;
      std::error_code ec;
      if (fs::is_symlink(path, ec))
        add({"--symlink", fs::read_symlink(path, ec), path});
      else if (fs::is_directory(path, ec))
        add({"--ro-bind", path, path});
    }
    const auto bind = [&](const std::string& path) {
      if (::access(path.c_str(), R_OK) == 0) add({"--ro-bind", path, path});
    };
    if (etc) {
      add({"--ro-bind", *etc, "/etc"});
      for (const auto folder : MachineEtc::folders()) bind("/etc/" + std::string(folder));
    } else {
      for (const char* path : kEtc) bind(path);
    }
    for (const auto& hidden : spec.hidden) {
      std::error_code ec;
      const fs::path real = fs::weakly_canonical(hidden, ec);
      if (!ec && is_below(real, "/usr") && fs::is_directory(real, ec)) add({"--tmpfs", real, "--remount-ro", real});
    }
  }
  add({"--proc", "/proc", "--dev", "/dev", "--remount-ro", "/dev"});  // no /dev/shm to fill: Lambda has none either
  if (spec.tmp.empty())
    add({"--dir", "/tmp"});
  else
    add({"--bind", spec.tmp, "/tmp"});
  for (const Bind& bind : spec.binds)
    add({bind.access == Access::read_write ? "--bind" : "--ro-bind", bind.source, bind.target});
  add({"--remount-ro", "/", "--chdir", spec.working_directory});
  for (const auto& [name, value] : spec.environment) add({"--setenv", name, value});
  return args;
}

}  // namespace cumulet::process
