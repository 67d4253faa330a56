#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/http.hpp"
#include "base/result.hpp"

namespace cumulet::rekognition {

// An object's bytes, as they were when it was opened: pieces in memory and in open files.
struct Object {
  std::vector<http::Piece> pieces;
  std::uint64_t size = 0;
  std::string etag = {};  // without quotes
  std::string identity =
      {};  // of this very write: another when the object was written again, be it with the same bytes
};

// Port: reads objects of S3; bound in src/server. Thread-safe, may block: called on workers and the service's threads.
// Any error means that the object is not there or may not be read.
class ObjectReader {
 public:
  virtual ~ObjectReader() = default;
  virtual Result<Object> open(const std::string& bucket, const std::string& key,
                              const std::optional<std::string>& version) = 0;
};

}  // namespace cumulet::rekognition
