#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <deque>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "aws/auth/sigv4.hpp"
#include "aws/wire/operation.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "gateway/gateway.hpp"
#include "gateway/metrics.hpp"
#include "runtime/inside_network.hpp"
#include "server/config.hpp"
#include "storage/blob_store.hpp"
#include "storage/database.hpp"

// All AWS services of the engine, made in order and bound to one another.
namespace cumulet::server {

// What they stand on.
struct Ground {
  const Config& config;
  std::filesystem::path data;
  storage::Database& database;
  storage::BlobStore& blobs;
  storage::Orphans orphans;
  SystemClock& clock;
  Timers& timers;
  boost::asio::any_io_executor io;
  boost::asio::any_io_executor workers;
};

class Services {
 public:
  // Tables, leftovers of an earlier run, ports. Nothing works on its own yet. Blocking.
  static Result<std::unique_ptr<Services>> build(Ground ground);
  ~Services();

  // The engine listens at `endpoint` (a URL), for functions at `inside`: from here on they may be started. Goes on with
  // what an earlier run left.
  Result<void> start(const std::string& endpoint, runtime::InsideService inside);
  // Ends what works on its own; to be called while I/O thread and workers still run. Idempotent.
  void stop();

  const std::deque<wire::ServiceDescriptor>& descriptors() const;
  const auth::KeyDirectory& keys() const;
  // A key of the account's own that lives in memory only, until then or until it is revoked.
  struct ShortKey {
    auth::Credentials credentials;
    TimePoint expires;
  };
  ShortKey mint_short_key(Seconds lifetime);
  void revoke_short_key(const std::string& access_key_id);
  // GET /_cumulet/packages/CODE_ID.zip: a function's package.
  http::Response package(const http::RequestHead& head) const;
  // What there is to do and who does it, for the metrics. On the I/O thread.
  std::vector<gateway::Gauge> gauges() const;
  // Requests at the URL of a function, and their answers. On the I/O thread.
  static bool is_function_url(const http::RequestHead& head);
  awaitable<http::Response> function_url(const http::RequestHead& head, http::BodyStream& body);
  // The answer to a request below readapi::kPrefix. On the I/O thread.
  awaitable<http::Response> read(const http::RequestHead& head);
  // The answer to a request below "/v2/". On the I/O thread.
  awaitable<http::Response> registry(const http::RequestHead& head, http::BodyStream& body);
  // A row of the journal for a request that failed. On the I/O thread.
  void note(const gateway::FailedRequest& failed);
  // Ends what waits for news: before the server waits for its requests to end.
  void end_watching();
  // Which face detector works here and how well, one line.
  std::string face_detector() const;

 private:
  struct Impl;
  explicit Services(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace cumulet::server
