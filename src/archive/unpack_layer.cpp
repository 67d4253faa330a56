#include "archive/unpack_layer.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <optional>

#include "archive/tree.hpp"
#include "archive/utf8_names.hpp"
#include "base/sha256.hpp"

namespace cumulet::archive {
namespace {

namespace fs = std::filesystem;

struct ReadCloser {
  void operator()(::archive* a) const { archive_read_free(a); }
};
using Reader = std::unique_ptr<::archive, ReadCloser>;

Error at_member(std::string_view name, std::string_view what) {
  return broken("the member '" + std::string(name.substr(0, 200)) + "' " + std::string(what));
}

// The archive without its compression, hashed and counted as it is read.
class Decompressed {
 public:
  Decompressed(const ByteSource& source, std::uint64_t most)
      : source_(source), most_(most), reader_(archive_read_new()) {
    archive_read_support_filter_gzip(reader_.get());
    archive_read_support_filter_zstd(reader_.get());
    archive_read_support_format_raw(reader_.get());
  }

  Result<void> open() {
    archive_entry* entry = nullptr;
    if (archive_read_open(reader_.get(), this, nullptr, &Decompressed::pull, nullptr) != ARCHIVE_OK ||
        archive_read_next_header(reader_.get(), &entry) != ARCHIVE_OK)
      return failure_ ? *failure_ : broken("it is no tar, nor one in gzip or zstd");
    // One compression at most; a bomb could be packed in many.
    if (archive_filter_count(reader_.get()) > 2) return broken("it is compressed more than once");
    return {};
  }
  // The next bytes; empty at the end.
  Result<std::string_view> read() {
    const void* block = nullptr;
    std::size_t size = 0;
    la_int64_t offset = 0;
    while (true) {
      const int status = archive_read_data_block(reader_.get(), &block, &size, &offset);
      if (status == ARCHIVE_EOF) return std::string_view();
      if (status != ARCHIVE_OK) return failure_ ? *failure_ : broken("its compressed data are damaged");
      if (size > 0) break;
    }
    const std::string_view bytes(static_cast<const char*>(block), size);
    seen_ += size;
    if (seen_ > most_) return Error{kTooLarge, "it decompresses to more than " + std::to_string(most_) + " bytes"};
    hash_.update(bytes);
    return bytes;
  }
  std::string digest() { return "sha256:" + hash_.finish_hex(); }

 private:
  static la_ssize_t pull(::archive* reader, void* self, const void** block) {
    auto& me = *static_cast<Decompressed*>(self);
    auto piece = me.source_();
    if (!piece.ok()) {
      me.failure_ = std::move(piece).error();
      archive_set_error(reader, EIO, "the source failed");
      return -1;
    }
    *block = piece->data();
    return static_cast<la_ssize_t>(piece->size());
  }

  const ByteSource& source_;
  std::uint64_t most_;
  Reader reader_;
  Sha256 hash_;
  std::uint64_t seen_ = 0;
  std::optional<Error> failure_;
};

// Rights as a stranger has them.
mode_t as_stranger(mode_t mode) {
  const mode_t rights = mode & 07;
  return rights << 6 | rights << 3 | rights;
}

class Unpacking {
 public:
  Unpacking(Decompressed& tar, const fs::path& folder, Limits limits)
      : tar_(tar), tree_(folder, limits), limits_(limits), reader_(archive_read_new()) {}

  Result<void> run() {
    archive_read_support_format_tar(reader_.get());
    if (archive_read_open(reader_.get(), this, nullptr, &Unpacking::pull, nullptr) != ARCHIVE_OK)
      return because("it is no tar");
    while (true) {
      archive_entry* entry = nullptr;
      const int status = archive_read_next_header(reader_.get(), &entry);
      if (status == ARCHIVE_EOF) break;
      if (status != ARCHIVE_OK && status != ARCHIVE_WARN) return because("a member's header is damaged");
      CUMULET_CHECK(member(entry));
    }
    while (true) {  // what follows the end counts for its digest
      CUMULET_TRY(const std::string_view rest, tar_.read());
      if (rest.empty()) return {};
    }
  }
  std::uint64_t bytes() const { return tree_.bytes(); }
  Result<void> sync() { return tree_.sync(); }

 private:
  static la_ssize_t pull(::archive* reader, void* self, const void** block) {
    auto& me = *static_cast<Unpacking*>(self);
    auto piece = me.tar_.read();
    if (!piece.ok()) {
      me.failure_ = std::move(piece).error();
      archive_set_error(reader, EIO, "the archive failed");
      return -1;
    }
    *block = piece->data();
    return static_cast<la_ssize_t>(piece->size());
  }
  // What the archive below said, else that.
  Error because(std::string_view what) const { return failure_ ? *failure_ : broken(what); }

  Result<void> member(archive_entry* entry) {
    CUMULET_CHECK(tree_.count());
    const char* const name = name_of(entry);
    if (name == nullptr) return broken("a member has no name");
    const auto path = inside_path(name);
    if (!path) return at_member(name, "leads outside");
    const auto type = archive_entry_filetype(entry);
    if (path->empty())  // the root itself
      return type == AE_IFDIR ? Result<void>{} : at_member(name, "takes the root's place");
    CUMULET_CHECK(check_whiteout(name, path->filename().native()));
    if (const char* const target = archive_entry_hardlink(entry)) return hard_link(*path, name, target);
    if (type == AE_IFDIR) return folder(*path, archive_entry_mode(entry));
    CUMULET_TRY(const Descriptor parent, tree_.folder(path->parent_path()));
    CUMULET_CHECK(make_room(parent, *path, name));
    if (type == AE_IFLNK) return symbolic_link(parent, *path, name, entry);
    if (type == AE_IFREG) return file(parent, *path, entry);
    return at_member(name, "is neither file nor folder nor link");
  }

  static Result<void> check_whiteout(std::string_view name, std::string_view last) {
    if (!last.starts_with(kWhiteout)) return {};
    const std::string_view removed = last.substr(kWhiteout.size());
    if (removed.empty() || removed == "." || removed == "..") return at_member(name, "is a whiteout of no name");
    return {};
  }

  // What has the name goes: a file must never be written through, its bytes may have other names.
  Result<void> make_room(const Descriptor& parent, const fs::path& path, std::string_view name) {
    if (::unlinkat(parent.get(), path.filename().c_str(), 0) == 0 || errno == ENOENT) return {};
    if (errno == EISDIR || errno == EPERM) return at_member(name, "takes a folder's place");
    return tree_.refusal(name);
  }

  Result<void> folder(const fs::path& path, mode_t mode) {
    CUMULET_TRY(const Descriptor made, tree_.folder(path));
    if (::fchmod(made.get(), as_stranger(mode) | 0700) != 0) return disk_error();
    return {};
  }

  Result<void> file(const Descriptor& parent, const fs::path& path, archive_entry* entry) {
    const la_int64_t size = archive_entry_size_is_set(entry) ? archive_entry_size(entry) : 0;
    if (size < 0 || static_cast<std::uint64_t>(size) > limits_.bytes)
      return Error{kTooLarge, "it unpacks to more than " + std::to_string(limits_.bytes) + " bytes"};
    CUMULET_TRY(const Descriptor made, tree_.create(parent, path.filename(), 0600));
    if (auto copied = tree_.copy(reader_.get(), made); !copied.ok())
      return failure_ ? *failure_ : std::move(copied).error();
    // A sparse file may end in a hole.
    if (::ftruncate(made.get(), size) != 0 || ::fchmod(made.get(), as_stranger(archive_entry_mode(entry))) != 0)
      return disk_error();
    const timespec times[2] = {time_of(entry), time_of(entry)};
    ::futimens(made.get(), times);
    return {};
  }

  Result<void> symbolic_link(const Descriptor& parent, const fs::path& path, std::string_view name,
                             archive_entry* entry) {
    const char* const target = archive_entry_symlink(entry);
    if (target == nullptr || *target == '\0') return at_member(name, "is a link to nothing");
    if (::symlinkat(target, parent.get(), path.filename().c_str()) != 0) return tree_.refusal(name);
    const timespec times[2] = {time_of(entry), time_of(entry)};
    ::utimensat(parent.get(), path.filename().c_str(), times, AT_SYMLINK_NOFOLLOW);
    return {};
  }

  Result<void> hard_link(const fs::path& path, std::string_view name, const char* target) {
    const auto to = inside_path(target);
    if (!to || to->empty()) return at_member(name, "is a link that leads outside");
    const Descriptor from = tree_.existing_folder(to->parent_path());
    struct stat info {};
    if (from.get() < 0 || ::fstatat(from.get(), to->filename().c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0 ||
        S_ISDIR(info.st_mode))
      return at_member(name, "is a hard link to what is not a file of this layer");
    if (*to == path) return {};
    CUMULET_TRY(const Descriptor parent, tree_.folder(path.parent_path()));
    CUMULET_CHECK(make_room(parent, path, name));
    if (::linkat(from.get(), to->filename().c_str(), parent.get(), path.filename().c_str(), 0) != 0)
      return tree_.refusal(name);
    return {};
  }

  static timespec time_of(archive_entry* entry) {
    return {archive_entry_mtime(entry), archive_entry_mtime_nsec(entry)};
  }

  Decompressed& tar_;
  Tree tree_;
  Limits limits_;
  Reader reader_;
  std::optional<Error> failure_;
};

}  // namespace

Result<Layer> unpack_layer(const ByteSource& source, const fs::path& folder, const LayerLimits& limits, Sync sync) {
  Layer layer;
  CUMULET_CHECK(unpack_whole(folder, [&](const fs::path& staging) -> Result<void> {
    Decompressed tar(source, limits.tar_bytes);
    CUMULET_CHECK(tar.open());
    const Utf8Names names;
    Unpacking unpacking(tar, staging, limits.tree);
    CUMULET_CHECK(unpacking.run());
    if (sync == Sync::to_disk) CUMULET_CHECK(unpacking.sync());
    layer.diff_id = tar.digest();
    layer.bytes = unpacking.bytes();
    return {};
  }));
  return layer;
}

}  // namespace cumulet::archive
