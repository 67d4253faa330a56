#pragma once
#include <filesystem>
#include <optional>

#include "aws/auth/sigv4.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"

// The root's own key, where "test" with the secret "test", which everybody knows, is none. It lies in the data folder
// as an AWS shared credentials file (profile "default", mode 0600), so that other clients can be pointed to it as well.
// https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
namespace cumulet::server {

std::filesystem::path root_credentials_file(const std::filesystem::path& data_folder);

// What the file says; nullopt when there is none. Blocking. Error kDataFolder: it cannot be read, or is damaged.
Result<std::optional<auth::Credentials>> read_root_credentials(const std::filesystem::path& data_folder);

// The same, making the file at first: from one moment to the next it is there as a whole, or not at all. For the
// engine, which holds the folder's lock.
Result<auth::Credentials> keep_root_credentials(const std::filesystem::path& data_folder, Random& random);

// Whether a key protects nothing because it is in every tutorial.
bool is_well_known(const auth::Credentials& credentials);

}  // namespace cumulet::server
