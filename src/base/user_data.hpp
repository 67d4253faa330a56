#pragma once
#include <filesystem>

namespace cumulet {

// Where a user's data of this program lies: cumulet in XDG_DATA_HOME, else in ~/.local/share.
// https://specifications.freedesktop.org/basedir-spec/latest/
std::filesystem::path user_data_folder();

// What came with an installed program: share/cumulet beside the lib/cumulet that it lies in. It need not be there.
std::filesystem::path installed_data_folder();

}  // namespace cumulet
