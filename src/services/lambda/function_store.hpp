#pragma once
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <shared_mutex>
#include <string>
#include <vector>

#include "services/lambda/function.hpp"
#include "services/lambda/image_directory.hpp"
#include "storage/blob_store.hpp"
#include "storage/database.hpp"
#include "storage/scrub.hpp"

namespace cumulet::lambda {

// The functions of all regions: in memory for look-ups (any thread, no I/O), in the database for good; their packages
// and unpacked code under one folder. Changes are serialised; a change is visible once it is durable.
class FunctionStore {
 public:
  // `folder`: <data>/functions; created when missing.
  FunctionStore(storage::Database& database, std::filesystem::path folder, bool durable,
                storage::Orphans orphans = storage::Orphans::deleted_when_few);

  // Before load(): where the trees of images are. Null: there are none.
  void set_images(ImageDirectory* images) { images_ = images; }
  ImageDirectory* images() const { return images_; }

  // Creates the tables, loads every function, removes code that neither they nor `also_named` name any more and unpacks
  // what is missing.
  Result<void> load(const std::set<std::string>& also_named = {});

  FunctionRef find(std::string_view region, std::string_view name) const;
  std::vector<FunctionRef> list(std::string_view region) const;  // by name
  std::vector<FunctionRef> everything() const;                   // of all regions

  // A new package: stored, unpacked, on disk. Returns its id; drop_code() when nothing comes to name it.
  Result<std::string> add_code(std::string_view zip);
  void drop_code(const std::string& code_id);
  std::filesystem::path code_folder(const std::string& code_id) const;   // /var/task
  std::filesystem::path package_file(const std::string& code_id) const;  // the zip

  std::uint64_t unpacked_bytes(const std::string& code_id) const;  // of its files
  // A folder in which these packages lie over each other, later ones over earlier ones: one's own folder, or one of
  // hard links that is made at the first call. Blocking. Empty: there are no packages.
  Result<std::filesystem::path> layered(const std::vector<std::string>& code_ids);
  // Whether any function, in whatever version, names that package.
  bool names_code(const std::string& code_id) const;

  // Replaces, creates (`before` null) or removes (result null) one function. `change` sees the current snapshot (null
  // when there is none) and returns the next one or an error; it runs under the lock. Listeners hear of it after the
  // commit.
  using Change = std::function<Result<FunctionRef>(const FunctionRef& before)>;
  Result<FunctionRef> change(const std::string& region, const std::string& name, const Change& change);

  // Before the first change. Called after each commit with the snapshots before and after (null: none).
  using Listener = std::function<void(const FunctionRef& before, const FunctionRef& after)>;
  void listen(Listener listener) { listeners_.push_back(std::move(listener)); }

 private:
  using Key = std::pair<std::string, std::string>;  // region, name

  storage::Database& database_;
  std::filesystem::path folder_;
  bool durable_;
  storage::Orphans orphans_;
  std::unique_ptr<storage::BlobStore> packages_;
  ImageDirectory* images_ = nullptr;
  std::mutex changing_;
  std::mutex layering_;
  mutable std::shared_mutex mutex_;
  std::map<Key, FunctionRef> functions_;
  std::vector<Listener> listeners_;
};

// Reads every function's package below `folder` and compares it with its CodeSha256, and every waiting event.
Result<void> scrub(storage::Database& database, const std::filesystem::path& folder, storage::Scrub& scrub);

}  // namespace cumulet::lambda
