#include "services/s3/scrub.hpp"

#include <unistd.h>

#include <algorithm>
#include <functional>

#include "base/encoding.hpp"

namespace cumulet::s3 {
namespace {

constexpr std::string_view kAdvice = "put it again, or delete it";
constexpr std::string_view kUploadAdvice = "upload the part again, or abort the upload";
constexpr std::size_t kBlock = 1 << 20;

// An object's bytes in their order, wherever they are.
class Reader {
 public:
  Reader(storage::BlobStore& blobs, const Content& content) : blobs_(blobs), content_(content) {}

  // Throws storage::DamagedRow when some are missing.
  void read(const std::function<void(std::string_view)>& visit) {
    if (content_.extents.empty()) return visit(content_.bytes);
    for (const Extent& e : content_.extents) read_extent(e, visit);
  }

 private:
  void read_extent(const Extent& e, const std::function<void(std::string_view)>& visit) {
    const auto file = blobs_.open_blob(e.blob, e.offset + e.length);
    if (!file.ok()) throw storage::DamagedRow(file.error().message());
    std::string block(std::min<std::uint64_t>(kBlock, e.length), '\0');
    for (std::uint64_t done = 0; done < e.length;) {
      const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(block.size(), e.length - done));
      const ssize_t n = ::pread((*file)->fd(), block.data(), wanted, static_cast<off_t>(e.offset + done));
      if (n <= 0) throw storage::DamagedRow("cannot read " + blobs_.path_of(e.blob).string());
      visit(std::string_view(block).substr(0, static_cast<std::size_t>(n)));
      done += static_cast<std::uint64_t>(n);
    }
  }

  storage::BlobStore& blobs_;
  const Content& content_;
};

// The ETag that bytes have: their MD5, or that of their parts' MD5s.
class EtagOf {
 public:
  explicit EtagOf(const std::vector<StoredPart>& parts) : parts_(parts) {
    if (!parts_.empty()) left_ = parts_[0].size;
  }
  void update(std::string_view bytes) {
    size_ += bytes.size();
    while (!parts_.empty() && next_ < parts_.size() && bytes.size() >= left_) {
      md5_->update(bytes.substr(0, left_));
      bytes.remove_prefix(left_);
      digests_ += md5_->finish();
      md5_ = make_md5();
      left_ = ++next_ < parts_.size() ? parts_[next_].size : 0;
    }
    md5_->update(bytes);
    left_ -= std::min<std::uint64_t>(left_, bytes.size());
  }
  std::string finish() {
    if (parts_.empty()) return hex_encode(md5_->finish());
    auto of_parts = make_md5();
    of_parts->update(digests_);
    return hex_encode(of_parts->finish()) + "-" + std::to_string(parts_.size());
  }
  std::uint64_t size() const { return size_; }

 private:
  const std::vector<StoredPart>& parts_;
  std::unique_ptr<Hasher> md5_ = make_md5();
  std::string digests_;
  std::size_t next_ = 0;
  std::uint64_t left_ = 0, size_ = 0;
};

void look_at(const Object& object, const std::string& name, storage::BlobStore& blobs, storage::Scrub& scrub) {
  const auto damaged = [&](const std::string& how) { throw storage::DamagedRow("object " + name + ": " + how); };
  const auto& checksum = object.content.attributes.checksum;
  const bool has_checksum = checksum && checksum->type == ChecksumType::full_object;
  auto hasher = make_hasher(has_checksum ? checksum->algorithm : Algorithm::crc32);
  EtagOf etag(object.content.parts);
  try {
    Reader(blobs, object.content).read([&](std::string_view bytes) {
      etag.update(bytes);
      if (has_checksum) hasher->update(bytes);
    });
  } catch (const storage::DamagedRow& missing) {
    damaged(missing.message);
  }
  scrub.checked(etag.size());
  if (etag.size() != object.row.size)
    damaged("it has " + std::to_string(etag.size()) + " of " + std::to_string(object.row.size) + " bytes");
  // A copy of an object of parts may keep an ETag that its bytes alone do not give.
  const bool is_comparable = object.content.parts.empty() == (object.row.etag.find('-') == std::string::npos);
  if (is_comparable && etag.finish() != object.row.etag) damaged("its bytes are not those of its ETag");
  if (has_checksum && base64_encode(hasher->finish()) != checksum->value)
    damaged("its bytes are not those of its checksum");
}

void look_at_part(const PartRow& part, const std::string& name, storage::BlobStore& blobs, storage::Scrub& scrub) {
  Content content;
  content.extents = part.extents;
  EtagOf etag(content.parts);
  Reader(blobs, content).read([&](std::string_view bytes) { etag.update(bytes); });
  scrub.checked(etag.size());
  if (etag.finish() != part.etag)
    throw storage::DamagedRow(name + ", part " + std::to_string(part.number) + ": its bytes are not those of its ETag");
}

}  // namespace

Result<void> scrub(storage::Database& database, storage::BlobStore& blobs, storage::Scrub& scrub) {
  const Store store(database, blobs);
  return database.read([&](Connection& c) -> Result<void> {
    auto objects = c.prepare("SELECT b.id, b.name, o.key FROM s3_object o JOIN s3_bucket b ON b.id = o.bucket");
    while (objects.step()) {
      Bucket bucket;
      bucket.id = objects.integer(0);
      bucket.name = objects.string(1);
      const std::string key = objects.string(2);
      scrub.look(kAdvice, [&] {
        if (const auto object = store.load(c, bucket, key))
          look_at(*object, bucket.name + "/" + key, blobs, scrub);
        else
          throw storage::DamagedRow("object " + bucket.name + "/" + key + ": its content is missing");
      });
    }
    auto uploads = c.prepare("SELECT id, key FROM s3_upload");
    while (uploads.step()) {
      const std::string id = uploads.string(0), name = "an upload of " + uploads.string(1);
      scrub.look(kUploadAdvice, [&] {
        for (const PartRow& part : store.parts(c, id))
          scrub.look(kUploadAdvice, [&] { look_at_part(part, name, blobs, scrub); });
      });
    }
    return {};
  });
}

}  // namespace cumulet::s3
