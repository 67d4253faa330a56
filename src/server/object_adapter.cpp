#include "server/object_adapter.hpp"

namespace cumulet::server {

inline constexpr ErrorKind kNoSuchVersion{"NoSuchVersion", 404};

Result<rekognition::Object> RekognitionObjects::open(const std::string& bucket, const std::string& key,
                                                     const std::optional<std::string>& version) {
  if (version && *version != "null") return Error{kNoSuchVersion, "The specified version does not exist."};
  CUMULET_TRY(s3::OpenedObject opened, s3_.open_object(bucket, key));
  rekognition::Object object;
  object.pieces = std::move(opened.pieces);
  object.size = opened.size;
  object.etag = std::move(opened.etag);
  object.identity = std::move(opened.identity);
  return object;
}

}  // namespace cumulet::server
