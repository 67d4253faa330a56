#pragma once
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cumulet::process {

// What programs need of a machine's /etc, as one folder that sandboxes bind: copies of its small files, and an own
// passwd and group that name the sandbox's user as Lambda's do. One bind mount instead of ten; each costs a start 0.15
// ms. Never the whole of /etc: run as root we own (and could read) its secrets.
class MachineEtc {
 public:
  // `source`: the machine's /etc. `prefix`: of the temporary folder.
  MachineEtc(std::filesystem::path source, std::string prefix);
  ~MachineEtc() { remove(); }

  // The folder, made anew when a file of the source changed or somebody tidied up the temporary folder; it stays as it
  // is for those that have it already. nullopt: it could not be made. Thread-safe.
  std::optional<std::filesystem::path> folder();
  // What is bound by itself, relative to /etc (such as ssl/certs); its place is in folder().
  static std::vector<std::string_view> folders();
  // Removes the temporary folder, in the process that made it.
  void remove();
  // Removes what programs that were killed left: temporary folders called PREFIX... that nobody holds.
  static void sweep(std::string_view prefix);

 private:
  struct Stamp {
    long long modified = 0;  // ns
    unsigned long long inode = 0;
    long long size = -1;  // -1: absent
    bool operator==(const Stamp&) const = default;
  };
  std::vector<Stamp> stamps() const;
  bool make(const std::filesystem::path& folder) const;
  bool is_whole(const std::filesystem::path& folder) const;

  const std::filesystem::path source_;
  const std::string prefix_;
  std::mutex mutex_;
  std::filesystem::path root_;
  int owner_ = 0;  // pid
  int lock_ = -1;
  std::optional<std::filesystem::path> current_;
  std::vector<Stamp> seen_;
  int generation_ = 0;
};

}  // namespace cumulet::process
