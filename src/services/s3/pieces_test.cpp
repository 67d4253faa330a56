#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/encoding.hpp"
#include "services/s3/attributes.hpp"
#include "services/s3/checksum.hpp"
#include "services/s3/errors.hpp"
#include "services/s3/names.hpp"
#include "services/s3/preconditions.hpp"

namespace cumulet::s3 {
namespace {

TEST(Checksums, GiveTheCheckValues) {  // of the catalogue of parametrised CRC algorithms, for "123456789"
  EXPECT_EQ(hex_encode(digest(Algorithm::crc32, "123456789")), "cbf43926");
  EXPECT_EQ(hex_encode(digest(Algorithm::crc32c, "123456789")), "e3069283");
  EXPECT_EQ(hex_encode(digest(Algorithm::crc64nvme, "123456789")), "ae8b14860a799888");
  EXPECT_EQ(hex_encode(digest(Algorithm::sha1, "abc")), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(hex_encode(digest(Algorithm::crc32, "")), "00000000");
}

TEST(Checksums, DoNotDependOnThePieces) {
  std::string text;
  for (int i = 0; i < 10'000; ++i) text += static_cast<char>(i * 7 + i / 251);
  for (const Algorithm a : kAlgorithms) {
    auto hasher = make_hasher(a);
    std::string_view rest = text;
    for (std::size_t n = 1; !rest.empty(); n = n * 2 % 97 + 1) {
      hasher->update(rest.substr(0, n));
      rest.remove_prefix(std::min(n, rest.size()));
    }
    EXPECT_EQ(hasher->finish(), digest(a, text)) << name_of(a);
  }
}

TEST(Checksums, OfPartsCombineToThatOfTheWhole) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += static_cast<char>(i * 31 + i / 256);
  const std::string_view all = text;
  for (const Algorithm a : {Algorithm::crc32, Algorithm::crc32c, Algorithm::crc64nvme})
    for (const std::size_t cut : {0u, 1u, 7u, 4096u, 99'999u, 100'000u})
      EXPECT_EQ(combine_crc(a, digest(a, all.substr(0, cut)), digest(a, all.substr(cut)), all.size() - cut),
                digest(a, all))
          << name_of(a) << " at " << cut;
}

TEST(BucketNames, FollowTheRules) {
  for (const auto good : {"abc", "my-bucket", "a.b.c", "123", "my.bucket-1"})
    EXPECT_TRUE(is_valid_bucket_name(good)) << good;
  for (const auto bad :
       {"ab", "Abc", "a_b", "-abc", "abc-", ".abc", "a..b", "a.-b", "192.168.1.1", "xn--abc", "abc-s3alias", ""})
    EXPECT_FALSE(is_valid_bucket_name(bad)) << bad;
  EXPECT_FALSE(is_valid_bucket_name(std::string(64, 'a')));
  EXPECT_TRUE(is_valid_bucket_name(std::string(63, 'a')));
}

TEST(Keys, MayBeAnyUtf8UpTo1024Bytes) {
  for (const std::string key : {"../x", "//", "a/", "\xF0\x9F\x98\x80", " ", "\x01"}) EXPECT_TRUE(check_key(key).ok());
  EXPECT_TRUE(check_key(std::string(1024, 'k')).ok());
  EXPECT_TRUE(check_key(std::string(1025, 'k')).error().is(kKeyTooLong));
  EXPECT_FALSE(check_key("\xff").ok());
}

TEST(Keys, AreEncodedAsS3EncodesThem) {
  EXPECT_EQ(url_encode_key("a b/c+d(1).png"), "a+b/c%2Bd%281%29.png");
  EXPECT_EQ(url_encode_key("é"), "%C3%A9");
  EXPECT_EQ(after_prefix("foo/"), "foo0");
  EXPECT_EQ(after_prefix(""), "");
}

TEST(CopySources, NameBucketAndKey) {
  const auto source = parse_copy_source("/b/a%20key/x?versionId=null");
  ASSERT_TRUE(source.ok());
  EXPECT_EQ(source->bucket, "b");
  EXPECT_EQ(source->key, "a key/x");
  EXPECT_EQ(source->version_id, "null");
  EXPECT_FALSE(parse_copy_source("b").ok());
  EXPECT_FALSE(parse_copy_source("b/").ok());
}

std::string range_of(std::string_view header, std::uint64_t size) {
  const auto r = parse_range(header, size);
  if (!r.ok()) return std::string(r.error().code());
  if (!*r) return "whole";
  return std::to_string((*r)->first) + '-' + std::to_string((*r)->last);
}

TEST(Ranges, AreReadAsRfc9110Says) {
  EXPECT_EQ(range_of("bytes=0-4", 10), "0-4");
  EXPECT_EQ(range_of("bytes=5-", 10), "5-9");
  EXPECT_EQ(range_of("bytes=-3", 10), "7-9");
  EXPECT_EQ(range_of("bytes=-30", 10), "0-9");
  EXPECT_EQ(range_of("bytes=8-100", 10), "8-9");
  EXPECT_EQ(range_of("bytes=10-", 10), "InvalidRange");
  EXPECT_EQ(range_of("bytes=-0", 10), "InvalidRange");
  EXPECT_EQ(range_of("bytes=0-", 0), "InvalidRange");
  EXPECT_EQ(range_of("bytes=4-2", 10), "whole");
  EXPECT_EQ(range_of("bytes=0-1,3-4", 10), "whole");
  EXPECT_EQ(range_of("lines=0-1", 10), "whole");
  EXPECT_EQ(range_of("bytes=18446744073709551616-", 10), "whole");
}

TEST(Preconditions, AnEntityTagOverrulesTheDate) {
  const TimePoint modified = from_millis(1'000'500);
  const TimePoint before = from_millis(999'000), same = from_millis(1'000'000);
  const auto outcome = [&](Conditions c) {
    const auto r = check_read(c, "e", modified);
    return !r.ok() ? "failed" : *r == Outcome::proceed ? "proceed" : "not modified";
  };
  EXPECT_STREQ(outcome({"\"e\"", {}, {}, before}), "proceed");
  EXPECT_STREQ(outcome({"\"x\"", {}, {}, {}}), "failed");
  EXPECT_STREQ(outcome({{}, {}, {}, before}), "failed");
  EXPECT_STREQ(outcome({{}, "\"x\"", same, {}}), "proceed");
  EXPECT_STREQ(outcome({{}, "e", before, {}}), "not modified");
  EXPECT_STREQ(outcome({{}, "*", {}, {}}), "not modified");
  EXPECT_STREQ(outcome({{}, {}, same, {}}), "not modified");
  EXPECT_STREQ(outcome({{}, {}, before, {}}), "proceed");
}

TEST(Preconditions, OfWrites) {
  EXPECT_TRUE(check_write({}, "*", {}, "k").ok());
  EXPECT_TRUE(check_write({}, "*", "e", "k").error().is(kPreconditionFailed));
  EXPECT_TRUE(check_write_headers({}, "\"x\"").error().is(kNotImplemented));
  EXPECT_TRUE(check_write("\"e\"", {}, "e", "k").ok());
  EXPECT_TRUE(check_write("\"x\"", {}, "e", "k").error().is(kPreconditionFailed));
  EXPECT_TRUE(check_write("\"x\"", {}, {}, "k").error().is(kNoSuchKey));
}

TEST(StoredAttributes, ReadBackWhatWasWritten) {
  Attributes a;
  a.content_type = "text/\"x\"";
  a.storage_class = "GLACIER";
  a.metadata = {{"k", "v\xC3\xA9"}, {"empty", ""}};
  a.checksum = Checksum{Algorithm::sha1, ChecksumType::composite, "abc=-3"};
  const Attributes b = Attributes::parse(a.text());
  EXPECT_EQ(b.content_type, a.content_type);
  EXPECT_EQ(b.storage_class, a.storage_class);
  EXPECT_EQ(b.metadata, a.metadata);
  EXPECT_EQ(b.checksum->algorithm, Algorithm::sha1);
  EXPECT_EQ(b.checksum->type, ChecksumType::composite);
  EXPECT_EQ(b.checksum->value, "abc=-3");
  EXPECT_EQ(Attributes::parse(Attributes{}.text()).text(), "{}");
}

}  // namespace
}  // namespace cumulet::s3
