#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/http.hpp"
#include "base/result.hpp"

namespace cumulet::storage {

// What a sweep does with published blobs that no row names. A kill leaves a few; many of them mean that the database is
// not the one that they were written with, and then they are moved to <folder>/../set-aside, where nobody deletes them.
enum class Orphans { deleted_when_few, set_aside };

// Immutable files under <data>/blobs, named by random ids (never by anything a client sent). A blob exists once
// publish() returned: its bytes and its directory entry are on disk, so that a row naming it may be committed.
class BlobStore {
 public:
  // Creates the folder (0700) when missing.
  static Result<std::unique_ptr<BlobStore>> open(const std::filesystem::path& folder, bool durable,
                                                 Orphans orphans = Orphans::deleted_when_few);

  // A blob being written. Unpublished blobs are removed on destruction. Blocking calls: run them on workers.
  class Writer {
   public:
    ~Writer();
    Writer(const Writer&) = delete;
    Result<void> append(std::string_view bytes);  // kStorageFull; kStorageFailure naming the cause
    std::uint64_t size() const { return size_; }
    // fdatasync, rename into place, fsync of the folder (when durable). Returns the blob's id.
    Result<std::string> publish();

   private:
    friend class BlobStore;
    Writer(BlobStore& store, int fd, std::string id) : store_(store), fd_(fd), id_(std::move(id)) {}
    BlobStore& store_;
    int fd_;
    std::string id_;
    std::uint64_t size_ = 0;
    bool published_ = false;
  };
  Result<std::unique_ptr<Writer>> create();

  // The descriptor keeps it alive past remove(). Error when the file does not hold `least` bytes: it was cut.
  Result<std::shared_ptr<http::OpenFile>> open_blob(std::string_view id, std::uint64_t least = 0);
  void remove(std::string_view id);  // unlink; missing is fine
  std::filesystem::path path_of(std::string_view id) const;

  // At start: removes every blob for which `is_referenced` says false, or sets it aside (Orphans), and removes all
  // unfinished ones. Returns how many are gone from the store.
  std::size_t sweep(const std::function<bool(std::string_view id)>& is_referenced);

 private:
  BlobStore(std::filesystem::path folder, bool durable, Orphans orphans)
      : folder_(std::move(folder)), durable_(durable), orphans_(orphans) {}
  std::size_t set_aside(const std::vector<std::string>& names);
  std::filesystem::path folder_;
  bool durable_;
  Orphans orphans_;
};

}  // namespace cumulet::storage
