// What is pure of the registry: names, routes, manifests, configurations, logins.
#include <gtest/gtest.h>

#include "oci/errors.hpp"
#include "oci/image_config.hpp"
#include "oci/manifest.hpp"
#include "oci/names.hpp"
#include "oci/route.hpp"
#include "oci/tokens.hpp"

namespace cumulet::oci {
namespace {

const std::string kDigest = "sha256:" + std::string(64, 'a');

TEST(Names, Repositories) {
  for (const char* good : {"a", "a1", "a/b", "a.b", "a_b", "a__b", "a-b", "a---b", "team/app-1.x/y"})
    EXPECT_TRUE(is_repository_name(good)) << good;
  for (const char* bad :
       {"", "/", "a/", "/a", "a//b", "A", "-a", "a-", ".a", "a.", "a..b", "a___b", "a._b", "a b", "ä", "..", "a/../b"})
    EXPECT_FALSE(is_repository_name(bad)) << bad;
  EXPECT_TRUE(is_repository_name(std::string(255, 'a')));
  EXPECT_FALSE(is_repository_name(std::string(256, 'a')));
}

TEST(Names, Tags) {
  for (const char* good : {"a", "A", "_", "1.2-x_Y", "latest"}) EXPECT_TRUE(is_tag(good)) << good;
  for (const char* bad : {"", ".", "-", ".a", "-a", "a/b", "a:b", "a b", "@"}) EXPECT_FALSE(is_tag(bad)) << bad;
  EXPECT_TRUE(is_tag(std::string(128, 'a')));
  EXPECT_FALSE(is_tag(std::string(129, 'a')));
}

TEST(Names, Images) {
  const auto plain = parse_image_name("127.0.0.1:4566/team/app");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->host, "127.0.0.1:4566");
  EXPECT_EQ(plain->repository, "team/app");
  EXPECT_EQ(plain->tag, "latest");
  EXPECT_FALSE(plain->region);
  const auto aws = parse_image_name("123456789012.dkr.ecr.eu-west-1.amazonaws.com/app:v1");
  ASSERT_TRUE(aws);
  EXPECT_EQ(aws->account, "123456789012");
  EXPECT_EQ(aws->region, "eu-west-1");
  EXPECT_EQ(aws->tag, "v1");
  const auto pinned = parse_image_name("h/app:v1@" + kDigest);
  ASSERT_TRUE(pinned);
  EXPECT_EQ(pinned->digest.text(), kDigest);
  EXPECT_EQ(pinned->tag, "");
  for (const char* bad :
       {"", "app", "/app", "h/", "h/App", "h/app:", "h/app@", "h/app@sha256:x", "h/app:-x", "h/app:v1:v2"})
    EXPECT_FALSE(parse_image_name(bad)) << bad;
}

TEST(Routes, WhatAPathNames) {
  using To = Route::To;
  const auto is = [](const char* path, To to, const char* repository, const char* reference) {
    const auto route = route_of(path);
    ASSERT_TRUE(route) << path;
    EXPECT_EQ(static_cast<int>(route->to), static_cast<int>(to)) << path;
    EXPECT_EQ(route->repository, repository) << path;
    EXPECT_EQ(route->reference, reference) << path;
  };
  is("/v2/", To::base, "", "");
  is("/v2", To::base, "", "");
  is("/v2/token", To::token, "", "");
  is("/v2/_catalog", To::catalog, "", "");
  is("/v2/a/b/blobs/uploads/", To::uploads, "a/b", "");
  is("/v2/a/blobs/uploads", To::uploads, "a", "");
  is("/v2/a/blobs/uploads/x", To::upload, "a", "x");
  is("/v2/a/blobs/sha256%3Aabc", To::blob, "a", "sha256:abc");
  is("/v2/a/manifests/v1", To::manifest, "a", "v1");
  is("/v2/manifests/manifests/v1", To::manifest, "manifests", "v1");
  is("/v2/a/tags/list", To::tags, "a", "");
  is("/v2/a/referrers/x", To::referrers, "a", "x");
  for (const char* none :
       {"", "/", "/v1/", "/v2x", "/v2/a", "/v2/blobs/x", "/v2/tags/list", "/v2/a/b/c", "/v2/a/manifests/%zz"})
    EXPECT_FALSE(route_of(none)) << none;
}

std::string manifest(const std::string& more = "") {
  const std::string blob = R"({"mediaType":"application/x","digest":")" + kDigest + R"(","size":5})";
  return R"({"schemaVersion":2,"config":)" + blob + R"(,"layers":[)" + blob + "]" + more + "}";
}

TEST(Manifests, AreRead) {
  const auto read =
      parse_manifest(manifest(R"(,"annotations":{"a":"b"},"artifactType":"application/y")"), kOciManifest);
  ASSERT_TRUE(read.ok()) << read.error().message();
  EXPECT_EQ(read->media_type, kOciManifest);
  EXPECT_FALSE(read->is_index);
  EXPECT_EQ(read->config->size, 5u);
  EXPECT_EQ(read->layers.size(), 1u);
  EXPECT_EQ(read->artifact_type, "application/y");
  EXPECT_EQ(read->annotations, R"({"a":"b"})");
  EXPECT_EQ(parse_manifest(manifest(), "")->artifact_type, "application/x");  // without a type in either place
  const auto index = parse_manifest(R"({"schemaVersion":2,"manifests":[]})", "");
  ASSERT_TRUE(index.ok());
  EXPECT_TRUE(index->is_index);
}

TEST(Manifests, OfTwoMindsAreRefused) {
  for (const std::string& text :
       {manifest(R"(,"manifests":[])"), manifest(R"(,"mediaType":")" + std::string(kOciIndex) + "\""),
        std::string(R"({"schemaVersion":2,"manifests":[],"layers":[]})")})
    EXPECT_FALSE(parse_manifest(text, "").ok()) << text;
  EXPECT_FALSE(parse_manifest(manifest(), kDockerList).ok());
}

TEST(ImageConfigs, AreRead) {
  const auto read = parse_image_config(
      R"({"os":"linux","architecture":"amd64","config":{"Env":["A=b=c"],"Entrypoint":["/app"],"Cmd":null,"WorkingDir":"/w",)"
      R"("User":"1000"},"rootfs":{"type":"layers","diff_ids":[")" +
      kDigest + R"("]}})");
  ASSERT_TRUE(read.ok()) << read.error().message();
  EXPECT_EQ(read->environment, std::vector<std::string>{"A=b=c"});
  EXPECT_EQ(read->entrypoint, std::vector<std::string>{"/app"});
  EXPECT_TRUE(read->command.empty());
  EXPECT_EQ(read->working_folder, "/w");
  EXPECT_EQ(read->user, "1000");
  EXPECT_EQ(read->diff_ids.size(), 1u);
}

TEST(ImageConfigs, WhatIsNoneIsRefused) {
  const std::string head = R"({"os":"linux","architecture":"amd64","rootfs":{"type":"layers","diff_ids":[]},"config":)";
  for (const std::string& text :
       {std::string(), std::string("[]"), std::string("{}"), head + R"({"Env":["noequals"]}})",
        head + R"({"Env":["=x"]}})", head + R"({"Cmd":"text"}})", head + R"({"Cmd":[5]}})",
        head + R"({"Cmd":["a\u0000b"]}})", head + "[]}",
        std::string(R"({"os":"linux","architecture":"amd64","rootfs":{"type":"layers","diff_ids":["x"]}})"),
        std::string(R"({"os":"linux","architecture":"amd64"})")})
    EXPECT_FALSE(parse_image_config(text).ok()) << text;
}

TEST(Tokens, VerifyThemselves) {
  const Tokens tokens("secret");
  const TimePoint now = from_millis(1'000'000);
  const std::string token = tokens.issue({"000000000000", "eu-west-1", now + Seconds(10)});
  const auto grant = tokens.read(token, now);
  ASSERT_TRUE(grant);
  EXPECT_EQ(grant->account, "000000000000");
  EXPECT_EQ(grant->region, "eu-west-1");
  EXPECT_FALSE(tokens.read(token, now + Seconds(10)));
  EXPECT_FALSE(Tokens("other").read(token, now));
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string forged = token;
    forged[i] = forged[i] == '0' ? '1' : '0';
    EXPECT_FALSE(tokens.read(forged, now)) << i;
  }
  for (const char* none : {"", ".", "x", "x.y"}) EXPECT_FALSE(tokens.read(none, now)) << none;
}

}  // namespace
}  // namespace cumulet::oci
