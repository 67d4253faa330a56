#include "process/bwrap_arguments.hpp"

#include <unistd.h>

#include <iterator>
#include <set>

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

// Below one of the root's folders that are there before the binds.
bool is_furnished(const fs::path& path) {
  for (const char* name : {"usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32", "etc", "proc", "dev", "tmp"})
    if (*std::next(path.begin()) == name) return true;
  return false;
}

bool is_below(const fs::path& path, const fs::path& folder) {
  const fs::path relative = path.lexically_relative(folder);
  return !relative.empty() && *relative.begin() != "..";
}

}  // namespace

std::vector<std::string> bwrap_arguments(const SandboxSpec& spec, SandboxUser user,
                                         const std::optional<fs::path>& etc) {
  // The user and network namespaces are there already (namespaces.hpp).
  std::vector<std::string> args = {"--unshare-pid",
                                   "--unshare-ipc",
                                   "--unshare-cgroup-try",
                                   "--new-session",
                                   "--die-with-parent",
                                   "--cap-drop",
                                   "ALL"};  // run by root, bwrap would keep them all
  const auto add = [&](std::initializer_list<std::string> more) { args.insert(args.end(), more); };
  if (user == SandboxUser::switched_inside)
    add({"--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--cap-add", "CAP_SETPCAP"});
  else
    add({"--unshare-user", "--uid", std::to_string(kUid), "--gid", std::to_string(kGid)});
  if (spec.root == Root::folder) add({"--ro-bind", spec.root_folder, "/"});
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
  // Over /proc/sys once more: bwrap leaves what it takes for read-only already, judging by the folder's mode.
  add({"--proc", "/proc", "--ro-bind-try", "/proc/sys", "/proc/sys", "--dev", "/dev", "--remount-ro",
       "/dev"});  // no /dev/shm to fill: Lambda has none either
  if (spec.tmp.empty())
    add({"--dir", "/tmp"});
  else
    add({"--bind", spec.tmp, "/tmp"});
  // The folders above, which bwrap would make for its own user alone.
  std::set<fs::path> above;
  for (const Bind& bind : spec.binds)
    for (fs::path at = bind.target.parent_path(); at.has_relative_path(); at = at.parent_path()) above.insert(at);
  for (const fs::path& folder : above)
    if (spec.root != Root::folder && !is_furnished(folder)) add({"--perms", "0755", "--dir", folder});
  if (spec.root == Root::machine && above.insert("/opt").second) add({"--perms", "0755", "--dir", "/opt"});
  for (const Bind& bind : spec.binds)
    add({bind.access == Access::read_write ? "--bind" : "--ro-bind", bind.source, bind.target});
  add({"--remount-ro", "/", "--chdir", spec.working_directory});
  for (const auto& [name, value] : spec.environment) add({"--setenv", name, value});
  return args;
}

}  // namespace cumulet::process
