#include "oci/scrub.hpp"

#include <unistd.h>

#include "base/sha256.hpp"
#include "oci/store.hpp"

namespace cumulet::oci {
namespace {

constexpr std::string_view kAdvice = "delete the images that have it and push them again";
constexpr std::size_t kPage = 1000;

// What is wrong; empty: nothing.
std::string look_at(const Blob& blob, storage::BlobStore& blobs) {
  Sha256 hash;
  std::string block(1 << 20, '\0');
  for (const Extent& extent : blob.extents) {
    const auto file = blobs.open_blob(extent.file, extent.size);
    if (!file.ok()) return file.error().message();
    for (std::uint64_t at = 0; at < extent.size;) {
      const auto n = ::pread((*file)->fd(), block.data(), std::min<std::uint64_t>(block.size(), extent.size - at),
                             static_cast<off_t>(at));
      if (n <= 0) return "its file " + extent.file + " cannot be read";
      hash.update(std::string_view(block).substr(0, static_cast<std::size_t>(n)));
      at += static_cast<std::uint64_t>(n);
    }
  }
  return Digest::of_hex(hash.finish_hex()) == blob.digest ? "" : "its bytes are not those of its digest";
}

}  // namespace

Result<void> scrub(storage::Database& database, storage::BlobStore& blobs, storage::Scrub& scrub) {
  return database.read([&](storage::Connection& c) -> Result<void> {
    {
      auto table = c.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'oci_blob'");
      if (!table.step()) return {};
    }
    Digest last;
    while (true) {
      const auto page = store::all_blobs(c, last, kPage);
      for (const Digest& digest : page) {
        const Blob blob = store::blob_of(c, digest);
        if (const std::string wrong = look_at(blob, blobs); !wrong.empty())
          scrub.damaged("image layer " + digest.text() + ": " + wrong, kAdvice);
        scrub.checked(blob.size);
      }
      if (page.size() < kPage) break;
      last = page.back();
    }
    auto rows = c.prepare("SELECT repository, digest, size FROM oci_manifest");
    while (rows.step()) {
      const auto digest = Digest::parse(rows.text(1));
      scrub.look(kAdvice, [&] {
        if (!digest || !store::find_manifest(c, rows.integer(0), *digest))
          throw storage::DamagedRow("manifest " + rows.string(1) + ": it cannot be read");
      });
      scrub.checked(static_cast<std::uint64_t>(rows.integer(2)));
    }
    return {};
  });
}

}  // namespace cumulet::oci
