#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sdk/client.hpp"

// Amazon S3: objects as text, and files streamed both ways in bounded memory.
namespace cumulet::sdk {

struct ObjectInfo {
  std::uint64_t size = 0;
  std::string etag;  // with its quotes
  std::string content_type;
  std::vector<std::pair<std::string, std::string>> metadata;  // names without "x-amz-meta-"
};

struct PutOptions {
  std::string content_type = "application/octet-stream";
  std::vector<std::pair<std::string, std::string>> metadata;
  std::string if_none_match;                   // "*": only when there is no such object
  std::uint64_t multipart_above = 8ull << 20;  // bytes; also the size of a part (grown so that 10,000 suffice)
};

class S3 {
 public:
  explicit S3(Client client) : client_(std::move(client)) {}

  Result<ObjectInfo> head(std::string_view bucket, std::string_view key);
  Result<std::string> get(std::string_view bucket, std::string_view key);
  // The new object's ETag.
  Result<std::string> put(std::string_view bucket, std::string_view key, std::string body,
                          const PutOptions& options = {});
  Result<std::string> copy(std::string_view from_bucket, std::string_view from_key, std::string_view bucket,
                           std::string_view key);
  Result<void> remove(std::string_view bucket, std::string_view key);
  // Whether it is there. Any error but "not found" is one.
  Result<bool> exists(std::string_view bucket, std::string_view key);
  // The keys that begin with `prefix`, in their order, at most `most` of them (by pages of 1,000).
  Result<std::vector<std::string>> list(std::string_view bucket, std::string_view prefix, std::size_t most = 1000);
  // A link that gives the object for `expires` (to 7 days; on AWS no longer than the credentials live), as long as it
  // is there. `file_name`: under which a browser saves it; empty: shown in the browser.
  Result<std::string> presigned_get(std::string_view bucket, std::string_view key, Seconds expires,
                                    std::string_view file_name = {});

  // Sends a file with CRC-32 checksums that S3 verifies; a large one in parts, three at a time and none held in memory,
  // whose upload is aborted when anything fails, so that no object and no parts are left. The new object's ETag.
  Result<std::string> upload_file(std::string_view bucket, std::string_view key, const std::filesystem::path& file,
                                  const PutOptions& options = {});
  // Writes the object to `file`, resuming by range where the transfer breaks off (until three in a row
  // bring nothing). The length and, where S3 gives them, CRC-32 and MD5 (ETag) are verified; on any error the file is
  // removed. The object must not change meanwhile, and be the one of
  // `etag` (with or without quotes) where that is not empty: else kIntegrity.
  Result<ObjectInfo> download_file(std::string_view bucket, std::string_view key, const std::filesystem::path& file,
                                   std::string_view etag = {});

 private:
  Result<std::string> upload_parts(std::string_view bucket, std::string_view key, int fd, std::uint64_t size,
                                   const PutOptions& options);
  struct Upload {
    std::string_view bucket, key;
    std::string id;  // percent-encoded
  };
  // Sends one part; its <Part> for CompleteMultipartUpload.
  Result<std::string> send_part(const Upload& upload, int number, const FilePart& bytes);
  // All parts, in their order; at the first failure no further ones are begun.
  Result<std::vector<std::string>> send_parts(const Upload& upload, int fd, std::uint64_t size,
                                              std::uint64_t part_size);
  Client client_;
};

}  // namespace cumulet::sdk
