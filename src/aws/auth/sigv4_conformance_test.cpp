// Signature Version 4 cases, for signing and for verifying: AWS's recorded ones, which lie beside the checkout and not
// in it, and our own, signed by a script that shares no code with what is tested (testdata/make_sigv4_cases.py).
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "aws/auth/canonical.hpp"
#include "aws/auth/sigv4.hpp"
#include "base/json.hpp"

namespace cumulet::auth {
namespace {

namespace fs = std::filesystem;
const Scope kScope{"20150830", "us-east-1", "service"};
const TimePoint kNow = *parse_iso8601_basic("20150830T123600Z");

fs::path cases_folder() {
  const char* shared = std::getenv("CUMULET_SHARED");
  return fs::path(shared ? shared : "../shared") / "conformance" / "sigv4";
}

std::string content(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

struct Case {
  std::string name;
  http::RequestHead head;
  std::string body, canonical, to_sign, authorization, session_token;
};

std::string header_of(const std::string& request, const std::string& name) {
  const auto at = request.find("\n" + name + ":");
  if (at == std::string::npos) return {};
  const auto start = at + name.size() + 2;
  return request.substr(start, request.find('\n', start) - start);
}

Case read_case(const fs::path& folder) {
  Case out;
  out.name = folder.filename();
  const auto file = [&](const char* extension) { return content(folder / (out.name + extension)); };
  std::istringstream request(file(".req"));
  std::string line;
  std::getline(request, line);
  const auto first = line.find(' '), last = line.rfind(" HTTP/");
  out.head.method = line.substr(0, first);
  out.head.target = line.substr(first + 1, last - first - 1);
  std::string name, value;
  const auto flush = [&] {
    if (!name.empty()) out.head.headers.add(name, value);
    name.clear();
  };
  while (std::getline(request, line) && !line.empty()) {
    if (line.front() == ' ') {
      value += '\n' + line;
      continue;
    }
    flush();
    name = line.substr(0, line.find(':'));
    value = line.substr(line.find(':') + 1);
  }
  flush();
  std::getline(request, out.body, '\0');
  out.canonical = file(".creq");
  out.to_sign = file(".sts");
  out.authorization = file(".authz");
  out.session_token = header_of(file(".sreq"), "X-Amz-Security-Token");
  return out;
}

std::vector<Case> own_cases() {
  std::vector<Case> out;
  const auto file = fs::path(__FILE__).parent_path() / "testdata/sigv4_cases.json";
  const auto text = [](const json::value& v) { return std::string(v.as_string()); };
  const json::value cases = json::parse(content(file)).value();
  for (const auto& one : cases.as_array()) {
    Case next;
    next.name = text(one.at("name"));
    next.head.method = text(one.at("method"));
    next.head.target = text(one.at("target"));
    for (const auto& pair : one.at("headers").as_array()) {
      next.head.headers.add(text(pair.at(0)), text(pair.at(1)));
    }
    next.session_token = next.head.headers.get_or("x-amz-security-token", "");
    next.body = text(one.at("body"));
    next.canonical = text(one.at("canonical"));
    next.to_sign = text(one.at("to_sign"));
    next.authorization = text(one.at("authorization"));
    out.push_back(std::move(next));
  }
  return out;
}

enum class Source { recorded, own };

class SigV4Cases : public testing::TestWithParam<Source> {
 protected:
  void SetUp() override {
    if (GetParam() == Source::own) {
      cases_ = own_cases();
      ASSERT_EQ(cases_.size(), 19u);
      return;
    }
    if (!fs::exists(cases_folder()))
      GTEST_SKIP() << "no recorded SigV4 cases at " << fs::absolute(cases_folder())
                   << " (set CUMULET_SHARED): 34 cases of signing and verifying were not tested";
    for (const auto& entry : fs::recursive_directory_iterator(cases_folder()))
      if (entry.path().extension() == ".req") cases_.push_back(read_case(entry.path().parent_path()));
    ASSERT_EQ(cases_.size(), 34u);
  }
  std::vector<Case> cases_;
};

INSTANTIATE_TEST_SUITE_P(From, SigV4Cases, testing::Values(Source::recorded, Source::own), [](const auto& info) {
  return info.param == Source::own ? std::string("OurOwn") : std::string("AwssRecorded");
});

TEST_P(SigV4Cases, SigningGivesTheRecordedHeader) {
  for (auto& one : cases_) {
    SCOPED_TRACE(one.name);
    Credentials credentials{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", one.session_token};
    if (one.name == "post-sts-header-after") credentials.session_token.clear();  // the token joins after signing
    sign(one.head, credentials, kScope, sha256_hex(one.body), kNow, PathStyle::normalised);
    EXPECT_EQ(one.head.headers.get_or("authorization", ""), one.authorization);
  }
}

TEST_P(SigV4Cases, EachStepGivesTheRecordedText) {
  for (auto& one : cases_) {
    SCOPED_TRACE(one.name);
    one.head.headers.add("Authorization", one.authorization);
    if (!one.session_token.empty()) one.head.headers.set("X-Amz-Security-Token", one.session_token);
    const auto parsed = parse_signing(one.head).authorization;
    ASSERT_TRUE(parsed.ok()) << parsed.error().message();
    const std::string request =
        canonical_request(one.head, canonical_path(one.head.raw_path(), PathStyle::normalised),
                          canonical_query(one.head.raw_query()), parsed->signed_headers, sha256_hex(one.body));
    EXPECT_EQ(request, one.canonical);
    EXPECT_EQ(string_to_sign(parsed->timestamp, parsed->scope.text(), request), one.to_sign);
  }
}

TEST_P(SigV4Cases, RecordedRequestsVerifyAndChangedOnesDoNot) {
  for (auto& one : cases_) {
    SCOPED_TRACE(one.name);
    const Credentials credentials{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", one.session_token};
    one.head.headers.add("Authorization", one.authorization);
    if (!one.session_token.empty()) one.head.headers.set("X-Amz-Security-Token", one.session_token);
    const auto parsed = parse_signing(one.head).authorization;
    ASSERT_TRUE(parsed.ok());
    EXPECT_TRUE(parsed->needs_body_hash);
    const auto good = verify(*parsed, credentials, one.head, sha256_hex(one.body), kNow, PathStyle::normalised);
    EXPECT_TRUE(good.ok()) << good.error().message();
    const auto other_body = verify(*parsed, credentials, one.head, sha256_hex("x"), kNow, PathStyle::normalised);
    ASSERT_FALSE(other_body.ok());
    EXPECT_TRUE(other_body.error().is(kInvalidSignature));
    one.head.method = "PUT";
    EXPECT_FALSE(verify(*parsed, credentials, one.head, sha256_hex(one.body), kNow, PathStyle::normalised).ok());
  }
}

}  // namespace
}  // namespace cumulet::auth
