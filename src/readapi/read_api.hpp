#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <memory>

#include "base/http.hpp"
#include "readapi/sources.hpp"

namespace cumulet::readapi {

inline constexpr std::string_view kPrefix = "/_cumulet/v1/";

// What AWS's APIs do not tell, read only, as JSON: docs/read-api.md. Who may ask is decided before.
class ReadApi {
 public:
  // `workers` may block. `sources` outlive what is answered.
  ReadApi(Sources sources, const Clock& clock, boost::asio::any_io_executor workers);
  ~ReadApi();

  // The answer to a request below kPrefix; every outcome is a response. On the I/O thread; does not block it.
  awaitable<http::Response> handle(const http::RequestHead& head);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace cumulet::readapi
