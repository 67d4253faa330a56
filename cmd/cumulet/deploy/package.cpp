#include "cmd/cumulet/deploy/package.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <sstream>
#include <vector>

#include "base/encoding.hpp"
#include "cloudformation/resource_type.hpp"

namespace cumulet::deploy {

using namespace cloudformation;

namespace {

namespace fs = std::filesystem;

bool is_zip(const std::string& bytes) { return bytes.starts_with("PK\x03\x04") || bytes.starts_with("PK\x05\x06"); }

struct Entry {
  std::string name;
  fs::path path;
};

Result<void> add_entry(archive* out, const Entry& entry) {
  const fs::file_status status = fs::symlink_status(entry.path);
  const std::unique_ptr<archive_entry, decltype(&archive_entry_free)> header(archive_entry_new(), archive_entry_free);
  archive_entry_set_pathname(header.get(), entry.name.c_str());
  archive_entry_set_mtime(header.get(), 315532800, 0);  // 1980-01-01, the least a zip can hold
  std::string bytes;
  if (fs::is_symlink(status)) {
    archive_entry_set_filetype(header.get(), AE_IFLNK);
    archive_entry_set_symlink(header.get(), fs::read_symlink(entry.path).c_str());
    archive_entry_set_perm(header.get(), 0777);
  } else {
    CUMULET_TRY(bytes, read_file(entry.path));
    const bool executable = (status.permissions() & fs::perms::owner_exec) != fs::perms::none;
    archive_entry_set_filetype(header.get(), AE_IFREG);
    archive_entry_set_perm(header.get(), executable ? 0755 : 0644);
    archive_entry_set_size(header.get(), static_cast<la_int64_t>(bytes.size()));
  }
  if (archive_write_header(out, header.get()) != ARCHIVE_OK ||
      archive_write_data(out, bytes.data(), bytes.size()) != static_cast<la_ssize_t>(bytes.size()))
    return template_error(0, "cannot zip " + entry.path.string() + ": " + archive_error_string(out));
  return {};
}

}  // namespace

namespace {

// A zip as it is, of anything else one is made.
Result<std::string> content_of(const fs::path& path) {
  if (fs::is_regular_file(path)) {
    CUMULET_TRY(std::string content, read_file(path));
    if (is_zip(content)) return content;
  }
  return zip(path);
}

}  // namespace

Result<S3Location> LocalArtifacts::package(const std::string& given) {
  const fs::path path = folder_ / given;
  std::error_code missing;
  if (!fs::exists(path, missing))
    return template_error(0, "there is no file or folder " + path.lexically_normal().string());
  CUMULET_TRY(const std::string bytes, content_of(path));
  std::string key = prefix_ + hex_encode(sha256(bytes)) + ".zip";
  packages_[key] = path;
  return S3Location{.bucket = bucket_, .key = std::move(key)};
}

Result<std::string> LocalArtifacts::text(const std::string& path) { return read_file(folder_ / path); }

Result<void> LocalArtifacts::deliver(Caller& aws) {
  for (const auto& [key, path] : packages_) {
    json::object object{{"Bucket", bucket_}, {"Key", key}};
    CUMULET_TRY(const bool there, found(discard(aws.call("s3", "HeadObject", object)), {"NotFound", "NoSuchKey"}));
    if (there) continue;
    CUMULET_TRY(std::string bytes, content_of(path));
    if (prefix_ + hex_encode(sha256(bytes)) + ".zip" != key)
      return template_error(0, path.lexically_normal().string() + " changed while it was being deployed");
    object["Body"] = std::move(bytes);
    object["ContentType"] = "application/zip";
    CUMULET_CHECK(aws.call("s3", "PutObject", object));
  }
  return {};
}

std::set<std::string> LocalArtifacts::keys() const {
  std::set<std::string> out;
  for (const auto& [key, path] : packages_) out.insert(key);
  return out;
}

Result<std::string> read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  if (fs::is_directory(path) || !in || !(out << in.rdbuf()).good()) {
    if (in && !fs::is_directory(path) && in.peek() == std::ifstream::traits_type::eof()) return std::string();
    return template_error(0, "cannot read " + path.lexically_normal().string());
  }
  return std::move(out).str();
}

Result<std::string> zip(const fs::path& path) {
  std::vector<Entry> entries;
  std::error_code error;
  if (!fs::is_directory(path)) {
    entries.push_back({path.filename().string(), path});
  } else {
    for (fs::recursive_directory_iterator it(path, error), end; !error && it != end; it.increment(error))
      if (it->is_symlink() || it->is_regular_file())
        entries.push_back({it->path().lexically_relative(path).generic_string(), it->path()});
  }
  if (error) return template_error(0, "cannot read " + path.string() + ": " + error.message());
  if (entries.empty()) return template_error(0, "the folder " + path.lexically_normal().string() + " is empty");
  std::ranges::sort(entries, {}, &Entry::name);

  std::string out;
  const std::unique_ptr<archive, decltype(&archive_write_free)> writer(archive_write_new(), archive_write_free);
  archive_write_set_format_zip(writer.get());
  archive_write_set_bytes_per_block(writer.get(), 0);
  const auto append = [](archive*, void* to, const void* bytes, std::size_t size) -> la_ssize_t {
    static_cast<std::string*>(to)->append(static_cast<const char*>(bytes), size);
    return static_cast<la_ssize_t>(size);
  };
  archive_write_open(writer.get(), &out, nullptr, append, nullptr);
  for (const Entry& entry : entries) CUMULET_CHECK(add_entry(writer.get(), entry));
  if (archive_write_close(writer.get()) != ARCHIVE_OK)
    return template_error(0, std::string("cannot zip: ") + archive_error_string(writer.get()));
  return out;
}

}  // namespace cumulet::deploy
