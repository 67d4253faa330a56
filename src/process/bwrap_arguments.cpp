#include "process/bwrap_arguments.hpp"

#include <unistd.h>

namespace cumulet::process {
namespace {

namespace fs = std::filesystem;

// What programs need of /etc; each bind costs a start some 50 us. Never the whole folder: run as root we own (and could
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

std::vector<std::string> bwrap_arguments(const SandboxSpec& spec) {
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
    for (const char* path : kEtc)
      if (::access(path, R_OK) == 0) add({"--ro-bind", path, path});
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
