#pragma once
#include <filesystem>
#include <map>
#include <set>
#include <string>

#include "cloudformation/artifacts.hpp"

namespace cumulet::deploy {

// Files beside a template. A package is the zip at a path, or one made of a folder or of another file; it goes to
// bucket/prefix + its SHA-256.
class LocalArtifacts final : public cloudformation::Artifacts {
 public:
  // Relative paths start at `folder`, the template's.
  LocalArtifacts(std::filesystem::path folder, std::string bucket, std::string prefix)
      : folder_(std::move(folder)), bucket_(std::move(bucket)), prefix_(std::move(prefix)) {}

  Result<cloudformation::S3Location> package(const std::string& path) override;
  Result<std::string> text(const std::string& path) override;

  // Uploads the packages that were asked for and are not there yet.
  Result<void> deliver(cloudformation::Caller& aws);
  std::set<std::string> keys() const;  // of those packages

 private:
  std::filesystem::path folder_;
  std::string bucket_;
  std::string prefix_;
  std::map<std::string, std::filesystem::path> packages_;  // by key
};

// A zip of a file or of everything under a folder, the same bytes for the same contents: entries in order of name, no
// times, modes 0755 for executables and else 0644, symbolic links kept. Error: kValidationError.
Result<std::string> zip(const std::filesystem::path& path);

Result<std::string> read_file(const std::filesystem::path& path);

}  // namespace cumulet::deploy
