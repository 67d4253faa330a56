#include "chat/media.hpp"

#include <unistd.h>

#include <array>

#include "base/awaitable.hpp"
#include "base/encoding.hpp"
#include "chat/errors.hpp"
#include "chat/mp4_header.hpp"

namespace cumulet::chat {
namespace {

constexpr std::size_t kNameBytes = 200;

struct TypeRow {
  std::string_view extension, mime_type;
};
constexpr std::array<TypeRow, 18> kTypes{{{".mp4", "video/mp4"},
                                          {".m4v", "video/mp4"},
                                          {".mov", "video/quicktime"},
                                          {".mkv", "video/x-matroska"},
                                          {".webm", "video/webm"},
                                          {".avi", "video/x-msvideo"},
                                          {".mpeg", "video/mpeg"},
                                          {".jpg", "image/jpeg"},
                                          {".jpeg", "image/jpeg"},
                                          {".png", "image/png"},
                                          {".gif", "image/gif"},
                                          {".webp", "image/webp"},
                                          {".mp3", "audio/mpeg"},
                                          {".ogg", "audio/ogg"},
                                          {".pdf", "application/pdf"},
                                          {".zip", "application/zip"},
                                          {".json", "application/json"},
                                          {".txt", "text/plain"}}};
constexpr std::string_view kUnknownType = "application/octet-stream";

// "type/subtype" of a header; what is not shaped so says nothing.
std::string media_type(std::string_view header) {
  std::string_view type = header.substr(0, header.find(';'));
  while (!type.empty() && type.back() == ' ') type.remove_suffix(1);
  std::string out;
  for (const char c : type) {
    const bool is_allowed = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' ||
                            c == '-' || c == '+' || c == '.';
    if (!is_allowed) return {};
    out += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  }
  return out.size() <= 100 && out.find('/') != out.npos ? out : std::string();
}

}  // namespace

std::string clean_file_name(std::string_view name) {
  const auto slash = name.find_last_of("/\\");
  if (slash != name.npos) name.remove_prefix(slash + 1);
  std::string out;
  for (const char c : name) {
    if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F) out += c;
  }
  if (out.size() > kNameBytes) {
    std::size_t end = kNameBytes;
    while (end > 0 && (static_cast<unsigned char>(out[end]) & 0xC0) == 0x80) --end;
    out.resize(end);
  }
  return out;
}

std::string mime_type_of(std::string_view file_name) {
  const auto dot = file_name.rfind('.');
  if (dot != file_name.npos)
    for (const TypeRow& row : kTypes)
      if (iequals(file_name.substr(dot), row.extension)) return std::string(row.mime_type);
  return std::string(kUnknownType);
}

bool describe_video(const http::OpenFile& bytes, File& file) {
  const ReadAt read = [&bytes](std::uint64_t offset, char* out, std::size_t n) -> std::size_t {
    const ssize_t got = ::pread(bytes.fd(), out, n, static_cast<off_t>(offset));
    return got < 0 ? 0 : static_cast<std::size_t>(got);
  };
  const auto header = read_mp4_header(read, static_cast<std::uint64_t>(file.size));
  if (!header) return false;
  file.width = header->width;
  file.height = header->height;
  file.duration = header->duration;
  return true;
}

awaitable<Result<void>> take_upload(Upload& upload, File& file, boost::asio::any_io_executor pool) {
  if (upload.size() == 0) co_return bad_request("file must be non-empty");
  Result<std::string> blob = co_await upload.publish();
  if (!blob.ok()) co_return std::move(blob).error();
  file.blob = std::move(*blob);
  file.size = static_cast<std::int64_t>(upload.size());
  file.name = clean_file_name(upload.file_name);
  file.mime_type = media_type(upload.content_type);
  if (file.mime_type.empty() || file.mime_type == kUnknownType) file.mime_type = mime_type_of(file.name);
  if (file.kind != FileKind::video && file.kind != FileKind::animation) co_return Result<void>{};
  if (file.mime_type == kUnknownType) file.mime_type = "video/mp4";
  auto described = std::make_shared<File>(file);
  std::function<Result<void>()> work = [described, bytes = upload.file()]() -> Result<void> {
    describe_video(*bytes, *described);
    return {};
  };
  Result<void> done = co_await run_on(std::move(pool), std::move(work));
  file = std::move(*described);
  co_return done;
}

}  // namespace cumulet::chat
