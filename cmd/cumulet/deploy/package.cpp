#include "cmd/cumulet/deploy/package.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <sstream>
#include <vector>

#include "base/encoding.hpp"

namespace cumulet::deploy {

using namespace cloudformation;

namespace {

namespace fs = std::filesystem;

struct S3Location {
  std::string bucket;
  std::string key;
};

std::optional<S3Location> s3_location(std::string_view uri) {
  if (!uri.starts_with("s3://")) return std::nullopt;
  uri.remove_prefix(5);
  const auto slash = uri.find('/');
  if (slash == 0 || slash == std::string_view::npos || slash + 1 == uri.size()) return std::nullopt;
  return S3Location{std::string(uri.substr(0, slash)), std::string(uri.substr(slash + 1))};
}

bool is_zip(const std::string& bytes) { return bytes.starts_with("PK\x03\x04") || bytes.starts_with("PK\x05\x06"); }

Node code_node(const std::string& bucket, const std::string& key, int line) {
  return Node::map({{"S3Bucket", Node::text(bucket, line)}, {"S3Key", Node::text(key, line)}}, line);
}

Error at_line(int line, const Error& error) { return template_error(line, error.message()); }

Result<void> package_function(Artifacts& artifacts, Desired& desired) {
  Node* code = desired.properties.find("Code");
  const auto uri = as_text(*code);
  if (!uri) return {};
  const int line = code->line;
  if (const auto remote = s3_location(*uri)) {
    *code = code_node(remote->bucket, remote->key, line);
    return {};
  }
  const fs::path path = artifacts.folder / *uri;
  std::error_code missing;
  if (!fs::exists(path, missing))
    return template_error(line, "there is no file or folder " + path.lexically_normal().string());
  std::string bytes;
  if (fs::is_regular_file(path)) {
    auto content = read_file(path);
    if (!content) return at_line(line, content.error());
    if (is_zip(*content)) bytes = std::move(*content);
  }
  if (bytes.empty()) {
    auto zipped = zip(path);
    if (!zipped) return at_line(line, zipped.error());
    bytes = std::move(*zipped);
  }
  const std::string key = artifacts.prefix + hex_encode(sha256(bytes)) + ".zip";
  artifacts.keys.insert(key);
  json::object object{{"Bucket", artifacts.bucket}, {"Key", key}};
  CUMULET_TRY(const bool there,
              found(discard(artifacts.aws.call("s3", "HeadObject", object)), {"NotFound", "NoSuchKey"}));
  if (!there) {
    object["Body"] = std::move(bytes);
    object["ContentType"] = "application/zip";
    CUMULET_CHECK(artifacts.aws.call("s3", "PutObject", object));
  }
  *code = code_node(artifacts.bucket, key, line);
  return {};
}

Result<std::string> fetch(Artifacts& artifacts, const S3Location& location) {
  CUMULET_TRY(const json::value reply,
              artifacts.aws.call("s3", "GetObject", {{"Bucket", location.bucket}, {"Key", location.key}}));
  return member_text(reply, "Body");
}

// A definition file in JSON or YAML, as JSON text. JSON is passed on as written.
Result<std::string> definition_text(std::string text, std::string_view name, int line) {
  if (json::parse(text).ok()) return text;
  if (!name.ends_with(".yaml") && !name.ends_with(".yml")) {
    if (!is_valid_utf8(text)) return template_error(line, std::string(name) + " is not UTF-8");
    return text;
  }
  auto node = parse_yaml(text);
  if (!node) return template_error(line, std::string(name) + ": " + node.error().message());
  return json::text(to_json(*node));
}

Result<std::string> definition(Artifacts& artifacts, const std::string& property, const Node& node) {
  if (property == "Definition") return json::text(to_json(node));
  if (property == "DefinitionString") return as_text(node).value_or("");
  const auto uri = as_text(node);
  std::optional<S3Location> remote;
  if (uri)
    remote = s3_location(*uri);
  else if (node.find("Bucket") && node.find("Key"))
    remote = S3Location{property_text(node, "Bucket"), property_text(node, "Key")};
  if (remote) {
    CUMULET_TRY(std::string text, fetch(artifacts, *remote));
    return definition_text(std::move(text), remote->key, node.line);
  }
  if (!uri) return template_error(node.line, property + " must be a path, s3://bucket/key or {Bucket, Key}");
  auto text = read_file(artifacts.folder / *uri);
  if (!text) return at_line(node.line, text.error());
  return definition_text(std::move(*text), *uri, node.line);
}

Result<void> package_state_machine(Artifacts& artifacts, Desired& desired) {
  std::string text;
  int given = 0;
  int line = desired.properties.line;
  for (const char* property : {"DefinitionUri", "DefinitionS3Location", "Definition", "DefinitionString"}) {
    const Node* node = desired.properties.find(property);
    if (!node) continue;
    ++given;
    line = node->line;
    CUMULET_TRY(text, definition(artifacts, property, *node));
    desired.properties.erase(property);
  }
  if (given != 1)
    return template_error(
        line, "exactly one of DefinitionUri, DefinitionS3Location, Definition and DefinitionString must be given");
  if (const Node* substitutions = desired.properties.find("DefinitionSubstitutions")) {
    for (const auto& [name, value] : substitutions->members) {
      const auto replacement = as_text(value);
      if (!replacement) return template_error(value.line, "the substitution " + name + " must be text");
      const std::string pattern = "${" + name + "}";
      for (std::size_t at = 0; (at = text.find(pattern, at)) != std::string::npos; at += replacement->size())
        text.replace(at, pattern.size(), *replacement);
    }
    desired.properties.erase("DefinitionSubstitutions");
  }
  desired.properties.set("DefinitionString", Node::text(std::move(text), line));
  return {};
}

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

Result<void> package(Artifacts& artifacts, std::string_view type, Desired& desired) {
  if (type == kLambdaFunction.name) return package_function(artifacts, desired);
  if (type == kStateMachine.name) return package_state_machine(artifacts, desired);
  return {};
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
