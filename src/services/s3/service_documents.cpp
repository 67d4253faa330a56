#include "aws/wire/xml_codec.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "services/s3/documents.hpp"
#include "services/s3/errors.hpp"
#include "services/s3/service.hpp"

// Configurations that are kept and given back, access control lists, bucket tags.
namespace cumulet::s3 {

const DocumentKind kPolicy{"policy", kNoSuchBucketPolicy, "The bucket policy does not exist", ""};
const DocumentKind kCors{"cors", kNoSuchCors, "The CORS configuration does not exist", "CORSConfiguration"};
const DocumentKind kEncryption{"encryption", kNoSuchEncryption, "", "ServerSideEncryptionConfiguration"};
const DocumentKind kPublicAccessBlock{"publicAccessBlock", kNoSuchPublicAccessBlock,
                                      "The public access block configuration was not found",
                                      "PublicAccessBlockConfiguration"};
const DocumentKind kOwnershipControls{"ownershipControls", kOwnershipControlsNotFound,
                                      "The bucket ownership controls were not found", "OwnershipControls"};
const DocumentKind kLifecycle{"lifecycle", kNoSuchLifecycle, "The lifecycle configuration does not exist",
                              "LifecycleConfiguration"};
const DocumentKind kWebsite{"website", kNoSuchWebsite, "The specified bucket does not have a website configuration",
                            "WebsiteConfiguration"};
const DocumentKind kReplication{"replication", kReplicationNotFound, "The replication configuration was not found",
                                "ReplicationConfiguration"};
const DocumentKind kObjectLock{"object-lock", kObjectLockNotFound,
                               "Object Lock configuration does not exist for this bucket", "ObjectLockConfiguration"};
const DocumentKind kLogging{"logging", kNoSuchBucket, "", "BucketLoggingStatus"};
const DocumentKind kRequestPayment{"requestPayment", kNoSuchBucket, "", "RequestPaymentConfiguration"};
const DocumentKind kAccelerate{"accelerate", kNoSuchBucket, "", "AccelerateConfiguration"};

bool is_object_ownership(std::string_view value) {
  return value == "BucketOwnerEnforced" || value == "BucketOwnerPreferred" || value == "ObjectWriter";
}

std::string ownership_document(std::string_view value) {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<OwnershipControls "
         "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Rule><ObjectOwnership>" +
         std::string(value) + "</ObjectOwnership></Rule></OwnershipControls>";
}

namespace {

constexpr std::string_view kDeclaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
constexpr std::size_t kMaxDocument = 256 * 1024;

// What AWS answers before anything was put; empty: an error.
std::string initial(const DocumentKind& kind) {
  const std::string ns = " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"";
  if (&kind == &kEncryption)
    return "<ServerSideEncryptionConfiguration" + ns +
           "><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></"
           "ApplyServerSideEncryptionByDefault>"
           "<BucketKeyEnabled>false</BucketKeyEnabled></Rule></ServerSideEncryptionConfiguration>";
  if (&kind == &kOwnershipControls)
    return "<OwnershipControls" + ns +
           "><Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule></OwnershipControls>";
  if (&kind == &kPublicAccessBlock)
    return "<PublicAccessBlockConfiguration" + ns +
           "><BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls><BlockPublicPolicy>true</"
           "BlockPublicPolicy>"
           "<RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>";
  if (&kind == &kLogging) return "<BucketLoggingStatus" + ns + "/>";
  if (&kind == &kRequestPayment)
    return "<RequestPaymentConfiguration" + ns + "><Payer>BucketOwner</Payer></RequestPaymentConfiguration>";
  if (&kind == &kAccelerate) return "<AccelerateConfiguration" + ns + "/>";
  return {};
}

// A deleted default is told apart from one never touched.
constexpr std::string_view kDeleted = "-";

// A well-formed document whose root has that name.
bool has_root(std::string_view document, std::string_view root) {
  wire::Empty ignored;
  wire::Violations violations;
  if (!wire::read_xml(document, wire::shape_of<wire::Empty>(), &ignored, wire::Members::all, violations).ok())
    return false;
  // Past declaration and comments: the first tag that begins with a letter.
  std::size_t at = document.find('<');
  while (at + 1 < document.size() && (document[at + 1] == '?' || document[at + 1] == '!'))
    at = document.find('<', at + 1);
  const std::string_view tag = document.substr(std::min(at + 1, document.size()));
  return tag.starts_with(root) && tag.size() > root.size() &&
         std::string_view("> /\t\r\n").find(tag[root.size()]) != tag.npos;
}

// The texts of all elements of that name, wherever they stand.
std::vector<std::string_view> texts_of(std::string_view document, std::string_view element) {
  const std::string open = '<' + std::string(element) + '>', close = "</" + std::string(element) + '>';
  std::vector<std::string_view> texts;
  for (auto at = document.find(open); at != document.npos; at = document.find(open, at)) {
    at += open.size();
    const auto end = document.find(close, at);
    if (end == document.npos) break;
    texts.push_back(document.substr(at, end - at));
  }
  return texts;
}

Result<void> check_ownership(std::string_view text) {
  const auto values = texts_of(text, "ObjectOwnership");
  if (texts_of(text, "Rule").size() != 1 || values.size() != 1 || !is_object_ownership(values[0]))
    return malformed_xml();
  return {};
}

Result<void> check_encryption(std::string_view text) {
  if (texts_of(text, "Rule").size() != 1) return malformed_xml();
  const auto algorithms = texts_of(text, "SSEAlgorithm");
  if (algorithms.size() != 1 ||
      (algorithms[0] != "AES256" && algorithms[0] != "aws:kms" && algorithms[0] != "aws:kms:dsse"))
    return malformed_xml();
  if (algorithms[0] == "AES256" && !texts_of(text, "KMSMasterKeyID").empty())
    return Error{kInvalidArgument,
                 "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse",
                 {{"ArgumentName", "ApplyServerSideEncryptionByDefault"}}};
  return {};
}

// All four settings, those that were not named as false.
Result<std::string> whole_access_block(std::string_view text) {
  std::string out =
      std::string(kDeclaration) + "<PublicAccessBlockConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">";
  for (const std::string_view name :
       {"BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"}) {
    const auto given = texts_of(text, name);
    if (given.size() > 1) return malformed_xml();
    const std::string value = given.empty() ? "false" : lower(given[0]);
    if (value != "true" && value != "false") return malformed_xml();
    out += "<" + std::string(name) + ">" + value + "</" + std::string(name) + ">";
  }
  return out + "</PublicAccessBlockConfiguration>";
}

Result<void> check_policy(std::string_view text) {
  const auto parsed = json::parse(text);
  if (!parsed.ok() || !parsed->is_object())
    return Error{kMalformedPolicy, "Policies must be valid JSON and the first byte must be '{'"};
  if (json::find(*parsed, "Statement") == nullptr) return Error{kMalformedPolicy, "Missing required field Statement"};
  return {};
}

}  // namespace

bool S3::has_document(const Bucket& bucket, std::string_view kind) {
  bool there = false;
  const auto read = with_.database.read([&](Connection& c) -> Result<void> {
    const auto text = store_.document(c, bucket, kind);
    there = text && *text != kDeleted;
    return {};
  });
  return read.ok() && there;
}

template <const DocumentKind& Kind>
Result<XmlOutput> S3::get_document(const Context& context, const BucketRequest& request) {
  CUMULET_TRY(const BucketPtr found, bucket(context, request.bucket));
  std::optional<std::string> text;
  CUMULET_CHECK(with_.database.read([&](Connection& c) -> Result<void> {
    text = store_.document(c, *found, Kind.name);
    return {};
  }));
  XmlOutput out;
  if (Kind.root.empty()) out.content_type = "application/json";
  if (!text) {
    const std::string first = initial(Kind);
    if (!first.empty()) text = std::string(kDeclaration) + first;
  }
  // Encryption is never off: deleting it gives the default back.
  if (text && *text == kDeleted && &Kind == &kEncryption) text = std::string(kDeclaration) + initial(Kind);
  if (!text || *text == kDeleted)
    return Error{Kind.missing, std::string(Kind.missing_message), {{"BucketName", found->name}}};
  out.text = std::move(*text);
  return out;
}

template <const DocumentKind& Kind>
awaitable<Result<wire::Empty>> S3::put_document(const Context& context, PutDocumentRequest request) {
  CUMULET_CO_TRY(const BucketPtr found, bucket(context, request.bucket));
  if (request.text.empty() && !Kind.root.empty()) co_return Error{kMissingRequestBody, "Request Body is empty"};
  if (request.text.size() > kMaxDocument) co_return malformed_xml();
  if (Kind.root.empty()) {
    CUMULET_CO_CHECK(check_policy(request.text));
  } else if (!has_root(request.text, Kind.root)) {
    co_return malformed_xml();
  }
  if (&Kind == &kOwnershipControls) CUMULET_CO_CHECK(check_ownership(request.text));
  if (&Kind == &kEncryption) CUMULET_CO_CHECK(check_encryption(request.text));
  if (&Kind == &kPublicAccessBlock) {
    CUMULET_CO_TRY(request.text, whole_access_block(request.text));
  }
  std::shared_ptr<const CorsConfiguration> cors;
  if (&Kind == &kCors) {
    CUMULET_CO_TRY(CorsConfiguration parsed, parse_cors(request.text));
    cors = std::make_shared<CorsConfiguration>(std::move(parsed));
  }
  auto text = std::make_shared<std::string>(std::move(request.text));
  std::function<Result<void>(Transaction&)> job = [this, found, text, cors](Transaction& tx) -> Result<void> {
    CUMULET_CHECK(store_.check_bucket(tx, *found));
    store_.put_document(tx, *found, Kind.name, *text);
    if (cors) store_.set_cors(tx, *found, cors);
    return {};
  };
  Result<void> done = co_await write(std::move(job));
  if (!done.ok()) co_return std::move(done).error();
  co_return wire::Empty{};
}

template <const DocumentKind& Kind>
awaitable<Result<wire::Empty>> S3::delete_document(const Context& context, BucketRequest request) {
  CUMULET_CO_TRY(const BucketPtr found, bucket(context, request.bucket));
  std::function<Result<void>(Transaction&)> job = [this, found](Transaction& tx) -> Result<void> {
    CUMULET_CHECK(store_.check_bucket(tx, *found));
    store_.put_document(tx, *found, Kind.name, kDeleted);
    if (&Kind == &kCors) store_.set_cors(tx, *found, nullptr);
    return {};
  };
  Result<void> done = co_await write(std::move(job), storage::Room::reserved);
  if (!done.ok()) co_return std::move(done).error();
  co_return wire::Empty{};
}

#define CUMULET_S3_READ(kind) template Result<XmlOutput> S3::get_document<kind>(const Context&, const BucketRequest&);
#define CUMULET_S3_KEPT(kind)                                                                         \
  CUMULET_S3_READ(kind)                                                                               \
  template awaitable<Result<wire::Empty>> S3::put_document<kind>(const Context&, PutDocumentRequest); \
  template awaitable<Result<wire::Empty>> S3::delete_document<kind>(const Context&, BucketRequest);
CUMULET_S3_KEPT(kPolicy)
CUMULET_S3_KEPT(kCors)
CUMULET_S3_KEPT(kEncryption)
CUMULET_S3_KEPT(kPublicAccessBlock)
CUMULET_S3_KEPT(kOwnershipControls)
CUMULET_S3_READ(kLifecycle)
CUMULET_S3_READ(kWebsite)
CUMULET_S3_READ(kReplication)
CUMULET_S3_READ(kObjectLock)
CUMULET_S3_READ(kLogging)
CUMULET_S3_READ(kRequestPayment)
CUMULET_S3_READ(kAccelerate)
#undef CUMULET_S3_KEPT
#undef CUMULET_S3_READ

Result<XmlOutput> S3::get_policy_status(const Context& context, const BucketRequest& request) {
  CUMULET_TRY(const XmlOutput policy, get_document<kPolicy>(context, request));
  (void)policy;
  XmlOutput out;
  out.text =
      std::string(kDeclaration) +
      "<PolicyStatus xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><IsPublic>false</IsPublic></PolicyStatus>";
  return out;
}

namespace {

XmlOutput full_control() {
  const Owner o = owner();
  const std::string who = "<ID>" + o.id + "</ID>";
  XmlOutput out;
  out.text = std::string(kDeclaration) +
             "<AccessControlPolicy xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Owner>" + who +
             "</Owner><AccessControlList><Grant><Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "
             "xsi:type=\"CanonicalUser\">" +
             who + "</Grantee><Permission>FULL_CONTROL</Permission></Grant></AccessControlList></AccessControlPolicy>";
  return out;
}

}  // namespace

Result<XmlOutput> S3::get_bucket_acl(const Context& context, const BucketRequest& request) {
  CUMULET_CHECK(bucket(context, request.bucket));
  return full_control();
}

Result<XmlOutput> S3::get_object_acl(const Context& context, const ObjectRequest& request) {
  CUMULET_TRY(const BucketPtr found, bucket_for(context, request.bucket, request.key));
  CUMULET_CHECK(check_version_id(request.version_id));
  CUMULET_CHECK(load_object(*found, request.key));
  return full_control();
}

// Buckets are made with ACLs disabled ("bucket owner enforced"), as AWS makes them: only what changes nothing is taken.
Result<wire::Empty> S3::put_acl(const Context& context, const PutAclRequest& request) {
  CUMULET_TRY(const BucketPtr found, bucket(context, request.bucket));
  if (!request.key.empty()) {
    CUMULET_CHECK(check_version_id(request.version_id));
    CUMULET_CHECK(load_object(*found, request.key));
  }
  WriteHeaders headers;
  headers.acl = request.acl;
  CUMULET_CHECK(attributes_from(headers));
  if (request.acl && (*request.acl == "private" || *request.acl == "bucket-owner-full-control")) return wire::Empty{};
  return Error{kAclNotSupported, "The bucket does not allow ACLs"};
}

Result<TagSet> S3::get_bucket_tagging(const Context& context, const BucketRequest& request) {
  CUMULET_TRY(const BucketPtr found, bucket(context, request.bucket));
  std::optional<std::string> text;
  CUMULET_CHECK(with_.database.read([&](Connection& c) -> Result<void> {
    text = store_.document(c, *found, "tagging");
    return {};
  }));
  if (!text) return Error{kNoSuchTagSet, "The TagSet does not exist", {{"BucketName", found->name}}};
  TagSet set;
  CUMULET_TRY(set.tags, parse_tags(*text));
  return set;
}

awaitable<Result<wire::Empty>> S3::put_bucket_tagging(const Context& context, PutTaggingRequest request) {
  CUMULET_CO_TRY(const BucketPtr found, bucket(context, request.bucket));
  if (!request.tagging) co_return malformed_xml();
  CUMULET_CO_CHECK(check_tags(request.tagging->tags, 50));
  const std::string text = tags_text(request.tagging->tags);
  std::function<Result<void>(Transaction&)> job = [this, found, text](Transaction& tx) -> Result<void> {
    CUMULET_CHECK(store_.check_bucket(tx, *found));
    if (text.empty())
      store_.delete_document(tx, *found, "tagging");
    else
      store_.put_document(tx, *found, "tagging", text);
    return {};
  };
  Result<void> done = co_await write(std::move(job));
  if (!done.ok()) co_return std::move(done).error();
  co_return wire::Empty{};
}

awaitable<Result<wire::Empty>> S3::delete_bucket_tagging(const Context& context, BucketRequest request) {
  CUMULET_CO_TRY(const BucketPtr found, bucket(context, request.bucket));
  std::function<Result<void>(Transaction&)> job = [this, found](Transaction& tx) -> Result<void> {
    store_.delete_document(tx, *found, "tagging");
    return {};
  };
  Result<void> done = co_await write(std::move(job), storage::Room::reserved);
  if (!done.ok()) co_return std::move(done).error();
  co_return wire::Empty{};
}

}  // namespace cumulet::s3
