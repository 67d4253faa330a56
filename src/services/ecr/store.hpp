#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "oci/store.hpp"
#include "storage/database.hpp"

// What ECR keeps of a repository beside its images, which are the registry's (oci::store).
namespace cumulet::ecr {

struct Settings {
  bool scans_on_push = false;
  std::string encryption = "AES256";
  std::optional<std::string> kms_key;
  std::optional<std::string> policy;     // of the repository
  std::optional<std::string> lifecycle;  // policy
  std::optional<TimePoint> evaluated;    // when that was applied last
  std::optional<std::string> previewed;  // a lifecycle policy that a preview was asked of
  std::map<std::string, std::string> tags;
};

namespace store {

Result<void> migrate(storage::Database& database);
Settings settings(storage::Connection& c, std::int64_t repository);
// All but `evaluated`.
void save(storage::Transaction& tx, std::int64_t repository, const Settings& settings);
void note_evaluated(storage::Transaction& tx, std::int64_t repository, TimePoint now);
void remove(storage::Transaction& tx, std::int64_t repository);

struct Policed {
  std::int64_t repository;
  std::string name, lifecycle;
};
// Repositories with a lifecycle policy.
std::vector<Policed> with_lifecycle(storage::Connection& c);

}  // namespace store
}  // namespace cumulet::ecr
