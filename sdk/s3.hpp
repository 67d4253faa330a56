#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
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
  std::string etag;        // with its quotes
  std::string version_id;  // empty: the bucket keeps no versions
  std::string content_type;
  std::vector<std::pair<std::string, std::string>> metadata;  // names without "x-amz-meta-"
};

// What a write is made dependent on; both empty: on nothing. ETags with or without quotes.
struct WriteCondition {
  std::string if_match = {};       // only over the object of this ETag
  std::string if_none_match = {};  // "*": only when there is no such object
};

// Which object a read means; both empty: whatever stands there.
struct ReadCondition {
  std::string if_match = {};  // an ETag, with or without quotes
  std::string version_id = {};
};

struct PutOptions {
  std::string content_type = "application/octet-stream";
  std::vector<std::pair<std::string, std::string>> metadata;
  std::string if_none_match;                   // "*": only when there is no such object
  std::uint64_t multipart_above = 8ull << 20;  // bytes; also the size of a part (grown so that 10,000 suffice)
  // upload_file asks it last of all, when nothing but the object's coming into being is left to do (its PUT, or the
  // completion of its parts), and writes under the condition it gives, in place of if_none_match. Its error ends the
  // upload without an object. Empty: not asked.
  std::function<Result<WriteCondition>()> before_write = {};
};

// An ETag travels with quotes in headers and XML and without them in S3's events.
std::string quoted_etag(std::string_view etag);
std::string unquoted_etag(std::string_view etag);

class S3 {
 public:
  explicit S3(Client client) : client_(std::move(client)) {}

  Result<ObjectInfo> head(std::string_view bucket, std::string_view key);
  Result<std::string> get(std::string_view bucket, std::string_view key, const ReadCondition& condition = {});
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
  // removed. The object must be the one that `condition` names and must not change meanwhile: else kReplaced.
  Result<ObjectInfo> download_file(std::string_view bucket, std::string_view key, const std::filesystem::path& file,
                                   const ReadCondition& condition = {});

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
