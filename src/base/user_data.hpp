#pragma once
#include <filesystem>

namespace cumulet {

// Where a user's data of this program lies: cumulet in XDG_DATA_HOME, else in ~/.local/share.
// https://specifications.freedesktop.org/basedir-spec/latest/
std::filesystem::path user_data_folder();

}  // namespace cumulet
