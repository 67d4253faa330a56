#pragma once
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace cumulet::s3 {

// A bucket's configuration that is kept and given back as it was put. But for CORS it changes nothing else: docs say
// so.
struct DocumentKind {
  std::string_view name;     // of its row, and of the subresource
  const ErrorKind& missing;  // when none was put
  std::string_view missing_message;
  std::string_view root;  // root element, checked; empty: JSON
};

extern const DocumentKind kPolicy, kCors, kEncryption, kPublicAccessBlock, kOwnershipControls, kLifecycle, kWebsite,
    kLogging, kRequestPayment, kAccelerate, kReplication, kObjectLock;

// "BucketOwnerEnforced" and its like.
bool is_object_ownership(std::string_view value);
std::string ownership_document(std::string_view value);

}  // namespace cumulet::s3
