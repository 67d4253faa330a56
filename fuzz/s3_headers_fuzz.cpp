#include "base/encoding.hpp"
#include "fuzz/fuzz.hpp"
#include "services/s3/checksum.hpp"
#include "services/s3/metadata.hpp"
#include "services/s3/names.hpp"
#include "services/s3/preconditions.hpp"
#include "services/s3/service.hpp"

using namespace cumulet;

// What clients write into S3's own headers: ranges, copy sources, conditions, metadata, tags; and names of buckets and
// keys.
CUMULET_FUZZ(bytes) {
  for (const std::uint64_t size : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1000}, std::uint64_t{5} << 40}) {
    const auto range = s3::parse_range(bytes, size);
    if (range.ok() && *range) CUMULET_HOLDS((*range)->first <= (*range)->last && (*range)->last < size);
  }
  const auto source = s3::parse_copy_source(bytes);
  if (source.ok()) CUMULET_HOLDS(source->bucket.find('/') == std::string::npos);

  // Metadata comes back as a field's value: on one line, whatever it was, and read again it is the same.
  const std::string text = s3::metadata_text(bytes);
  CUMULET_HOLDS(is_valid_utf8(text));
  const std::string header = s3::metadata_header(text);
  CUMULET_HOLDS(header.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
  CUMULET_HOLDS(s3::metadata_text(header) == text);

  (void)s3::names_etag(bytes, "d41d8cd98f00b204e9800998ecf8427e");
  (void)s3::is_valid_bucket_name(bytes);
  if (s3::check_key(bytes).ok()) {
    CUMULET_HOLDS(is_valid_utf8(bytes));
    CUMULET_HOLDS(percent_decode(s3::url_encode_key(bytes), Plus::space) == bytes);
  }
  const std::string after = s3::after_prefix(bytes);
  CUMULET_HOLDS(after.empty() || (after > bytes && !after.starts_with(bytes)));
  (void)s3::algorithm_named(bytes);

  // Tags are kept as one text and told as XML.
  const auto tags = s3::parse_tags(bytes);
  if (!tags.ok()) return;
  for (const s3::Tag& tag : *tags) CUMULET_HOLDS(is_valid_utf8(tag.key) && is_valid_utf8(tag.value));
  const auto again = s3::parse_tags(s3::tags_text(*tags));
  CUMULET_HOLDS(again.ok() && again->size() == tags->size());
  for (std::size_t i = 0; i < tags->size(); ++i)
    CUMULET_HOLDS((*again)[i].key == (*tags)[i].key && (*again)[i].value == (*tags)[i].value);
  (void)s3::check_tags(*tags, 10);
}
