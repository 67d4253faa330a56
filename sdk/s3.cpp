#include "sdk/s3.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <mutex>
#include <pugixml.hpp>
#include <thread>

#include "base/encoding.hpp"
#include "sdk/crc32.hpp"
#include "sdk/errors.hpp"

namespace cumulet::sdk {

std::string unquoted_etag(std::string_view etag) {
  if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') etag = etag.substr(1, etag.size() - 2);
  return std::string(etag);
}

std::string quoted_etag(std::string_view etag) { return '"' + unquoted_etag(etag) + '"'; }

namespace {

constexpr std::uint64_t kMostParts = 10'000;
constexpr std::uint64_t kPartsAtATime = 3;

class File {
 public:
  explicit File(int fd) : fd_(fd) {}
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

RestRequest object_request(std::string method, std::string_view bucket, std::string_view key) {
  RestRequest out;
  out.method = std::move(method);
  out.bucket = bucket;
  out.path = '/' + percent_encode(key, "/");
  return out;
}

void add_options(http::Headers& headers, const PutOptions& options) {
  headers.set("Content-Type", options.content_type);
  for (const auto& [name, value] : options.metadata) headers.set("x-amz-meta-" + name, value);
}

Result<void> add_condition(http::Headers& headers, const PutOptions& options) {
  WriteCondition condition{.if_none_match = options.if_none_match};
  if (options.before_write) {
    CUMULET_TRY(condition, options.before_write());
  }
  if (!condition.if_match.empty()) headers.set("If-Match", quoted_etag(condition.if_match));
  if (!condition.if_none_match.empty()) headers.set("If-None-Match", condition.if_none_match);
  return {};
}

ObjectInfo info_of(const http::Headers& headers) {
  ObjectInfo out;
  const auto length = headers.get_or("content-length", "0");
  std::from_chars(length.data(), length.data() + length.size(), out.size);
  out.etag = headers.get_or("etag", "");
  out.version_id = headers.get_or("x-amz-version-id", "");
  out.content_type = headers.get_or("content-type", "");
  constexpr std::string_view kPrefix = "x-amz-meta-";
  for (const auto& [name, value] : headers)
    if (name.size() > kPrefix.size() && iequals(std::string_view(name).substr(0, kPrefix.size()), kPrefix))
      out.metadata.emplace_back(name.substr(kPrefix.size()), value);
  return out;
}

Result<std::string> crc_of(const FilePart& part) {
  Crc32 crc;
  std::string buffer(256 * 1024, '\0');
  std::uint64_t done = 0;
  while (done < part.length) {
    const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), part.length - done));
    const auto got = ::pread(part.fd, buffer.data(), want, static_cast<off_t>(part.offset + done));
    if (got <= 0) return Error{kFileFailed, "the file to upload became shorter or could not be read"};
    crc.update({buffer.data(), static_cast<std::size_t>(got)});
    done += static_cast<std::uint64_t>(got);
  }
  return crc.base64();
}

std::string child_text(const std::string& xml, const char* name) {
  pugi::xml_document document;
  document.load_string(xml.c_str());
  return document.document_element().child_value(name);
}

}  // namespace

Result<ObjectInfo> S3::head(std::string_view bucket, std::string_view key) {
  CUMULET_TRY(const auto response, client_.rest("s3", object_request("HEAD", bucket, key)));
  return info_of(response.headers);
}

Result<std::string> S3::get(std::string_view bucket, std::string_view key, const ReadCondition& condition) {
  RestRequest request = object_request("GET", bucket, key);
  if (!condition.version_id.empty()) request.query = "versionId=" + percent_encode(condition.version_id);
  if (!condition.if_match.empty()) request.headers.set("If-Match", quoted_etag(condition.if_match));
  CUMULET_TRY(auto response, client_.rest("s3", request));
  return std::move(response.body);
}

Result<std::string> S3::put(std::string_view bucket, std::string_view key, std::string body,
                            const PutOptions& options) {
  RestRequest request = object_request("PUT", bucket, key);
  add_options(request.headers, options);
  if (!options.if_none_match.empty()) request.headers.set("If-None-Match", options.if_none_match);
  Crc32 crc;
  crc.update(body);
  request.headers.set("x-amz-checksum-crc32", crc.base64());
  request.headers.set("x-amz-sdk-checksum-algorithm", "CRC32");
  request.body = std::move(body);
  CUMULET_TRY(const auto response, client_.rest("s3", request));
  return std::string(response.headers.get_or("etag", ""));
}

Result<std::string> S3::copy(std::string_view from_bucket, std::string_view from_key, std::string_view bucket,
                             std::string_view key) {
  RestRequest request = object_request("PUT", bucket, key);
  request.headers.set("x-amz-copy-source", '/' + std::string(from_bucket) + '/' + percent_encode(from_key, "/"));
  CUMULET_TRY(const auto response, client_.rest("s3", request));
  return child_text(response.body, "ETag");
}

Result<void> S3::remove(std::string_view bucket, std::string_view key) {
  CUMULET_TRY(const auto response, client_.rest("s3", object_request("DELETE", bucket, key)));
  (void)response;
  return {};
}

Result<bool> S3::exists(std::string_view bucket, std::string_view key) {
  const auto found = head(bucket, key);
  if (found.ok()) return true;
  if (found.error().status() == 404 && found.error().code() != "NoSuchBucket") return false;
  return found.error();
}

Result<std::vector<std::string>> S3::list(std::string_view bucket, std::string_view prefix, std::size_t most) {
  std::vector<std::string> out;
  std::string token;
  while (out.size() < most) {
    RestRequest request;
    request.bucket = bucket;
    if (!token.empty()) request.query = "continuation-token=" + percent_encode(token) + '&';
    request.query +=
        "encoding-type=url&list-type=2&max-keys=" + std::to_string(std::min<std::size_t>(1000, most - out.size())) +
        "&prefix=" + percent_encode(prefix);
    CUMULET_TRY(const auto response, client_.rest("s3", request));
    pugi::xml_document document;
    if (!document.load_buffer(response.body.data(), response.body.size()))
      return Error{kBadResponse, "ListObjectsV2 answered no XML"};
    const auto root = document.document_element();
    for (const auto node : root.children("Contents")) {
      auto key = percent_decode(node.child_value("Key"), Plus::space);
      if (!key) return Error{kBadResponse, "ListObjectsV2 gave a key that does not decode"};
      out.push_back(std::move(*key));
    }
    token = root.child_value("NextContinuationToken");
    if (token.empty() || std::string_view(root.child_value("IsTruncated")) != "true") break;
  }
  return out;
}

Result<std::string> S3::presigned_get(std::string_view bucket, std::string_view key, Seconds expires,
                                      std::string_view file_name) {
  RestRequest request = object_request("GET", bucket, key);
  if (!file_name.empty()) {
    std::string plain(file_name), disposition;
    for (char& c : plain)
      if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7e || c == '"' || c == '\\') c = '_';
    disposition = "attachment; filename=\"" + plain + '"';
    // RFC 6266: browsers prefer this one, which may hold any character.
    if (plain != file_name) disposition += "; filename*=UTF-8''" + percent_encode(file_name);
    request.query = "response-content-disposition=" + percent_encode(disposition);
  }
  return client_.presign("s3", request, expires);
}

Result<std::string> S3::upload_file(std::string_view bucket, std::string_view key, const std::filesystem::path& file,
                                    const PutOptions& options) {
  const File open(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat about {};
  if (open.fd() < 0 || ::fstat(open.fd(), &about) != 0) return Error{kFileFailed, "cannot read " + file.string()};
  const auto size = static_cast<std::uint64_t>(about.st_size);
  if (size > options.multipart_above) return upload_parts(bucket, key, open.fd(), size, options);
  RestRequest request = object_request("PUT", bucket, key);
  add_options(request.headers, options);
  request.file = FilePart{open.fd(), 0, size};
  CUMULET_TRY(auto crc, crc_of(*request.file));
  request.headers.set("x-amz-checksum-crc32", std::move(crc));
  request.headers.set("x-amz-sdk-checksum-algorithm", "CRC32");
  CUMULET_CHECK(add_condition(request.headers, options));
  CUMULET_TRY(const auto response, client_.rest("s3", request));
  return std::string(response.headers.get_or("etag", ""));
}

Result<std::string> S3::upload_parts(std::string_view bucket, std::string_view key, int fd, std::uint64_t size,
                                     const PutOptions& options) {
  RestRequest create = object_request("POST", bucket, key);
  create.query = "uploads";
  add_options(create.headers, options);
  create.headers.set("x-amz-checksum-algorithm", "CRC32");
  CUMULET_TRY(const auto created, client_.rest("s3", create));
  const std::string id = percent_encode(child_text(created.body, "UploadId"));
  if (id.empty()) return Error{kBadResponse, "CreateMultipartUpload gave no UploadId"};

  const std::uint64_t part_size = std::max(options.multipart_above, (size + kMostParts - 1) / kMostParts);
  const auto finish = [&]() -> Result<std::string> {
    CUMULET_TRY(const auto parts, send_parts({bucket, key, id}, fd, size, part_size));
    std::string list = "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">";
    for (const auto& part : parts) list += part;
    RestRequest complete = object_request("POST", bucket, key);
    complete.query = "uploadId=" + id;
    complete.headers.set("Content-Type", "application/xml");
    CUMULET_CHECK(add_condition(complete.headers, options));
    complete.body = list + "</CompleteMultipartUpload>";
    CUMULET_TRY(const auto completed, client_.rest("s3", complete));
    return child_text(completed.body, "ETag");
  };
  auto result = finish();
  if (!result.ok()) {
    RestRequest abort = object_request("DELETE", bucket, key);
    abort.query = "uploadId=" + id;
    (void)client_.rest("s3", abort);
  }
  return result;
}

Result<std::string> S3::send_part(const Upload& upload, int number, const FilePart& bytes) {
  RestRequest part = object_request("PUT", upload.bucket, upload.key);
  part.query = "partNumber=" + std::to_string(number) + "&uploadId=" + upload.id;
  part.file = bytes;
  CUMULET_TRY(const auto crc, crc_of(bytes));
  part.headers.set("x-amz-checksum-crc32", crc);
  part.headers.set("x-amz-sdk-checksum-algorithm", "CRC32");
  CUMULET_TRY(const auto sent, client_.rest("s3", part));
  return "<Part><ETag>" + std::string(sent.headers.get_or("etag", "")) + "</ETag><ChecksumCRC32>" + crc +
         "</ChecksumCRC32><PartNumber>" + std::to_string(number) + "</PartNumber></Part>";
}

Result<std::vector<std::string>> S3::send_parts(const Upload& upload, int fd, std::uint64_t size,
                                                std::uint64_t part_size) {
  const std::uint64_t count = (size + part_size - 1) / part_size;
  std::vector<std::string> parts(count);
  std::mutex mutex;
  std::uint64_t next = 0;        // under mutex
  std::optional<Error> failure;  // the first; under mutex
  const auto work = [&] {
    for (;;) {
      std::uint64_t index = 0;
      {
        std::lock_guard lock(mutex);
        if (failure || next == count) return;
        index = next++;
      }
      const std::uint64_t offset = index * part_size;
      auto sent = send_part(upload, static_cast<int>(index + 1), {fd, offset, std::min(part_size, size - offset)});
      std::lock_guard lock(mutex);
      if (sent.ok()) {
        parts[index] = std::move(sent).value();
      } else if (!failure) {
        failure = sent.error();
      }
    }
  };
  std::vector<std::thread> helpers;
  for (std::uint64_t i = 1; i < std::min<std::uint64_t>(count, kPartsAtATime); ++i) helpers.emplace_back(work);
  work();
  for (auto& helper : helpers) helper.join();
  if (failure) return *failure;
  return parts;
}

}  // namespace cumulet::sdk
