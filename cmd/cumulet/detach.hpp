#pragma once
#include <filesystem>

// An engine in the background.
namespace cumulet::cli {

// Between fork() and the moment when the engine answers. Until then the child writes to its parent's terminal.
class Detached {
 public:
  // Before any thread runs. In the child, which has left the terminal, this returns. The parent waits for ready() of
  // the child for `seconds` at most, and ends: with 0, or with the child's own status, or with 1 after ending it.
  static Detached fork_child(int seconds);

  // From here on what the child writes goes to `folder`/engine.log; what was there before is kept once, as engine.log.1,
  // where it is larger than 10 MB. The parent ends.
  void ready(const std::filesystem::path& folder) const;

 private:
  explicit Detached(int parent) : parent_(parent) {}
  int parent_;
};

}  // namespace cumulet::cli
