#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <string>
#include <string_view>

#include "chat/model.hpp"
#include "chat/upload.hpp"

// Files that have come in: stored, and described as far as their own bytes tell.
namespace cumulet::chat {

// A name to show: the last part of a path, no control characters, 200 bytes at most.
std::string clean_file_name(std::string_view name);
// "video/mp4" of "a.MP4"; application/octet-stream when it says nothing.
std::string mime_type_of(std::string_view file_name);

// Publishes the upload and fills the file's blob, name, mime_type, size and, for what is a video, width, height and
// duration. Error: kBadRequest "file must be non-empty".
awaitable<Result<void>> take_upload(Upload& upload, File& file, boost::asio::any_io_executor pool);

// Reads an MP4's header into the file; false when it is none.
bool describe_video(const http::OpenFile& bytes, File& file);

}  // namespace cumulet::chat
