#pragma once
#include <cstddef>
#include <optional>
#include <string>

#include "aws/auth/sigv4.hpp"
#include "aws/wire/operation.hpp"
#include "base/http.hpp"
#include "gateway/authenticate.hpp"
#include "gateway/identify.hpp"

namespace cumulet::gateway {

inline constexpr std::size_t kHeavyBody = 64 * 1024;  // hashed and decoded on a worker from here on

// A request's part of what all requests share; given back at its end.
class Part {
 public:
  explicit Part(std::size_t& taken) : taken_(taken) {}
  ~Part() { taken_ -= held_; }
  Part(const Part&) = delete;
  Part& operator=(const Part&) = delete;
  // False: all would have more than `most`.
  bool grow(std::size_t by, std::size_t most) {
    if (taken_ + by > most) return false;
    taken_ += by;
    held_ += by;
    return true;
  }

 private:
  std::size_t& taken_;
  std::size_t held_ = 0;
};

// Everything known of one request on its way; each step of gateway.cpp fills in more. Lives in handle()'s frame.
struct Call {
  const http::RequestHead& head;
  http::BodyStream& raw_body;
  auth::Signing signing;  // as the request says it
  Identity identity = {};
  Caller caller = {};
  wire::CallContext context = {};
  std::string body = {};  // buffered; Query sent by GET: its parameters
  wire::InputStream stream = {};
  http::Headers for_page = {};                                // let a page of another site see the answer
  std::optional<http::RequestHead> presigned = std::nullopt;  // with the headers that stand in a presigned URL's query
  std::optional<Part> body_part = std::nullopt;               // of all that large bodies may hold
  bool is_admitted = false;                                   // Host, page and signature were right

  const http::RequestHead& decoded_head() const { return presigned ? *presigned : head; }
  // Null: not known.
  const wire::ServiceDescriptor* service() const {
    return identity.service == nullptr ? nullptr : identity.service->descriptor;
  }
  const wire::Operation* operation() const {
    return identity.operation == nullptr ? nullptr : identity.operation->operation;
  }
  // Once it could be read.
  const auth::Authorization& authorization() const { return *signing.authorization; }
};

}  // namespace cumulet::gateway
