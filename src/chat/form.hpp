#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/http.hpp"
#include "base/json.hpp"
#include "chat/upload.hpp"

namespace cumulet::chat {

// Whether files that a bot sends by URL are fetched for it: from here everything is reached that this program reaches,
// loopback too. refused: for whoever must not reach by us what they cannot reach themselves (a function in its
// sandbox).
enum class Links { followed, refused };

// The parameters of a call, however they came: query string, application/x-www-form-urlencoded, application/json or
// multipart/form-data. Later ones replace earlier ones of the same name. JSON members that are no strings are kept as
// their JSON text, as Telegram's server does.
class Form {
 public:
  using Fields = std::map<std::string, std::string, std::less<>>;
  using Files = std::map<std::string, std::unique_ptr<Upload>, std::less<>>;

  // Empty when absent.
  std::string_view get(std::string_view name) const;
  // Nullopt when absent or no integer of 64 bits. "1.0" is one: so some languages write whole numbers.
  std::optional<std::int64_t> integer(std::string_view name) const;
  bool is_true(std::string_view name) const;  // "true", "True", "1", "yes"
  // The parameter as JSON; null when absent or not JSON.
  json::value parsed(std::string_view name) const;
  Upload* file(std::string_view name) const;

  Fields fields;
  Files files;
  Links links = Links::refused;  // of who sends it
};

struct FormLimits {
  std::uint64_t body_bytes = 50u << 20;  // of all files together; over: kTooLarge
  std::size_t field_bytes = 1u << 20;    // of all fields, and of a JSON or urlencoded body
  std::size_t parts = 100;               // fields and files
};

// Reads them all. Errors: kBadRequest, kTooLarge.
awaitable<Result<Form>> read_form(const http::RequestHead& head, http::BodyStream& body, FormLimits limits,
                                  storage::BlobStore& blobs, boost::asio::any_io_executor pool);

// Adds `a=b&c=d`; false when an escape is malformed.
bool add_pairs(std::string_view text, Form::Fields& fields);

}  // namespace cumulet::chat
