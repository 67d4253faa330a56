#pragma once
#include <boost/asio/any_io_executor.hpp>

#include "aws/auth/sigv4.hpp"

namespace cumulet::auth {

// verified_body() of sigv4.hpp, but all hashing of large bodies is done on `workers`, while the next bytes are read.
std::shared_ptr<http::BodyStream> verified_body(std::shared_ptr<http::BodyStream> raw,
                                                const Authorization& authorization, const http::RequestHead& head,
                                                std::optional<Credentials> credentials,
                                                std::function<void(std::string name, std::string value)> on_trailer,
                                                boost::asio::any_io_executor workers);

}  // namespace cumulet::auth
