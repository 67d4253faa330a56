#pragma once
#include <span>
#include <string_view>

namespace cumulet::chat {

// A file of the console, built into the program (console/build.sh writes the unit that defines them).
struct PageAsset {
  std::string_view path;  // "/", "/assets/index-1a2b3c.js"
  std::string_view content_type;
  std::string_view bytes;
  std::string_view gzip;      // the same, compressed; empty where that is no gain
  std::string_view etag;      // quoted
  bool is_immutable = false;  // named by its content
};

std::span<const PageAsset> page_assets();

}  // namespace cumulet::chat
