#pragma once
#include <string>
#include <string_view>

#include "base/error.hpp"

// Errors of S3 with AWS's codes, statuses and texts.
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
namespace cumulet::s3 {

inline constexpr ErrorKind kAccessDenied{"AccessDenied", 403};
inline constexpr ErrorKind kAclNotSupported{"AccessControlListNotSupported", 400};
inline constexpr ErrorKind kBadDigest{"BadDigest", 400};
inline constexpr ErrorKind kBadRequest{"BadRequest", 400};
inline constexpr ErrorKind kInvalidRedirectLocation{"InvalidRedirectLocation", 400};
inline constexpr ErrorKind kBucketAlreadyOwnedByYou{"BucketAlreadyOwnedByYou", 409};
inline constexpr ErrorKind kBucketNotEmpty{"BucketNotEmpty", 409};
inline constexpr ErrorKind kConditionalRequestConflict{"ConditionalRequestConflict", 409};
inline constexpr ErrorKind kEntityTooLarge{"EntityTooLarge", 400};
inline constexpr ErrorKind kEntityTooSmall{"EntityTooSmall", 400};
inline constexpr ErrorKind kIllegalLocationConstraint{"IllegalLocationConstraintException", 400};
inline constexpr ErrorKind kIllegalVersioning{"IllegalVersioningConfigurationException", 400};
inline constexpr ErrorKind kIncompleteBody{"IncompleteBody", 400};
inline constexpr ErrorKind kInternalError{"InternalError", 500};
inline constexpr ErrorKind kInvalidArgument{"InvalidArgument", 400};
inline constexpr ErrorKind kInvalidBucketOwner{"InvalidBucketOwnerAWSAccountID", 400};
inline constexpr ErrorKind kInvalidBucketName{"InvalidBucketName", 400};
inline constexpr ErrorKind kInvalidDigest{"InvalidDigest", 400};
inline constexpr ErrorKind kInvalidEncryptionAlgorithm{"InvalidEncryptionAlgorithmError", 400};
inline constexpr ErrorKind kInvalidLocationConstraint{"InvalidLocationConstraint", 400};
inline constexpr ErrorKind kInvalidPart{"InvalidPart", 400};
inline constexpr ErrorKind kInvalidPartNumber{"InvalidPartNumber", 416};
inline constexpr ErrorKind kInvalidPartOrder{"InvalidPartOrder", 400};
inline constexpr ErrorKind kInvalidRange{"InvalidRange", 416};
inline constexpr ErrorKind kInvalidRequest{"InvalidRequest", 400};
inline constexpr ErrorKind kInvalidStorageClass{"InvalidStorageClass", 400};
inline constexpr ErrorKind kInvalidTag{"InvalidTag", 400};
inline constexpr ErrorKind kKeyTooLong{"KeyTooLongError", 400};
inline constexpr ErrorKind kMalformedPolicy{"MalformedPolicy", 400};
inline constexpr ErrorKind kMalformedXml{"MalformedXML", 400};
inline constexpr ErrorKind kMetadataTooLarge{"MetadataTooLarge", 400};
inline constexpr ErrorKind kMissingContentLength{"MissingContentLength", 411};
inline constexpr ErrorKind kMissingRequestBody{"MissingRequestBodyError", 400};
inline constexpr ErrorKind kNoSuchBucket{"NoSuchBucket", 404};
inline constexpr ErrorKind kNoSuchBucketPolicy{"NoSuchBucketPolicy", 404};
inline constexpr ErrorKind kNoSuchCors{"NoSuchCORSConfiguration", 404};
inline constexpr ErrorKind kNoSuchEncryption{"ServerSideEncryptionConfigurationNotFoundError", 404};
inline constexpr ErrorKind kNoSuchKey{"NoSuchKey", 404};
inline constexpr ErrorKind kNoSuchLifecycle{"NoSuchLifecycleConfiguration", 404};
inline constexpr ErrorKind kNoSuchPublicAccessBlock{"NoSuchPublicAccessBlockConfiguration", 404};
inline constexpr ErrorKind kNoSuchTagSet{"NoSuchTagSet", 404};
inline constexpr ErrorKind kNoSuchUpload{"NoSuchUpload", 404};
inline constexpr ErrorKind kNoSuchVersion{"NoSuchVersion", 404};
inline constexpr ErrorKind kNoSuchWebsite{"NoSuchWebsiteConfiguration", 404};
inline constexpr ErrorKind kNotImplemented{"NotImplemented", 501};
inline constexpr ErrorKind kOwnershipControlsNotFound{"OwnershipControlsNotFoundError", 404};
inline constexpr ErrorKind kPreconditionFailed{"PreconditionFailed", 412};
inline constexpr ErrorKind kReplicationNotFound{"ReplicationConfigurationNotFoundError", 404};
inline constexpr ErrorKind kObjectLockNotFound{"ObjectLockConfigurationNotFoundError", 404};

inline Error no_such_bucket(std::string_view bucket) {
  return Error{kNoSuchBucket, "The specified bucket does not exist", {{"BucketName", std::string(bucket)}}};
}
inline Error no_such_key(std::string_view key) {
  return Error{kNoSuchKey, "The specified key does not exist.", {{"Key", std::string(key)}}};
}
inline Error no_such_upload(std::string_view upload) {
  return Error{kNoSuchUpload,
               "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted "
               "or completed.",
               {{"UploadId", std::string(upload)}}};
}
inline Error invalid_argument(std::string message, std::string_view name, std::string_view value) {
  return Error{kInvalidArgument,
               std::move(message),
               {{"ArgumentName", std::string(name)}, {"ArgumentValue", std::string(value)}}};
}
inline Error malformed_xml() {
  return Error{kMalformedXml,
               "The XML you provided was not well-formed or did not validate against our published schema"};
}
inline Error precondition_failed(std::string_view condition) {
  return Error{kPreconditionFailed,
               "At least one of the pre-conditions you specified did not hold",
               {{"Condition", std::string(condition)}}};
}
inline Error header_not_implemented(std::string_view header) {
  return Error{kNotImplemented,
               "A header you provided implies functionality that is not implemented",
               {{"Header", std::string(header)}}};
}
inline Error header_not_implemented(std::string_view header, std::string_view why) {
  return header_not_implemented(header).with("additionalMessage", std::string(why));
}
// The object changed since the upload began: begin again.
inline Error conditional_conflict(std::string_view condition, std::string_view key) {
  return Error{kConditionalRequestConflict,
               "The conditional request cannot succeed due to a conflicting operation against this resource.",
               {{"Condition", std::string(condition)}, {"Key", std::string(key)}}};
}

}  // namespace cumulet::s3
