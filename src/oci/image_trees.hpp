#pragma once
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "archive/unpack_layer.hpp"
#include "base/folder_removal.hpp"
#include "oci/image.hpp"

// The roots of images that run, unpacked: <folder>/layers/BLOB-CONTENT for each layer, named by the digests of its blob
// and of what that holds (its diff id), and <folder>/images/HEX/root for each image, named by its manifest's digest and
// made of hard links to them. Both are made aside and get their name when they are whole, so that a kill at any moment
// leaves nothing half-made that is used. A layer is found by both digests: a configuration that lies about what a blob
// holds finds nothing, least of all the layer of a repository that its own cannot see.
namespace cumulet::oci {

struct TreeLimits {
  std::uint64_t bytes = 10ull << 30;  // of an image, as on AWS
  std::size_t members = 1'000'000;
  int waiting = 4;  // others that may wait while one is made; more are refused
};

inline constexpr ErrorKind kTooManyAtOnce{"TooManyAtOnce", 429};

class ImageTrees {
 public:
  // `folder`: of its own, created when missing.
  ImageTrees(Registry& registry, std::filesystem::path folder, archive::Sync sync, TreeLimits limits = {});
  ~ImageTrees();
  ImageTrees(const ImageTrees&) = delete;

  // Whether somebody runs the image, beside those that hold it. Any thread; must not call back.
  void set_is_named(std::function<bool(const Digest& image)> is_named) { is_named_ = std::move(is_named); }
  // What is there; what a killed run left half-made, and what none of `named` is made of, is removed. Blocking.
  Result<void> load(const std::set<Digest>& named);

  // As long as somebody holds it, the tree stays. May outlive this object.
  using Hold = std::shared_ptr<const void>;

  // Makes the image's tree unless it is there. Blocking, seconds for a large one; one at a time. Errors: those of
  // archive::unpack_layer and lay_over; kBrokenImage: a layer is not what the configuration says; kTooManyAtOnce;
  // BLOB_UNKNOWN, when the image was deleted meanwhile.
  Result<Hold> make(const std::string& region, const std::string& repository, const Image& image);
  // Null: there is no such tree.
  Hold hold(const Digest& image);
  // The root's folder; whether it is there is another question.
  std::filesystem::path root(const Digest& image) const;
  // It is not run any more: goes once nobody holds it, unless somebody runs it then. Does not block long.
  void drop(const Digest& image);

  // Waits until everything that was dropped is gone from the disk (tests).
  void wait() { remover_.wait(); }

 private:
  // What holders know of us.
  struct Anchor {
    std::mutex mutex;
    ImageTrees* trees = nullptr;  // null: gone
  };
  Hold hold_locked(const Digest& image);
  void release(const Digest& image);
  Result<void> make_layer(const std::string& region, const std::string& repository, const Descriptor& blob,
                          const Digest& diff_id, const std::string& name);
  void collect_locked();
  void throw_away(const std::filesystem::path& folder);

  Registry& registry_;
  const std::filesystem::path folder_;
  const archive::Sync sync_;
  const TreeLimits limits_;
  std::function<bool(const Digest&)> is_named_;

  std::mutex making_;  // held by who makes a tree
  std::mutex mutex_;   // of what follows
  int waiting_ = 0;
  std::map<Digest, std::vector<std::string>> images_;  // and the layers that they are made of
  std::set<std::string> layers_;
  std::set<std::string> wanted_;  // by what is being made
  std::map<Digest, int> holds_;
  std::set<Digest> dropped_;  // while they were held
  std::shared_ptr<Anchor> anchor_ = std::make_shared<Anchor>();
  FolderRemover remover_;
};

}  // namespace cumulet::oci
