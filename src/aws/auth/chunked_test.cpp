#include "aws/auth/chunked.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

#include "aws/auth/canonical.hpp"
#include "aws/auth/verified_body.hpp"

namespace cumulet::auth {
namespace {

// The example of https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html: 65 KiB of "a" in chunks of 64.
constexpr std::string_view kSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const Scope kScope{"20130524", "us-east-1", "s3"};

ChunkSigning signing(std::string seed) {
  return {signing_key(kSecret, kScope), "20130524T000000Z", kScope.text(), std::move(seed)};
}

std::string chunk(std::string_view payload, std::string_view signature) {
  char size[17];
  std::snprintf(size, sizeof size, "%zx", payload.size());
  std::string out(size);
  if (!signature.empty()) out += ";chunk-signature=" + std::string(signature);
  return out + "\r\n" + std::string(payload) + (payload.empty() ? "" : "\r\n");
}

std::string guide_body() {
  return chunk(std::string(65536, 'a'), "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648") +
         chunk(std::string(1024, 'a'), "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497") +
         chunk("", "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9") + "\r\n";
}
ChunkedDecoder::Options guide_options() {
  ChunkedDecoder::Options options;
  options.signing = signing("4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9");
  options.decoded_length = 66560;
  return options;
}

std::string guide_trailer_body() {
  return chunk(std::string(65536, 'a'), "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2") +
         chunk(std::string(1024, 'a'), "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7") +
         chunk("", "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992") +
         "x-amz-checksum-crc32c:sOO8/Q==\r\n"
         "x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n";
}
ChunkedDecoder::Options guide_trailer_options() {
  ChunkedDecoder::Options options;
  options.signing = signing("106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e");
  options.decoded_length = 66560;
  options.trailers = ChunkedDecoder::Trailers::expected;
  options.announced_trailers = {"x-amz-checksum-crc32c"};
  return options;
}

Result<std::string> decode(ChunkedDecoder& decoder, std::string_view body, std::size_t step) {
  std::string out;
  for (std::size_t at = 0; at < body.size(); at += step) {
    auto input = body.substr(at, step);
    while (!input.empty()) {
      CUMULET_TRY(const auto piece, decoder.next(input));
      out += piece;
    }
  }
  CUMULET_CHECK(decoder.finish());
  return out;
}
Result<std::string> decode(ChunkedDecoder::Options options, std::string_view body, std::size_t step = 1 << 20) {
  ChunkedDecoder decoder(std::move(options));
  return decode(decoder, body, step);
}
std::string code(const Result<std::string>& result) { return result.ok() ? "" : std::string(result.error().code()); }

TEST(AwsChunked, DecodesTheGuidesExampleInPiecesOfAnySize) {
  for (const std::size_t step : {1u, 2u, 7u, 85u, 65536u, 1u << 20}) {
    const auto result = decode(guide_options(), guide_body(), step);
    ASSERT_TRUE(result.ok()) << step << result.error().message();
    EXPECT_EQ(*result, std::string(66560, 'a'));
  }
}

TEST(AwsChunked, DecodesTheGuidesExampleWithTrailer) {
  for (const std::size_t step : {1u, 13u, 1u << 20}) {
    ChunkedDecoder decoder(guide_trailer_options());
    const auto result = decode(decoder, guide_trailer_body(), step);
    ASSERT_TRUE(result.ok()) << result.error().message();
    EXPECT_EQ(result->size(), 66560u);
    ASSERT_EQ(decoder.trailers().size(), 1u);
    EXPECT_EQ(decoder.trailers()[0].second, "sOO8/Q==");
  }
}

TEST(AwsChunked, RefusesChangedBytes) {
  auto body = guide_body();
  body[100] = 'b';
  EXPECT_EQ(code(decode(guide_options(), body)), "SignatureDoesNotMatch");
  body = guide_body();
  body[body.size() - 10] ^= 1;  // the last chunk's signature
  EXPECT_EQ(code(decode(guide_options(), body)), "SignatureDoesNotMatch");
  auto trailer = guide_trailer_body();
  trailer.replace(trailer.find("sOO8"), 4, "sOO9");
  EXPECT_EQ(code(decode(guide_trailer_options(), trailer)), "SignatureDoesNotMatch");
}

TEST(AwsChunked, RefusesEveryTruncation) {
  const auto body = guide_trailer_body();
  const std::size_t framing = body.size() - 400;
  for (std::size_t end = framing; end < body.size() - 4; ++end)
    EXPECT_FALSE(decode(guide_trailer_options(), body.substr(0, end)).ok()) << body.substr(framing, end - framing);
  EXPECT_EQ(code(decode(guide_options(), "")), "IncompleteBody");
  EXPECT_EQ(code(decode(guide_options(), guide_body().substr(0, 5000))), "IncompleteBody");
}

TEST(AwsChunked, DecodesUnsignedBodiesWithTrailers) {
  ChunkedDecoder::Options options;
  options.trailers = ChunkedDecoder::Trailers::expected;
  options.decoded_length = 5;
  options.announced_trailers = {"x-amz-checksum-crc32"};
  EXPECT_EQ(*decode(options, "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n"), "hello");
  EXPECT_EQ(*decode(options, "2\r\nhe\r\n3\r\nllo\r\n0\r\nX-Amz-Checksum-Crc32: NhCmhg==\r\n", 3), "hello");
  EXPECT_EQ(code(decode(options, "5\r\nhello\r\n0\r\n\r\n")), "MalformedTrailerError");
  EXPECT_EQ(code(decode(options, "5\r\nhello\r\n0\r\nno colon\r\n\r\n")), "MalformedTrailerError");
  EXPECT_EQ(code(decode(options, "4\r\nhell\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n")), "IncompleteBody");
  EXPECT_EQ(code(decode(options, "6\r\nhello!\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n")), "IncompleteBody");
}

TEST(AwsChunked, RefusesMalformedFraming) {
  const auto framing_code = [](std::string_view body) { return code(decode(ChunkedDecoder::Options{}, body)); };
  EXPECT_EQ(framing_code("zz\r\n"), "IncompleteBody");
  EXPECT_EQ(framing_code("-1\r\n"), "IncompleteBody");
  EXPECT_EQ(framing_code("ffffffffffffffffff\r\n"), "IncompleteBody");
  EXPECT_EQ(framing_code("1\r\naX\r\n0\r\n\r\n"), "IncompleteBody");
  EXPECT_EQ(framing_code("0\r\n\r\nmore"), "IncompleteBody");
  EXPECT_EQ(framing_code(std::string(10'000, '1')), "IncompleteBody");
}

class TextBody final : public http::BodyStream {
 public:
  explicit TextBody(std::vector<std::string> pieces) : pieces_(std::move(pieces)) {}
  awaitable<Result<std::string_view>> read() override {
    if (next_ == pieces_.size()) co_return std::string_view{};
    co_return std::string_view(pieces_[next_++]);
  }

 private:
  std::vector<std::string> pieces_;
  std::size_t next_ = 0;
};

Result<std::string> read_all(http::BodyStream& stream) {
  boost::asio::io_context context;
  Result<std::string> out = std::string{};
  auto task = [&stream, &out]() -> awaitable<void> {
    while (true) {
      auto piece = co_await stream.read();
      if (!piece.ok()) {
        out = std::move(piece).error();
        co_return;
      }
      if (piece->empty()) co_return;
      *out += *piece;
    }
  };
  boost::asio::co_spawn(context, task, boost::asio::detached);
  context.run();
  return out;
}

TEST(VerifiedBody, ChecksTheAnnouncedHash) {
  Authorization authorization;
  authorization.payload = Payload::hash;
  authorization.payload_hash = sha256_hex("hello");
  const auto body = [&](std::vector<std::string> pieces) {
    return read_all(*verified_body(std::make_shared<TextBody>(std::move(pieces)), authorization, {}, std::nullopt, {}));
  };
  EXPECT_EQ(*body({"he", "llo"}), "hello");
  const auto bad = body({"hello!"});
  ASSERT_FALSE(bad.ok());
  EXPECT_TRUE(bad.error().is(kContentSha256Mismatch));
  EXPECT_EQ(bad.error().message(), "The provided 'x-amz-content-sha256' header does not match what was computed.");
}

TEST(VerifiedBody, HashesLargeBodiesOnWorkers) {
  boost::asio::thread_pool pool(2);
  std::vector<std::string> pieces;
  std::string whole;
  for (int i = 0; i < 40; ++i) {
    pieces.emplace_back(30'000 + static_cast<std::size_t>(i) * 1'000, static_cast<char>('a' + i % 26));
    whole += pieces.back();
  }
  Authorization authorization;
  authorization.payload = Payload::hash;
  authorization.payload_hash = sha256_hex(whole);
  const auto read = [&] {
    return read_all(
        *verified_body(std::make_shared<TextBody>(pieces), authorization, {}, std::nullopt, {}, pool.get_executor()));
  };
  EXPECT_EQ(*read(), whole);
  pieces[7][11] = '!';
  const auto changed = read();
  ASSERT_FALSE(changed.ok());
  EXPECT_TRUE(changed.error().is(kContentSha256Mismatch));
}

TEST(VerifiedBody, DecodesSignedChunksAndHandsOverTrailers) {
  Authorization authorization;
  authorization.placement = Placement::header;
  authorization.scope = kScope;
  authorization.timestamp = "20130524T000000Z";
  authorization.signature = "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e";
  authorization.payload = Payload::streaming_signed_trailer;
  http::RequestHead head;
  head.headers.add("x-amz-decoded-content-length", "66560");
  head.headers.add("x-amz-trailer", "X-Amz-Checksum-Crc32c");
  std::string trailer;
  const auto on_trailer = [&trailer](std::string name, std::string value) { trailer = name + '=' + value; };
  const Credentials credentials{"AKIAIOSFODNN7EXAMPLE", std::string(kSecret), ""};
  auto stream = verified_body(std::make_shared<TextBody>(std::vector{guide_trailer_body()}), authorization, head,
                              credentials, on_trailer);
  EXPECT_EQ(read_all(*stream)->size(), 66560u);
  EXPECT_EQ(trailer, "x-amz-checksum-crc32c=sOO8/Q==");

  boost::asio::thread_pool pool(2);
  trailer.clear();
  auto on_workers = verified_body(std::make_shared<TextBody>(std::vector{guide_trailer_body()}), authorization, head,
                                  credentials, on_trailer, pool.get_executor());
  EXPECT_EQ(read_all(*on_workers)->size(), 66560u);
  EXPECT_EQ(trailer, "x-amz-checksum-crc32c=sOO8/Q==");

  head.headers.erase("x-amz-decoded-content-length");
  auto without = verified_body(std::make_shared<TextBody>(std::vector{guide_trailer_body()}), authorization, head,
                               credentials, {});
  EXPECT_TRUE(read_all(*without).error().is(kMissingContentLength));
}

}  // namespace
}  // namespace cumulet::auth
