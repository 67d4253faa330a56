#pragma once
#include "base/error.hpp"

// The distribution specification's error codes with their statuses, and those that every registry adds.
// https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#error-codes
namespace cumulet::oci {

inline constexpr ErrorKind kBlobUnknown{"BLOB_UNKNOWN", 404};
inline constexpr ErrorKind kBlobUploadInvalid{"BLOB_UPLOAD_INVALID", 400};
inline constexpr ErrorKind kBlobUploadUnknown{"BLOB_UPLOAD_UNKNOWN", 404};
inline constexpr ErrorKind kDigestInvalid{"DIGEST_INVALID", 400};
inline constexpr ErrorKind kManifestBlobUnknown{"MANIFEST_BLOB_UNKNOWN", 404};
inline constexpr ErrorKind kManifestInvalid{"MANIFEST_INVALID", 400};
inline constexpr ErrorKind kManifestTooLarge{"MANIFEST_INVALID", 413};
inline constexpr ErrorKind kManifestUnknown{"MANIFEST_UNKNOWN", 404};
inline constexpr ErrorKind kNameInvalid{"NAME_INVALID", 400};
inline constexpr ErrorKind kNameUnknown{"NAME_UNKNOWN", 404};
inline constexpr ErrorKind kSizeInvalid{"SIZE_INVALID", 400};
inline constexpr ErrorKind kBlobTooLarge{"SIZE_INVALID", 413};
inline constexpr ErrorKind kRangeInvalid{"BLOB_UPLOAD_INVALID", 416};  // a chunk that does not follow the last
inline constexpr ErrorKind kUnauthorized{"UNAUTHORIZED", 401};
inline constexpr ErrorKind kDenied{"DENIED", 403};
inline constexpr ErrorKind kUnsupported{"UNSUPPORTED", 405};
inline constexpr ErrorKind kTooManyRequests{"TOOMANYREQUESTS", 429};
// Beyond the specification, as the reference implementation names them.
inline constexpr ErrorKind kTagInvalid{"TAG_INVALID", 400};
inline constexpr ErrorKind kPageInvalid{"PAGINATION_NUMBER_INVALID", 400};
// A tag of a repository whose tags are immutable; TAG_INVALID as ECR answers it to a push.
inline constexpr ErrorKind kTagImmutable{"TAG_INVALID", 400};
// A manifest that an index names. ECR: ImageReferencedByManifestList.
inline constexpr ErrorKind kReferenced{"DENIED", 403};
// An index that names manifests which are not there. ECR: ReferencedImagesNotFoundException.
inline constexpr ErrorKind kManifestChildUnknown{"MANIFEST_BLOB_UNKNOWN", 404};

}  // namespace cumulet::oci
