#include "aws/auth/sigv2.hpp"
#include "fuzz/fuzz.hpp"

using namespace cumulet;

// Lines: target, then "Name: value" headers.
CUMULET_FUZZ(bytes) {
  http::RequestHead head;
  head.method = "GET";
  auto end = bytes.find('\n');
  head.target = bytes.substr(0, end);
  while (end != std::string_view::npos) {
    bytes.remove_prefix(end + 1);
    end = bytes.find('\n');
    const std::string_view line = bytes.substr(0, end);
    const auto colon = line.find(':');
    if (colon != std::string_view::npos && head.headers.size() < 64)
      head.headers.add(std::string(line.substr(0, colon)), std::string(line.substr(colon + 1)));
  }
  const auth::Signing signing = auth::parse_signing(head);
  const auto& authorization = signing.authorization;
  if (!authorization.ok() || authorization->placement == auth::Placement::none) return;
  const auth::Credentials credentials{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", ""};
  const std::string empty_hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
  if (authorization->scheme == auth::Scheme::v2) {
    CUMULET_HOLDS(signing.is_v2);
    (void)auth::verify_sigv2(*authorization, credentials, head, head.raw_path(), from_millis(1'440'938'160'000));
    return;
  }
  CUMULET_HOLDS(signing.scope() == &authorization->scope);
  for (const auto style : {auth::PathStyle::s3, auth::PathStyle::normalised})
    (void)auth::verify(*authorization, credentials, head, empty_hash, from_millis(1'440'938'160'000), style);
}
