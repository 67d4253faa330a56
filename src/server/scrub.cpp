#include "server/scrub.hpp"

#include "oci/scrub.hpp"
#include "server/config.hpp"
#include "server/data_folder.hpp"
#include "services/lambda/function_store.hpp"
#include "services/logs/store.hpp"
#include "services/rekognition/store.hpp"
#include "services/s3/scrub.hpp"
#include "services/sqs/store.hpp"
#include "services/states/store.hpp"

namespace cumulet::server {
namespace {

constexpr std::string_view kDatabaseAdvice =
    "stop the engine and restore state.db from a copy, or rebuild it (sqlite3 state.db .recover)";

void check_pages(storage::Connection& c, storage::Scrub& scrub) {
  auto rows = c.prepare("PRAGMA integrity_check(100)");
  while (rows.step())
    if (rows.text(0) != "ok") scrub.damaged("state.db: " + rows.string(0), kDatabaseAdvice);
}

// A service that never wrote here has no tables; one that did may have those of an earlier version.
bool has_newest_tables(storage::Connection& c) {
  auto row = c.prepare(
      "SELECT count(*) FROM pragma_table_info('s3_content') WHERE name = 'crc' UNION ALL "
      "SELECT count(*) FROM pragma_table_info('states_history') WHERE name = 'crc'");
  while (row.step())
    if (row.integer(0) == 0) return false;
  return true;
}

}  // namespace

Result<storage::Scrub> scrub(const std::filesystem::path& data) {
  std::error_code error;
  if (!std::filesystem::exists(data / "state.db", error) && !std::filesystem::exists(data / "blobs", error))
    return Error{kDataFolder, "There is no data in " + data.string()};
  CUMULET_TRY(const auto folder, DataFolder::open(data));
  CUMULET_TRY(const auto state, storage::StateFolder::open(folder->path(), state_layout(), storage::Durability::full,
                                                           storage::Recovery::refuse));
  storage::Database& database = state->database();
  CUMULET_TRY(const auto blobs, storage::BlobStore::open(folder->path() / "blobs", true));
  storage::Scrub scrub;
  bool is_current = false;
  CUMULET_CHECK(database.read([&](storage::Connection& c) -> Result<void> {
    check_pages(c, scrub);
    is_current = has_newest_tables(c);
    return {};
  }));
  if (!is_current)
    return Error{kDataFolder, "The data in " + data.string() +
                                  " are of an earlier version of this program: start the engine once, then try again"};
  CUMULET_CHECK(s3::scrub(database, *blobs, scrub));
  CUMULET_CHECK(lambda::scrub(database, folder->path() / "lambda", scrub));
  CUMULET_TRY(const auto layers, storage::BlobStore::open(folder->path() / kRegistryBlobs, true));
  CUMULET_CHECK(oci::scrub(database, *layers, scrub));
  CUMULET_CHECK(database.read([&](storage::Connection& c) -> Result<void> {
    sqs::store::scrub(c, scrub);
    states::store::scrub(c, scrub);
    logs::store::scrub(c, scrub);
    return {};
  }));
  rekognition::Store(database).scrub(scrub);
  return scrub;
}

}  // namespace cumulet::server
