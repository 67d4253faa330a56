#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <string>

#include "botapi/model.hpp"
#include "storage/blob_store.hpp"

namespace cumulet::botapi {

// Fetches what a bot sends by URL (http or https, 20 MB at most, as on api.telegram.org) into the store and fills the
// file as take_upload() does. Loopback is allowed: bots here are as local as what they link to.
// Errors: kBadRequest, worded as Telegram's.
awaitable<Result<void>> take_link(std::string url, File& file, storage::BlobStore& blobs,
                                  boost::asio::any_io_executor pool);

}  // namespace cumulet::botapi
