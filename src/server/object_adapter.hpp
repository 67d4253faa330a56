#pragma once
#include "services/rekognition/ports.hpp"
#include "services/s3/service.hpp"

namespace cumulet::server {

// The videos and pictures that Rekognition is pointed at: S3's objects.
class RekognitionObjects final : public rekognition::ObjectReader {
 public:
  explicit RekognitionObjects(s3::S3& s3) : s3_(s3) {}
  Result<rekognition::Object> open(const std::string& bucket, const std::string& key,
                                   const std::optional<std::string>& version) override;

 private:
  s3::S3& s3_;
};

}  // namespace cumulet::server
