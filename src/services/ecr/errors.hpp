#pragma once
#include "base/result.hpp"

// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/CommonErrors.html and each operation's page
namespace cumulet::ecr {

inline constexpr ErrorKind kInvalidParameter{"InvalidParameterException", 400};
inline constexpr ErrorKind kInvalidTag{"InvalidTagParameterException", 400};
inline constexpr ErrorKind kTooManyTags{"TooManyTagsException", 400};
inline constexpr ErrorKind kLimitExceeded{"LimitExceededException", 400};
inline constexpr ErrorKind kServer{"ServerException", 500};
inline constexpr ErrorKind kRepositoryExists{"RepositoryAlreadyExistsException", 400};
inline constexpr ErrorKind kRepositoryNotFound{"RepositoryNotFoundException", 400};
inline constexpr ErrorKind kRepositoryNotEmpty{"RepositoryNotEmptyException", 400};
inline constexpr ErrorKind kImageExists{"ImageAlreadyExistsException", 400};
inline constexpr ErrorKind kImageTagExists{"ImageTagAlreadyExistsException", 400};
inline constexpr ErrorKind kImageNotFound{"ImageNotFoundException", 400};
inline constexpr ErrorKind kDigestDoesNotMatch{"ImageDigestDoesNotMatchException", 400};
inline constexpr ErrorKind kReferencedImagesNotFound{"ReferencedImagesNotFoundException", 400};
inline constexpr ErrorKind kLayersNotFound{"LayersNotFoundException", 400};
inline constexpr ErrorKind kLayerExists{"LayerAlreadyExistsException", 400};
inline constexpr ErrorKind kInvalidLayer{"InvalidLayerException", 400};
inline constexpr ErrorKind kInvalidLayerPart{"InvalidLayerPartException", 400};
inline constexpr ErrorKind kEmptyUpload{"EmptyUploadException", 400};
inline constexpr ErrorKind kUploadNotFound{"UploadNotFoundException", 400};
inline constexpr ErrorKind kRepositoryPolicyNotFound{"RepositoryPolicyNotFoundException", 400};
inline constexpr ErrorKind kLifecyclePolicyNotFound{"LifecyclePolicyNotFoundException", 400};
inline constexpr ErrorKind kPreviewNotFound{"LifecyclePolicyPreviewNotFoundException", 400};

}  // namespace cumulet::ecr
