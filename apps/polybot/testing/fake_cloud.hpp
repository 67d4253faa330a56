#pragma once
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "sdk/client.hpp"
#include "sdk/testing/fake_http_server.hpp"

// For tests: S3, SQS, Step Functions and the Bot API, as much of them as PolyBot calls, on one loopback port.
namespace cumulet::polybot {

class FakeCloud {
 public:
  using Reply = sdk::FakeHttpServer::Reply;
  using Received = sdk::FakeHttpServer::Received;

  struct Said {  // a call of the Bot API
    std::string method;
    json::value parameters;  // of JSON
    std::string form;        // of multipart, raw
  };
  struct Queued {
    std::string queue, body;
    std::map<std::string, std::string> attributes;
    std::int64_t delay = 0;
  };

  FakeCloud();
  sdk::Client client() const;
  std::string url() const { return server_.url(); }

  // Answers a request in the place of the fake; called for each, one at a time.
  void intercept(std::function<std::optional<Reply>(const Received&)> first);

  std::map<std::string, std::string> objects() const;  // "bucket/key"
  void put(const std::string& path, const std::string& content);
  std::vector<Queued> queued() const;
  std::vector<Said> said() const;
  std::vector<std::string> texts() const;  // of sendMessage, but for those that make no sound
  std::vector<std::string> edits() const;  // of editMessageText
  int count(std::string_view method) const;
  std::vector<std::pair<std::string, int>> visibilities() const;  // receipt handle, seconds
  // Files that getFile knows: file_id -> content.
  void give_file(const std::string& file_id, const std::string& content);
  void set_executions(json::array executions, json::object described);
  void set_updates(std::vector<std::string> batches);  // results of getUpdates, in turn; then an empty one

 private:
  Reply respond(const Received& request);
  Reply s3(const Received& request);
  Reply list(const std::string& bucket, const std::string& query);
  Reply json_service(const Received& request, const std::string& target);
  Reply bot(const Received& request);

  mutable std::mutex mutex_;
  std::function<std::optional<Reply>(const Received&)> first_;
  std::map<std::string, std::string> objects_, files_;
  std::vector<Queued> queued_;
  std::vector<Said> said_;
  std::vector<std::pair<std::string, int>> visibilities_;
  json::array executions_;
  json::object described_;
  std::vector<std::string> updates_;
  std::int64_t next_message_ = 900;
  sdk::FakeHttpServer server_;
};

}  // namespace cumulet::polybot
