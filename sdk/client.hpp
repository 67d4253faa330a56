#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ids.hpp"
#include "base/json.hpp"
#include "sdk/credentials.hpp"
#include "sdk/settings.hpp"
#include "sdk/transport.hpp"

// A signed AWS client: any operation of the services in sdk/services.cpp, with AWS's standard retries.
namespace cumulet::sdk {

using Parameters = std::vector<std::pair<std::string, std::string>>;

struct ClientOptions {
  std::shared_ptr<const Settings> settings;        // default: of the process's environment
  std::shared_ptr<Transport> transport;            // default: curl_transport()
  std::shared_ptr<CredentialsSource> credentials;  // default: default_credentials()
  std::optional<std::string> region;               // default: Settings::region()
  std::optional<std::string> endpoint;             // for every service; default: Settings::endpoint_url(), else AWS
  std::optional<int> max_attempts;                 // default: Settings::max_attempts()
  const Clock* clock = nullptr;                    // default: the system's; must outlive the client
  Random* random = nullptr;                        // default: the system's; must outlive the client
  std::function<void(Milliseconds)> sleep;         // default: blocks the thread
};

struct RestRequest {
  std::string method = "GET";
  std::string path = "/";  // percent-encoded
  std::string query;       // percent-encoded: "list-type=2&prefix=a%2F"
  http::Headers headers;
  std::string body;
  std::optional<FilePart> file;                // in place of `body`
  std::function<bool(std::string_view)> sink;  // see HttpRequest
  std::function<void(int status, const http::Headers&)> on_head;
  std::string bucket;  // S3: in the host name on AWS, else in front of `path`
  // 0: the client's. Once a sink got bytes there are no further attempts: the caller resumes.
  int max_attempts = 0;
};

// Thread-safe; copies share connections, credentials and the retry quota. Errors: the service's, by code
// (error.code() == "ResourceNotFoundException"), or sdk/errors.hpp.
class Client {
 public:
  static Result<Client> create(ClientOptions options = {});

  // JSON protocols: states, rekognition, logs, sqs, ... The output, an empty object when the body is empty.
  Result<json::value> call(std::string_view service, std::string_view operation, const json::value& input);
  // REST protocols: s3, lambda, ... A status of 400 or more is an error.
  Result<HttpResponse> rest(std::string_view service, const RestRequest& request);
  // Query protocol: sts, iam, cloudformation, ...: the answer's XML text.
  Result<std::string> query(std::string_view service, std::string_view action, const Parameters& parameters);

  const std::string& region() const;
  // Where calls to a service go: "http://127.0.0.1:4566", "https://states.eu-west-1.amazonaws.com".
  Result<std::string> endpoint(std::string_view service) const;
  // A target that was presigned for `expires`, as a full URL. S3: bucket as in RestRequest.
  Result<std::string> presign(std::string_view service, const RestRequest& request, Seconds expires);

 private:
  struct Impl;
  explicit Client(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<Impl> impl_;
};

}  // namespace cumulet::sdk
