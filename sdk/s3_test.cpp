#include "sdk/s3.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "base/encoding.hpp"
#include "sdk/crc32.hpp"
#include "sdk/errors.hpp"
#include "sdk/testing/fake_http_server.hpp"

namespace cumulet::sdk {
namespace {

namespace fs = std::filesystem;
using Reply = FakeHttpServer::Reply;
using Received = FakeHttpServer::Received;

std::string bytes_of(std::size_t size) {
  std::string out(size, '\0');
  SeededRandom random(size);
  for (char& c : out) c = static_cast<char>(random.next());
  return out;
}
std::string crc_of(std::string_view bytes) {
  Crc32 crc;
  crc.update(bytes);
  return crc.base64();
}

class S3Test : public testing::Test {
 protected:
  S3Test() {
    std::string name = (fs::temp_directory_path() / "sdk-s3-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~S3Test() override { fs::remove_all(folder_); }

  S3 s3(const FakeHttpServer& server) {
    ClientOptions options;
    options.region = "us-east-1";
    options.endpoint = server.url();
    options.credentials = std::make_shared<StaticCredentials>(auth::Credentials{"AKIA", "secret", ""});
    options.sleep = [](Milliseconds) {};
    return S3(*Client::create(std::move(options)));
  }
  fs::path write(const std::string& bytes) const {
    std::ofstream(folder_ / "in", std::ios::binary) << bytes;
    return folder_ / "in";
  }
  static std::string content(const fs::path& file) {
    std::ostringstream out;
    out << std::ifstream(file, std::ios::binary).rdbuf();
    return out.str();
  }
  fs::path folder_;
};

TEST(Crc32, GivesTheCheckValue) {
  EXPECT_EQ(crc_of("123456789"), base64_encode("\xcb\xf4\x39\x26"));
  Crc32 pieces;
  for (const char c : std::string("The quick brown fox jumps over the lazy dog")) pieces.update({&c, 1});
  EXPECT_EQ(pieces.value(), 0x414fa339u);
}

TEST_F(S3Test, SendsASmallFileInOnePutWithItsChecksum) {
  const std::string bytes = bytes_of(100'000);
  FakeHttpServer server([](const Received&) { return Reply{.headers = {{"ETag", "\"e\""}}}; });
  PutOptions options;
  options.content_type = "video/mp4";
  options.metadata = {{"detector", "yunet"}};
  const auto etag = s3(server).upload_file("b", "a b/ü.mp4", write(bytes), options);
  ASSERT_TRUE(etag.ok()) << etag.error().message();
  EXPECT_EQ(*etag, "\"e\"");
  const auto got = server.received();
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(got[0].method + ' ' + got[0].target, "PUT /b/a%20b/%C3%BC.mp4");
  EXPECT_EQ(got[0].body, bytes);
  EXPECT_EQ(got[0].headers.get_or("x-amz-checksum-crc32", ""), crc_of(bytes));
  EXPECT_EQ(got[0].headers.get_or("x-amz-content-sha256", ""), hex_encode(sha256(bytes)));
  EXPECT_EQ(got[0].headers.get_or("x-amz-meta-detector", ""), "yunet");
}

TEST_F(S3Test, SendsALargeFileInParts) {
  const std::string bytes = bytes_of(2'500'000);
  FakeHttpServer server([](const Received& request) {
    if (request.target.ends_with("?uploads")) return Reply{.body = "<R><UploadId>id/1+</UploadId></R>"};
    if (request.method == "PUT")
      return Reply{.headers = {{"ETag", "\"p" + std::to_string(request.body.size()) + "\""}}};
    return Reply{.body = "<CompleteMultipartUploadResult><ETag>\"all-3\"</ETag></CompleteMultipartUploadResult>"};
  });
  PutOptions options;
  options.multipart_above = 1'000'000;
  const auto etag = s3(server).upload_file("b", "k", write(bytes), options);
  ASSERT_TRUE(etag.ok()) << etag.error().message();
  EXPECT_EQ(*etag, "\"all-3\"");
  auto got = server.received();
  ASSERT_EQ(got.size(), 5u);
  // Parts are sent at the same time: in any order.
  std::sort(got.begin() + 1, got.begin() + 4, [](const auto& a, const auto& b) { return a.target < b.target; });
  EXPECT_EQ(got[0].headers.get_or("x-amz-checksum-algorithm", ""), "CRC32");
  EXPECT_EQ(got[1].target, "/b/k?partNumber=1&uploadId=id%2F1%2B");
  EXPECT_EQ(got[1].body + got[2].body + got[3].body, bytes);
  EXPECT_EQ(got[4].body,
            "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
            "<Part><ETag>\"p1000000\"</ETag><ChecksumCRC32>" +
                crc_of(got[1].body) +
                "</ChecksumCRC32><PartNumber>1</PartNumber></Part>"
                "<Part><ETag>\"p1000000\"</ETag><ChecksumCRC32>" +
                crc_of(got[2].body) +
                "</ChecksumCRC32><PartNumber>2</PartNumber></Part>"
                "<Part><ETag>\"p500000\"</ETag><ChecksumCRC32>" +
                crc_of(got[3].body) +
                "</ChecksumCRC32><PartNumber>3</PartNumber></Part>"
                "</CompleteMultipartUpload>");
}

TEST_F(S3Test, SendsThreePartsAtATime) {
  const FakeHttpServer* self = nullptr;
  std::atomic<bool> together = false;
  FakeHttpServer server([&](const Received& request) {
    if (request.target.ends_with("?uploads")) return Reply{.body = "<R><UploadId>id</UploadId></R>"};
    if (request.method == "POST") return Reply{.body = "<R><ETag>\"all\"</ETag></R>"};
    // The first part is answered when the other two have come, or else after a while without them.
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!together && std::chrono::steady_clock::now() < end) {
      together = self->received().size() >= 4;
      std::this_thread::yield();
    }
    return Reply{.headers = {{"ETag", "\"p\""}}};
  });
  self = &server;
  PutOptions options;
  options.multipart_above = 100'000;
  const auto etag = s3(server).upload_file("b", "k", write(bytes_of(300'000)), options);
  ASSERT_TRUE(etag.ok()) << etag.error().message();
  EXPECT_TRUE(together);
}

TEST_F(S3Test, AsksForTheConditionLastOfAll) {
  std::vector<std::string> order;
  FakeHttpServer server([&](const Received& request) {
    order.push_back(request.method + " " + std::string(request.headers.get_or("if-match", "-")));
    if (request.target.ends_with("?uploads")) return Reply{.body = "<R><UploadId>id</UploadId></R>"};
    if (request.method == "POST") return Reply{.body = "<R><ETag>\"all-2\"</ETag></R>"};
    return Reply{.headers = {{"ETag", "\"p\""}}};
  });
  PutOptions options;
  options.before_write = [&]() -> Result<WriteCondition> {
    order.push_back("asked");
    return WriteCondition{.if_match = "there"};
  };
  ASSERT_TRUE(s3(server).upload_file("b", "k", write(bytes_of(1000)), options).ok());
  EXPECT_EQ(order, (std::vector<std::string>{"asked", "PUT \"there\""}));
  order.clear();
  options.multipart_above = 100'000;
  ASSERT_TRUE(s3(server).upload_file("b", "k", write(bytes_of(150'000)), options).ok());
  EXPECT_EQ(order, (std::vector<std::string>{"POST -", "PUT -", "PUT -", "asked", "POST \"there\""}));
  // Its error ends the upload, and no parts are left.
  order.clear();
  options.before_write = []() -> Result<WriteCondition> { return Error{kReplaced, "another"}; };
  EXPECT_TRUE(s3(server).upload_file("b", "k", write(bytes_of(150'000)), options).error().is(kReplaced));
  EXPECT_EQ(order, (std::vector<std::string>{"POST -", "PUT -", "PUT -", "DELETE -"}));
}

TEST_F(S3Test, ReadsTheVersionThatIsMeant) {
  FakeHttpServer server([](const Received& request) {
    EXPECT_EQ(request.target, "/b/k?versionId=v%2F1");
    EXPECT_EQ(request.headers.get_or("if-match", ""), "\"e\"");
    return Reply{.headers = {{"ETag", "\"e\""}, {"x-amz-version-id", "v/1"}}, .body = "text"};
  });
  const ReadCondition condition{.if_match = "\"e\"", .version_id = "v/1"};
  EXPECT_EQ(*s3(server).get("b", "k", condition), "text");
  EXPECT_EQ(s3(server).download_file("b", "k", folder_ / "out", condition)->version_id, "v/1");
}

TEST_F(S3Test, AbortsTheUploadWhenAPartFails) {
  FakeHttpServer server([](const Received& request) {
    if (request.target.ends_with("?uploads")) return Reply{.body = "<R><UploadId>id</UploadId></R>"};
    if (request.target.find("partNumber=2") != std::string::npos)
      return Reply{.status = 400, .body = "<Error><Code>BadDigest</Code><Message>bad</Message></Error>"};
    return Reply{.headers = {{"ETag", "\"p\""}}};
  });
  PutOptions options;
  options.multipart_above = 1'000'000;
  const auto out = s3(server).upload_file("b", "k", write(bytes_of(2'500'000)), options);
  EXPECT_EQ(out.error().code(), "BadDigest");
  const auto got = server.received();
  EXPECT_EQ(got.back().method + ' ' + got.back().target, "DELETE /b/k?uploadId=id");
}

TEST_F(S3Test, AnErrorUnderStatus200IsAFailure) {
  FakeHttpServer server([](const Received& request) {
    if (request.target.ends_with("?uploads")) return Reply{.body = "<R><UploadId>id</UploadId></R>"};
    if (request.method == "POST")
      return Reply{.body = "<?xml version=\"1.0\"?>\n<Error><Code>InternalError</Code><Message>m</Message></Error>"};
    return Reply{.headers = {{"ETag", "\"p\""}}};
  });
  PutOptions options;
  options.multipart_above = 1'000'000;
  EXPECT_EQ(s3(server).upload_file("b", "k", write(bytes_of(1'500'000)), options).error().code(), "InternalError");
}

TEST_F(S3Test, ResumesABrokenDownloadByRange) {
  const std::string bytes = bytes_of(300'000);
  const std::string etag = '"' + hex_encode(md5(bytes)) + '"';
  int calls = 0;
  FakeHttpServer server([&](const Received& request) {
    Reply reply{.headers = {{"ETag", etag}, {"x-amz-checksum-crc32", crc_of(bytes)}}};
    std::size_t from = 0;
    if (const auto range = request.headers.get("range")) {
      from = std::stoul(std::string(range->substr(6)));
      reply.status = 206;
      reply.headers.emplace_back("Content-Range", "bytes " + std::to_string(from) + "-299999/300000");
      EXPECT_EQ(request.headers.get_or("if-match", ""), etag);
    }
    reply.body = bytes.substr(from);
    if (++calls < 3) reply.cut_after = 100'000;
    return reply;
  });
  const auto info = s3(server).download_file("b", "k", folder_ / "out");
  ASSERT_TRUE(info.ok()) << info.error().message();
  EXPECT_EQ(info->size, 300'000u);
  EXPECT_EQ(content(folder_ / "out"), bytes);
  EXPECT_EQ(server.received().size(), 3u);
}

TEST_F(S3Test, RefusesBytesThatAreNotTheObjects) {
  const std::string bytes = bytes_of(1000);
  std::vector<std::pair<std::string, std::string>> headers;
  FakeHttpServer server([&](const Received&) { return Reply{.headers = headers, .body = bytes}; });
  auto one = s3(server);
  headers = {{"ETag", '"' + hex_encode(md5("other")) + '"'}};
  EXPECT_TRUE(one.download_file("b", "k", folder_ / "out").error().is(kIntegrity));
  EXPECT_FALSE(fs::exists(folder_ / "out"));
  headers = {{"ETag", "\"multi-2\""}, {"x-amz-checksum-crc32", crc_of("other")}};
  EXPECT_TRUE(one.download_file("b", "k", folder_ / "out").error().is(kIntegrity));
  headers = {{"ETag", "\"multi-2\""}, {"x-amz-checksum-crc32", crc_of("other") + "-2"}};
  EXPECT_TRUE(one.download_file("b", "k", folder_ / "out").ok()) << "a composite checksum is not the bytes'";
}

TEST_F(S3Test, RefusesAnObjectThatWasReplaced) {
  FakeHttpServer server([](const Received& request) {
    EXPECT_EQ(request.headers.get_or("if-match", ""), "\"old\"");
    return Reply{.status = 412, .body = "<Error><Code>PreconditionFailed</Code></Error>"};
  });
  const auto out = s3(server).download_file("b", "k", folder_ / "out", {.if_match = "old"});
  ASSERT_FALSE(out.ok());
  EXPECT_TRUE(out.error().is(kReplaced));
  EXPECT_EQ(out.error().message(), "s3://b/k was replaced by another object meanwhile");
}

TEST_F(S3Test, AFailedDownloadLeavesNoFile) {
  FakeHttpServer server(
      [](const Received&) { return Reply{.status = 404, .body = "<Error><Code>NoSuchKey</Code></Error>"}; });
  EXPECT_EQ(s3(server).download_file("b", "k", folder_ / "out").error().code(), "NoSuchKey");
  EXPECT_FALSE(fs::exists(folder_ / "out"));
}

TEST_F(S3Test, GivesUpADownloadThatMakesNoProgress) {
  FakeHttpServer server([](const Received& request) {
    Reply reply{.headers = {{"ETag", "\"e-1\""}}, .body = std::string(1000, 'x')};
    reply.cut_after = request.headers.has("range") ? 0 : 10;
    if (request.headers.has("range")) {
      reply.status = 206;
      reply.headers.emplace_back("Content-Range", "bytes 10-999/1000");
    }
    return reply;
  });
  EXPECT_FALSE(s3(server).download_file("b", "k", folder_ / "out").ok());
  EXPECT_FALSE(fs::exists(folder_ / "out"));
}

TEST_F(S3Test, AnEmptyObjectIsAnEmptyFile) {
  FakeHttpServer server([](const Received&) { return Reply{.headers = {{"ETag", '"' + hex_encode(md5("")) + '"'}}}; });
  const auto info = s3(server).download_file("b", "k", folder_ / "out");
  ASSERT_TRUE(info.ok()) << info.error().message();
  EXPECT_EQ(fs::file_size(folder_ / "out"), 0u);
}

TEST_F(S3Test, ListsKeysPageByPage) {
  FakeHttpServer server([](const Received& request) {
    const bool second = request.target.find("continuation-token=t%2F1") != std::string::npos;
    EXPECT_NE(request.target.find("prefix=work%2F7%2F"), std::string::npos) << request.target;
    return Reply{
        .body = second ? "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>c</Key></Contents>"
                         "</ListBucketResult>"
                       : "<ListBucketResult><IsTruncated>true</IsTruncated><Contents><Key>a+%C3%A4</Key></Contents>"
                         "<Contents><Key>b</Key></Contents><NextContinuationToken>t/1</NextContinuationToken>"
                         "</ListBucketResult>"};
  });
  const auto keys = s3(server).list("b", "work/7/");
  ASSERT_TRUE(keys.ok()) << keys.error().message();
  EXPECT_EQ(*keys, (std::vector<std::string>{"a \xC3\xA4", "b", "c"}));
  EXPECT_EQ(s3(server).list("b", "work/7/", 2)->size(), 2u);
}

TEST_F(S3Test, TellsWhatIsThere) {
  int status = 200;
  FakeHttpServer server([&](const Received&) { return Reply{.status = status}; });
  EXPECT_TRUE(*s3(server).exists("b", "k"));
  status = 404;
  EXPECT_FALSE(*s3(server).exists("b", "k"));
  status = 403;
  EXPECT_FALSE(s3(server).exists("b", "k").ok());
}

}  // namespace
}  // namespace cumulet::sdk
