#include <algorithm>

#include "base/header_field.hpp"
#include "services/s3/errors.hpp"
#include "services/s3/metadata.hpp"
#include "services/s3/service.hpp"

// Reading objects.
namespace cumulet::s3 {
namespace {

struct Selection {
  std::uint64_t first = 0;
  std::uint64_t length = 0;
  bool partial = false;
  const StoredPart* part = nullptr;
};

Result<Selection> select_part(const Object& object, int number) {
  const auto& parts = object.content.parts;
  const Error missing{kInvalidPartNumber,
                      "The requested partnumber is not satisfiable",
                      {{"PartNumberRequested", std::to_string(number)},
                       {"ActualPartCount", std::to_string(std::max<std::size_t>(parts.size(), 1))}}};
  if (parts.empty()) {
    if (number != 1) return missing;
    return Selection{0, object.row.size, object.row.size > 0, nullptr};
  }
  // Counted from one, whatever numbers the uploader gave.
  if (static_cast<std::size_t>(number) > parts.size()) return missing;
  Selection s;
  for (int i = 0; i + 1 < number; ++i) s.first += parts[static_cast<std::size_t>(i)].size;
  s.part = &parts[static_cast<std::size_t>(number) - 1];
  s.length = s.part->size;
  s.partial = s.length > 0;
  return s;
}

Result<Selection> select(const Object& object, const GetObjectRequest& request) {
  if (request.part_number) return select_part(object, *request.part_number);
  Selection whole{0, object.row.size, false, nullptr};
  if (!request.range) return whole;
  CUMULET_TRY(const auto range, parse_range(*request.range, object.row.size));
  if (!range) return whole;
  return Selection{range->first, range->last - range->first + 1, true, nullptr};
}

bool overrides_headers(const GetObjectRequest& r) {
  return r.response_cache_control || r.response_content_disposition || r.response_content_encoding ||
         r.response_content_language || r.response_content_type || r.response_expires;
}

// A query may hold what no header can.
Result<void> check_overrides(const GetObjectRequest& r) {
  const std::pair<std::string_view, const std::optional<std::string>&> given[] = {
      {"response-cache-control", r.response_cache_control},
      {"response-content-disposition", r.response_content_disposition},
      {"response-content-encoding", r.response_content_encoding},
      {"response-content-language", r.response_content_language},
      {"response-content-type", r.response_content_type},
      {"response-expires", r.response_expires}};
  for (const auto& [name, value] : given)
    if (value && !http::is_field_value(*value))
      return invalid_argument("Header value contains invalid characters.", name, *value);
  return {};
}

// Reading asks for no encryption: only keys of the client's own go with it, and no object here has any.
Result<void> check_encryption(const wire::CallContext& context) {
  if (context.head == nullptr) return {};
  constexpr std::string_view kHeader = "x-amz-server-side-encryption";
  if (const auto given = context.head->headers.get(kHeader))
    return invalid_argument(std::string(kHeader) + " header is not supported for this operation.", kHeader, *given);
  if (context.head->headers.has("x-amz-server-side-encryption-customer-algorithm"))
    return Error{kInvalidRequest, "The encryption parameters are not applicable to this object."};
  return {};
}

// Neither an Authorization header nor a presigned URL, of either scheme.
bool is_unsigned(const wire::CallContext& context) {
  if (!context.head || context.head->headers.has("authorization")) return false;
  const std::string_view query = context.head->raw_query();
  return query.find("Signature=") == query.npos;  // "X-Amz-Signature=" too
}

void fill_attributes(GetObjectOutput& out, const Attributes& a, const GetObjectRequest& request) {
  out.cache_control = request.response_cache_control ? request.response_cache_control : a.cache_control;
  out.content_disposition =
      request.response_content_disposition ? request.response_content_disposition : a.content_disposition;
  out.content_encoding = request.response_content_encoding ? request.response_content_encoding : a.content_encoding;
  out.content_language = request.response_content_language ? request.response_content_language : a.content_language;
  out.content_type =
      request.response_content_type ? *request.response_content_type : a.content_type.value_or("binary/octet-stream");
  if (out.content_type->empty()) out.content_type = "binary/octet-stream";
  out.expires = request.response_expires ? request.response_expires : a.expires;
  out.website_redirect_location = a.website_redirect_location;
  out.server_side_encryption = a.server_side_encryption.value_or("AES256");
  out.sse_kms_key_id = a.sse_kms_key_id;
  out.storage_class = a.storage_class;  // absent: STANDARD
  // An older engine may have stored what would not stay one header.
  for (auto* field : {&out.cache_control, &out.content_disposition, &out.content_encoding, &out.content_language,
                      &out.content_type, &out.expires, &out.website_redirect_location, &out.sse_kms_key_id})
    if (*field && !http::is_field_value(**field)) field->reset();
  for (const auto& [name, value] : a.metadata) {
    if (http::is_field_name(name))
      out.metadata.emplace(name, metadata_header(value));
    else
      out.missing_meta = out.missing_meta.value_or(0) + 1;
  }
  if (a.tagging) out.tag_count = 1 + static_cast<int>(std::count(a.tagging->begin(), a.tagging->end(), '&'));
}

void fill_checksum(GetObjectOutput& out, const Object& object, const Selection& s, const GetObjectRequest& request) {
  const auto& stored = object.content.attributes.checksum;
  if (!stored || !request.checksum_mode || !iequals(*request.checksum_mode, "ENABLED")) return;
  // A checksum of the whole object says nothing of a part, and its parts' own are not told.
  if (s.part && stored->type == ChecksumType::composite) {
    set_checksum(out.checksums, stored->algorithm, s.part->checksum);
  } else if (s.length == object.row.size) {
    out.checksums = to_fields(*stored);
  } else {
    return;
  }
  out.checksum_type = name_of(stored->type);
}

}  // namespace

Result<GetObjectOutput> S3::read(const Context& context, const GetObjectRequest& request, bool with_body) {
  CUMULET_TRY(const BucketPtr found, bucket_for(context, request.bucket, request.key));
  CUMULET_CHECK(check_version_id(request.version_id));
  if (request.part_number && request.range)
    return Error{kInvalidRequest, "Cannot specify both Range header and partNumber query parameter"};
  if (request.part_number && (*request.part_number < 1 || *request.part_number > 10'000))
    return invalid_argument("Part number must be an integer between 1 and 10000, inclusive", "partNumber",
                            std::to_string(*request.part_number));
  CUMULET_CHECK(check_encryption(context));
  if (request.checksum_mode && !iequals(*request.checksum_mode, "ENABLED"))
    return Error{kInvalidRequest, "Value for x-amz-checksum-mode header is invalid."};
  if (overrides_headers(request) && is_unsigned(context))
    return Error{kInvalidRequest, "Request specific response headers cannot be used for anonymous GET requests."};
  CUMULET_CHECK(check_overrides(request));
  const Conditions conditions{request.if_match, request.if_none_match,
                              unless_future(request.if_modified_since, with_.clock.now()), request.if_unmodified_since};
  Selection selection;
  Outcome outcome = Outcome::proceed;
  CUMULET_TRY(Opened opened, open(*found, request.key, [&](const Object& object) -> Result<Span> {
                CUMULET_TRY(outcome, check_read(conditions, object.row.etag, object.row.modified));
                if (outcome == Outcome::not_modified) return Span{0, 0};
                CUMULET_TRY(selection, select(object, request));
                return Span{selection.first, with_body ? selection.length : 0};
              }));
  const Object& object = opened.object;
  GetObjectOutput out;
  out.e_tag = quoted_etag(object.row.etag);
  out.last_modified = object.row.modified;
  if (outcome == Outcome::not_modified) {
    out.status = 304;
    return out;
  }
  fill_attributes(out, object.content.attributes, request);
  fill_checksum(out, object, selection, request);
  if (request.part_number && !object.content.parts.empty())
    out.parts_count = static_cast<int>(object.content.parts.size());
  if (selection.partial) {
    out.status = 206;
    out.content_range = "bytes " + std::to_string(selection.first) + '-' +
                        std::to_string(selection.first + selection.length - 1) + '/' + std::to_string(object.row.size);
  }
  if (with_body)
    out.body = http::Body(std::move(opened.pieces));
  else
    out.body = http::Body(http::StreamBody{nullptr, selection.length});
  return out;
}

Result<GetObjectOutput> S3::get_object(const Context& context, const GetObjectRequest& request) {
  return read(context, request, true);
}
Result<GetObjectOutput> S3::head_object(const Context& context, const GetObjectRequest& request) {
  return read(context, request, false);
}

namespace {

ObjectParts parts_page(const Object& object, const GetObjectAttributesRequest& request) {
  const auto& checksum = object.content.attributes.checksum;
  ObjectParts out;
  out.total_parts_count = static_cast<int>(object.content.parts.size());
  // Without part-level checksums AWS tells the count only.
  if (!checksum || checksum->type != ChecksumType::composite) return out;
  out.part_number_marker = request.part_number_marker.value_or(0);
  out.max_parts = std::clamp(request.max_parts.value_or(1000), 0, 1000);
  out.is_truncated = false;
  out.parts.emplace();
  int last = 0;
  for (const StoredPart& p : object.content.parts) {
    if (p.number <= *out.part_number_marker) continue;
    if (static_cast<int>(out.parts->size()) == *out.max_parts) {
      out.is_truncated = true;
      break;
    }
    ObjectPart part;
    part.part_number = last = p.number;
    part.size = static_cast<std::int64_t>(p.size);
    set_checksum(part.checksums, checksum->algorithm, p.checksum);
    out.parts->push_back(std::move(part));
  }
  out.next_part_number_marker = last;
  return out;
}

}  // namespace

Result<GetObjectAttributesOutput> S3::get_object_attributes(const Context& context,
                                                            const GetObjectAttributesRequest& request) {
  CUMULET_TRY(const BucketPtr found, bucket_for(context, request.bucket, request.key));
  CUMULET_CHECK(check_version_id(request.version_id));
  CUMULET_CHECK(check_encryption(context));
  if (request.object_attributes.empty())
    return Error{
        kInvalidRequest,
        "The x-amz-object-attributes header specifying the attributes to be retrieved is either missing or empty"};
  CUMULET_TRY(const Object object, load_object(*found, request.key));
  GetObjectAttributesOutput out;
  out.last_modified = object.row.modified;
  for (const std::string& name : request.object_attributes) {
    if (name == "ETag") {
      out.e_tag = object.row.etag;
    } else if (name == "ObjectSize") {
      out.object_size = static_cast<std::int64_t>(object.row.size);
    } else if (name == "StorageClass") {
      out.storage_class = object.content.attributes.storage_class.value_or("STANDARD");
    } else if (name == "Checksum") {
      if (const auto& c = object.content.attributes.checksum) {
        // The composite's part count is told elsewhere.
        Checksum plain = *c;
        if (const auto dash = plain.value.find('-'); dash != plain.value.npos) plain.value.resize(dash);
        out.checksum = ChecksumElement{to_fields(plain), std::string(name_of(c->type))};
      }
    } else if (name == "ObjectParts") {
      if (!object.content.parts.empty()) out.object_parts = parts_page(object, request);
    } else {
      return invalid_argument("Invalid attribute name specified.", "x-amz-object-attributes", name);
    }
  }
  return out;
}

}  // namespace cumulet::s3
