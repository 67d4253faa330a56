#include "archive/unpack_zip.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "archive/tree.hpp"
#include "archive/utf8_names.hpp"
#include "archive/zip_directory.hpp"

namespace cumulet::archive {
namespace {

namespace fs = std::filesystem;

struct ReadCloser {
  void operator()(::archive* a) const { archive_read_free(a); }
};
using Reader = std::unique_ptr<::archive, ReadCloser>;

Error leads_outside(std::string_view name) {
  return broken("the member '" + std::string(name.substr(0, 200)) + "' leads outside");
}

Result<void> add_file(Tree& tree, ::archive* reader, const fs::path& relative, mode_t mode) {
  CUMULET_TRY(const Descriptor parent, tree.folder(relative.parent_path()));
  const mode_t permissions = mode & 0111 ? 0755 : 0644;
  CUMULET_TRY(const Descriptor file, tree.create(parent, relative.filename(), permissions));
  CUMULET_CHECK(tree.copy(reader, file));
  if (::fdatasync(file.get()) != 0) return disk_error();
  ::fchmod(file.get(), permissions);
  return {};
}

// A link may point anywhere inside, relative to its own folder.
Result<void> add_link(Tree& tree, const fs::path& relative, const char* target) {
  if (target == nullptr || *target == '/' || *target == '\0') return leads_outside(relative.native());
  const fs::path resolved = (relative.parent_path() / target).lexically_normal();
  if (resolved.empty() || *resolved.begin() == "..") return leads_outside(relative.native());
  CUMULET_TRY(const Descriptor parent, tree.folder(relative.parent_path()));
  if (::symlinkat(target, parent.get(), relative.filename().c_str()) != 0) return tree.refusal(relative.native());
  return {};
}

Result<void> add_member(Tree& tree, ::archive* reader, archive_entry* entry) {
  CUMULET_CHECK(tree.count());
  const char* const given = name_of(entry);
  if (given == nullptr) return broken("a member has no name");
  std::string name = given;
  for (auto& c : name)
    if (c == '\\') c = '/';  // Windows zips name folders so
  const auto relative = inside_path(name);
  if (!relative) return leads_outside(name);
  const auto type = archive_entry_filetype(entry);
  if (type == AE_IFDIR) {
    CUMULET_TRY(const Descriptor made, tree.folder(*relative));
    return {};
  }
  if (relative->empty()) return leads_outside(name);
  if (type == AE_IFLNK) return add_link(tree, *relative, archive_entry_symlink(entry));
  if (type == AE_IFREG) return add_file(tree, reader, *relative, archive_entry_mode(entry));
  return broken("the member '" + name.substr(0, 200) + "' is neither file nor folder nor link");
}

Error empty_zip() { return Error{kEmpty, "the zip is empty"}; }

Result<void> unpack_into(std::string_view zip, const fs::path& folder, Limits limits) {
  const Utf8Names names;
  const Reader reader(archive_read_new());
  archive_read_support_format_zip_seekable(reader.get());  // by the directory that was checked
  if (archive_read_open_memory(reader.get(), zip.data(), zip.size()) != ARCHIVE_OK) return broken("it is no zip");
  Tree tree(folder, limits);
  for (;;) {
    archive_entry* entry = nullptr;
    const int status = archive_read_next_header(reader.get(), &entry);
    if (status == ARCHIVE_EOF) return tree.members() > 0 ? Result<void>{} : empty_zip();
    if (status != ARCHIVE_OK && status != ARCHIVE_WARN) return broken("a member's header is damaged");
    CUMULET_CHECK(add_member(tree, reader.get(), entry));
  }
}

}  // namespace

Result<void> unpack_zip(std::string_view zip, const fs::path& folder, Limits limits) {
  if (!is_whole_zip(zip)) return broken("it is no zip, or not the whole of one");
  if (zip.starts_with("PK\5\6")) return empty_zip();  // begins with its end; libarchive takes that for no zip
  return unpack_whole(folder, [&](const fs::path& staging) { return unpack_into(zip, staging, limits); });
}

}  // namespace cumulet::archive
