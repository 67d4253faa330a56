#pragma once
#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "archive/descriptor.hpp"
#include "archive/errors.hpp"
#include "base/result.hpp"

struct archive;  // libarchive's
struct archive_entry;

// What all unpackers share: members become files below one folder and nowhere else.
namespace cumulet::archive {

// A member's name as a path below the folder: "." and empty parts are gone; empty for the folder itself. nullopt: it is
// empty, absolute, holds ".." or a zero byte, or a part is longer than a file's name can be.
std::optional<std::filesystem::path> inside_path(std::string_view name);

// A folder that is being filled. Every name is opened from the folder that it stands in, never through a link: links
// that each point inside can lead outside together ("a/x" -> "..", "y" -> "a/x/.."). Blocking.
class Tree {
 public:
  Tree(const std::filesystem::path& root, Limits limits);

  std::size_t members() const { return members_; }
  std::uint64_t bytes() const { return bytes_; }  // of all files
  // One more member. kTooMany.
  Result<void> count();
  // The folder `relative`, made with those above it; what is made has mode 0755.
  Result<Descriptor> folder(const std::filesystem::path& relative);
  // The same of what is there alone; -1 inside when it is not.
  Descriptor existing_folder(const std::filesystem::path& relative);
  // A new file, open for writing. One of that name that is there is cut to nothing first.
  Result<Descriptor> create(const Descriptor& parent, const std::filesystem::path& name, mode_t mode);
  // The data of the member that `reader` stands at.
  Result<void> copy(::archive* reader, const Descriptor& file);

  // Everything is on the disk when it returns.
  Result<void> sync();

  // What went wrong with the last call to the system: a name that is a link or a file where a folder must be, or a
  // disk.
  Error refusal(std::string_view member) const;

 private:
  Descriptor root_;
  Limits limits_;
  std::size_t members_ = 0;
  std::uint64_t bytes_ = 0;
};

Error broken(std::string_view why);
// kDiskFull or kCannotWrite, by errno.
Error disk_error();

// The member's name in UTF-8 where libarchive can give it so, else as it stands; null: none.
const char* name_of(archive_entry* entry);

// Has `unpack` fill a folder beside `folder`, which must not exist, and renames it when that went well: a folder of
// that name is always whole. Nothing is left behind else.
Result<void> unpack_whole(const std::filesystem::path& folder,
                          const std::function<Result<void>(const std::filesystem::path& staging)>& unpack);

}  // namespace cumulet::archive
