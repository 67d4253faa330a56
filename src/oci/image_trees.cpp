#include "oci/image_trees.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <system_error>

#include "base/ids.hpp"
#include "base/log.hpp"
#include "oci/lay_over.hpp"

namespace cumulet::oci {
namespace {

namespace fs = std::filesystem;

constexpr const char* kImages = "images";
constexpr const char* kLayers = "layers";
constexpr const char* kRemoved = "removed";   // on its way out
constexpr const char* kMaking = "making";     // on its way in
constexpr const char* kList = "layers";       // of an image: its layers, one in a line
constexpr std::uint64_t kTarOverhead = 4096;  // a member: headers, padding, long names

std::optional<Digest> digest_of(const std::string& hex) { return Digest::parse("sha256:" + hex); }

std::string layer_name(const Digest& blob, const Digest& diff_id) {
  return std::string(blob.hex()) + '-' + std::string(diff_id.hex());
}

bool is_layer_name(const std::string& name) {
  const auto dash = name.find('-');
  return dash != name.npos && digest_of(name.substr(0, dash)) && digest_of(name.substr(dash + 1));
}

// An image's list of layers; nullopt: the image is not whole.
std::optional<std::vector<std::string>> read_list(const fs::path& image) {
  std::error_code ec;
  if (!fs::is_directory(image / "root", ec)) return std::nullopt;
  std::ifstream in(image / kList);
  std::vector<std::string> layers;
  for (std::string line; std::getline(in, line);) {
    if (!is_layer_name(line)) return std::nullopt;
    layers.push_back(std::move(line));
  }
  if (!in.eof()) return std::nullopt;
  return layers;
}

Error cannot(const fs::path& path, const std::error_code& ec) {
  return Error{archive::kCannotWrite, "cannot create " + path.string() + ": " + ec.message()};
}

// The bytes of a blob, piece after piece.
class BlobReader {
 public:
  explicit BlobReader(std::vector<http::FileRange> pieces) : pieces_(std::move(pieces)) {}

  Result<std::string_view> read() {
    while (piece_ < pieces_.size()) {
      const http::FileRange& piece = pieces_[piece_];
      if (done_ == piece.length) {
        ++piece_;
        done_ = 0;
        continue;
      }
      const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(buffer_.size(), piece.length - done_));
      const ssize_t n = ::pread(piece.file->fd(), buffer_.data(), most, static_cast<off_t>(piece.offset + done_));
      if (n <= 0) return Error{archive::kBroken, "its bytes cannot be read"};
      done_ += static_cast<std::uint64_t>(n);
      return std::string_view(buffer_.data(), static_cast<std::size_t>(n));
    }
    return std::string_view();
  }

 private:
  std::vector<http::FileRange> pieces_;
  std::size_t piece_ = 0;
  std::uint64_t done_ = 0;
  std::vector<char> buffer_ = std::vector<char>(256 * 1024);
};

Result<void> to_disk(const fs::path& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool done = fd >= 0 && ::syncfs(fd) == 0;
  if (fd >= 0) ::close(fd);
  if (!done) return Error{archive::kCannotWrite, "cannot write " + folder.string() + " to disk"};
  return {};
}

}  // namespace

ImageTrees::ImageTrees(Registry& registry, fs::path folder, archive::Sync sync, TreeLimits limits)
    : registry_(registry), folder_(std::move(folder)), sync_(sync), limits_(limits) {
  anchor_->trees = this;
}

ImageTrees::~ImageTrees() {
  std::lock_guard lock(anchor_->mutex);
  anchor_->trees = nullptr;
}

Result<void> ImageTrees::load(const std::set<Digest>& named) {
  std::error_code ec;
  for (const char* name : {kImages, kLayers, kRemoved}) {
    fs::create_directories(folder_ / name, ec);
    if (ec) return cannot(folder_ / name, ec);
  }
  for (const auto& entry : fs::directory_iterator(folder_ / kRemoved, ec)) remover_.remove(entry.path());
  throw_away(folder_ / kMaking);
  std::lock_guard lock(mutex_);
  for (const auto& entry : fs::directory_iterator(folder_ / kImages, ec)) {
    const auto image = digest_of(entry.path().filename());
    auto layers = read_list(entry.path());
    if (!image || !layers || !named.contains(*image))
      throw_away(entry.path());
    else
      images_[*image] = std::move(*layers);
  }
  for (const auto& entry : fs::directory_iterator(folder_ / kLayers, ec)) {
    if (std::string name = entry.path().filename(); is_layer_name(name))
      layers_.insert(std::move(name));
    else
      throw_away(entry.path());
  }
  collect_locked();
  return {};
}

fs::path ImageTrees::root(const Digest& image) const { return folder_ / kImages / image.hex() / "root"; }

ImageTrees::Hold ImageTrees::hold_locked(const Digest& image) {
  ++holds_[image];
  static const char something = 0;
  return Hold(&something, [anchor = anchor_, image](const void*) {
    std::lock_guard lock(anchor->mutex);
    if (anchor->trees) anchor->trees->release(image);
  });
}

ImageTrees::Hold ImageTrees::hold(const Digest& image) {
  std::lock_guard lock(mutex_);
  return images_.contains(image) ? hold_locked(image) : nullptr;
}

void ImageTrees::release(const Digest& image) {
  {
    std::lock_guard lock(mutex_);
    const auto found = holds_.find(image);
    if (--found->second > 0) return;
    holds_.erase(found);
    if (dropped_.erase(image) == 0) return;
  }
  drop(image);
}

void ImageTrees::drop(const Digest& image) {
  std::lock_guard lock(mutex_);
  if (!images_.contains(image)) return;
  if (holds_.contains(image)) {
    dropped_.insert(image);
    return;
  }
  if (is_named_ && is_named_(image)) return;
  images_.erase(image);
  throw_away(folder_ / kImages / image.hex());
  collect_locked();
}

// Layers that no image is made of any more.
void ImageTrees::collect_locked() {
  std::set<std::string> used = wanted_;
  for (const auto& [image, layers] : images_) used.insert(layers.begin(), layers.end());
  std::erase_if(layers_, [&](const std::string& layer) {
    if (used.contains(layer)) return false;
    throw_away(folder_ / kLayers / layer);
    return true;
  });
}

void ImageTrees::throw_away(const fs::path& folder) {
  const fs::path aside = folder_ / kRemoved / uuid4();
  std::error_code ec;
  fs::rename(folder, aside, ec);
  if (!ec)
    remover_.remove(aside);
  else if (ec != std::errc::no_such_file_or_directory)
    log::warn("{} cannot be removed: {}", folder.string(), ec.message());
}

Result<void> ImageTrees::make_layer(const std::string& region, const std::string& repository, const Descriptor& blob,
                                    const Digest& diff_id, const std::string& name) {
  {
    std::lock_guard lock(mutex_);
    if (layers_.contains(name)) return {};
  }
  CUMULET_TRY(std::vector<http::FileRange> pieces, registry_.open_blob(region, repository, blob.digest));
  BlobReader reader(std::move(pieces));
  const archive::ByteSource source = [&reader] { return reader.read(); };
  const archive::LayerLimits limits{{limits_.bytes, limits_.members}, limits_.bytes + limits_.members * kTarOverhead};
  const fs::path aside = folder_ / kMaking / name;
  CUMULET_TRY(const archive::Layer layer, archive::unpack_layer(source, aside, limits, sync_));
  if (layer.diff_id != diff_id.text())
    return Error{kBrokenImage, "the layer " + blob.digest.text() + " holds " + layer.diff_id +
                                   ", and its configuration says " + diff_id.text()};
  std::error_code ec;
  fs::rename(aside, folder_ / kLayers / name, ec);
  if (ec) return cannot(folder_ / kLayers / name, ec);
  std::lock_guard lock(mutex_);
  layers_.insert(name);
  return {};
}

Result<ImageTrees::Hold> ImageTrees::make(const std::string& region, const std::string& repository,
                                          const Image& image) {
  const auto busy = [this](int change) {
    std::lock_guard lock(mutex_);
    return waiting_ += change;
  };
  const std::shared_ptr<void> leaves(nullptr, [&busy](void*) { busy(-1); });
  if (busy(+1) > limits_.waiting + 1)
    return Error{kTooManyAtOnce, "too many images are being unpacked; try again in a moment"};
  std::vector<std::string> names;
  for (std::size_t i = 0; i < image.config.diff_ids.size(); ++i)
    names.push_back(layer_name(image.manifest.layers[i].digest, image.config.diff_ids[i]));
  std::lock_guard one(making_);
  {
    std::lock_guard lock(mutex_);
    if (images_.contains(image.digest)) return hold_locked(image.digest);
    wanted_.insert(names.begin(), names.end());
  }
  const std::shared_ptr<void> done(nullptr, [this](void*) {
    std::lock_guard lock(mutex_);
    wanted_.clear();
    collect_locked();
    throw_away(folder_ / kMaking);
  });
  std::error_code ec;
  const fs::path aside = folder_ / kMaking / "image";
  fs::create_directories(aside / "root", ec);
  if (ec) return cannot(aside, ec);
  std::vector<fs::path> layers;
  std::ofstream list(aside / kList);
  for (std::size_t i = 0; i < names.size(); ++i) {
    CUMULET_CHECK(make_layer(region, repository, image.manifest.layers[i], image.config.diff_ids[i], names[i]));
    layers.push_back(folder_ / kLayers / names[i]);
    list << names[i] << '\n';
  }
  list.close();
  if (!list) return Error{archive::kCannotWrite, "cannot write " + (aside / kList).string()};
  CUMULET_CHECK(lay_over(layers, aside / "root", {limits_.bytes, limits_.members}));
  if (sync_ == archive::Sync::to_disk) CUMULET_CHECK(to_disk(aside));
  fs::rename(aside, folder_ / kImages / image.digest.hex(), ec);
  if (ec) return cannot(folder_ / kImages / image.digest.hex(), ec);
  std::lock_guard lock(mutex_);
  images_[image.digest] = std::move(names);
  return hold_locked(image.digest);
}

}  // namespace cumulet::oci
