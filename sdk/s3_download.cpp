#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <charconv>
#include <memory>

#include "base/encoding.hpp"
#include "sdk/crc32.hpp"
#include "sdk/errors.hpp"
#include "sdk/retry.hpp"
#include "sdk/s3.hpp"

namespace cumulet::sdk {
namespace {

constexpr int kAttemptsWithoutProgress = 3;

struct FreeDigest {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

// The file being written, with what has to be known of its bytes.
class Download {
 public:
  explicit Download(const std::filesystem::path& file)
      : file_(file), fd_(::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)), md5_(EVP_MD_CTX_new()) {
    EVP_DigestInit_ex(md5_.get(), EVP_md5(), nullptr);
  }
  ~Download() {
    if (fd_ >= 0) ::close(fd_);
    if (!good_) ::unlink(file_.c_str());
  }
  Download(const Download&) = delete;
  Download& operator=(const Download&) = delete;

  bool opened() const { return fd_ >= 0; }
  std::uint64_t written() const { return written_; }
  bool write(std::string_view bytes) {
    crc_.update(bytes);
    EVP_DigestUpdate(md5_.get(), bytes.data(), bytes.size());
    while (!bytes.empty()) {
      const auto wrote = ::write(fd_, bytes.data(), bytes.size());
      if (wrote < 0 && errno == EINTR) continue;
      if (wrote <= 0) return false;
      written_ += static_cast<std::uint64_t>(wrote);
      bytes.remove_prefix(static_cast<std::size_t>(wrote));
    }
    return true;
  }
  std::string crc() const { return crc_.base64(); }
  std::string md5_hex() {
    unsigned char out[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    EVP_DigestFinal_ex(md5_.get(), out, &size);
    return hex_encode({reinterpret_cast<char*>(out), size});
  }
  Result<void> keep() {
    good_ = ::close(std::exchange(fd_, -1)) == 0;
    if (good_) return {};
    return Error{kFileFailed, "cannot write " + file_.string()};
  }

 private:
  std::filesystem::path file_;
  int fd_;
  bool good_ = false;
  std::uint64_t written_ = 0;
  Crc32 crc_;
  std::unique_ptr<EVP_MD_CTX, FreeDigest> md5_;
};

// An ETag is the MD5 of the bytes unless the object came in parts or is encrypted by a key of KMS.
bool etag_is_md5(std::string_view etag, const http::Headers& headers) {
  return etag.size() == 32 && hex_decode(etag) &&
         !headers.get_or("x-amz-server-side-encryption", "").starts_with("aws:kms") &&
         !headers.has("x-amz-server-side-encryption-customer-algorithm");
}

}  // namespace

Result<ObjectInfo> S3::download_file(std::string_view bucket, std::string_view key, const std::filesystem::path& file,
                                     const ReadCondition& condition) {
  Download download(file);
  if (!download.opened()) return Error{kFileFailed, "cannot write " + file.string()};
  http::Headers first;  // of the first answer: they describe the whole object
  std::optional<std::uint64_t> size;
  for (int fruitless = 0;;) {
    const std::uint64_t before = download.written();
    RestRequest request;
    request.bucket = bucket;
    request.path = '/' + percent_encode(key, "/");
    if (!condition.version_id.empty()) request.query = "versionId=" + percent_encode(condition.version_id);
    request.headers.set("x-amz-checksum-mode", "ENABLED");
    if (size) {
      request.headers.set("Range", "bytes=" + std::to_string(before) + '-');
      request.headers.set("If-Match", std::string(first.get_or("etag", "")));
    } else if (!condition.if_match.empty()) {
      request.headers.set("If-Match", quoted_etag(condition.if_match));
    }
    bool wrong_range = false;
    request.on_head = [&](int status, const http::Headers& headers) {
      if (size) {
        const std::string expected = "bytes " + std::to_string(before) + '-';
        wrong_range = status != 206 || !headers.get_or("content-range", "").starts_with(expected);
        return;
      }
      first = headers;
      const auto text = headers.get_or("content-length", "");
      std::uint64_t length = 0;
      if (std::from_chars(text.data(), text.data() + text.size(), length).ec == std::errc{}) size = length;
    };
    request.sink = [&](std::string_view bytes) { return !wrong_range && download.write(bytes); };
    const auto response = client_.rest("s3", request);
    if (response.ok() && (!size || download.written() == *size)) break;
    if (!response.ok() && response.error().status() == 412)
      return Error{kReplaced, "s3://" + std::string(bucket) + '/' + std::string(key) +
                                  " was replaced by another object meanwhile"};
    if (wrong_range) return Error{kIntegrity, "S3 answered a ranged request with another range"};
    if (size && download.written() == *size) break;
    if (!response.ok() && classify(response.error()) == Retryable::no) return response.error();
    if (!size && download.written() > 0 && !response.ok()) return response.error();  // where to go on is not known
    fruitless = download.written() > before ? 0 : fruitless + 1;
    if (fruitless >= kAttemptsWithoutProgress) {
      if (!response.ok()) return response.error();
      return Error{kIntegrity, "S3 sent " + std::to_string(download.written()) + " bytes of " + std::to_string(*size)};
    }
  }
  ObjectInfo info;
  info.size = download.written();
  info.etag = first.get_or("etag", "");
  info.version_id = first.get_or("x-amz-version-id", "");
  info.content_type = first.get_or("content-type", "");
  const auto crc = first.get_or("x-amz-checksum-crc32", "");
  if (!crc.empty() && crc.find('-') == std::string_view::npos && crc != download.crc())
    return Error{kIntegrity, "the object's CRC-32 is " + std::string(crc) + ", what arrived has " + download.crc()};
  const std::string md5 = unquoted_etag(info.etag);
  if (etag_is_md5(md5, first) && md5 != download.md5_hex())
    return Error{kIntegrity, "what arrived does not have the MD5 that the ETag " + info.etag + " names"};
  CUMULET_CHECK(download.keep());
  return info;
}

}  // namespace cumulet::sdk
