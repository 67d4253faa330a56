#include "cmd/cumulet/deploy/folder_watch.hpp"

namespace cumulet::deploy {

namespace fs = std::filesystem;

FolderWatch::State FolderWatch::look() const {
  State state;
  std::error_code error;
  for (fs::recursive_directory_iterator at(folder_, fs::directory_options::skip_permission_denied, error), end;
       !error && at != end; at.increment(error)) {
    if (at->path().filename().string().starts_with('.')) {
      at.disable_recursion_pending();
      continue;
    }
    std::error_code gone;
    if (!at->is_regular_file(gone)) continue;
    const auto time = at->last_write_time(gone);
    const auto size = at->file_size(gone);
    if (!gone) state[at->path().string()] = {time.time_since_epoch().count(), size};
  }
  return state;
}

bool FolderWatch::has_changed() {
  State now = look();
  const bool is_settled = now == last_;
  last_ = std::move(now);
  if (!is_settled || last_ == seen_) return false;
  seen_ = last_;
  return true;
}

}  // namespace cumulet::deploy
