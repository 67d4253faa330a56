#include "services/ecr/store.hpp"

#include <array>

namespace cumulet::ecr::store {
namespace {

constexpr std::array<std::string_view, 1> kMigrations{
    "CREATE TABLE ecr_settings(repository INTEGER PRIMARY KEY, scans INTEGER NOT NULL, encryption TEXT NOT NULL,"
    " kms_key TEXT, policy TEXT, lifecycle TEXT, evaluated INTEGER, previewed TEXT);"
    "CREATE INDEX ecr_lifecycle ON ecr_settings(repository) WHERE lifecycle IS NOT NULL;"
    "CREATE TABLE ecr_tag(repository INTEGER, key TEXT, value TEXT NOT NULL, PRIMARY KEY(repository, key)) WITHOUT "
    "ROWID"};

}  // namespace

Result<void> migrate(storage::Database& database) { return database.migrate("ecr", kMigrations); }

Settings settings(storage::Connection& c, std::int64_t repository) {
  Settings s;
  auto row = c.prepare(
      "SELECT scans, encryption, kms_key, policy, lifecycle, evaluated, previewed FROM ecr_settings"
      " WHERE repository = ?1");
  row.bind(repository);
  if (row.step()) {
    s.scans_on_push = row.integer(0) != 0;
    s.encryption = row.string(1);
    s.kms_key = row.optional_text(2);
    s.policy = row.optional_text(3);
    s.lifecycle = row.optional_text(4);
    if (!row.is_null(5)) s.evaluated = from_millis(row.integer(5));
    s.previewed = row.optional_text(6);
  }
  auto tags = c.prepare("SELECT key, value FROM ecr_tag WHERE repository = ?1");
  tags.bind(repository);
  while (tags.step()) s.tags.emplace(tags.string(0), tags.string(1));
  return s;
}

void save(storage::Transaction& tx, std::int64_t repository, const Settings& s) {
  tx.run(
      "INSERT INTO ecr_settings(repository, scans, encryption, kms_key, policy, lifecycle, previewed)"
      " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT(repository) DO UPDATE SET scans = ?2, encryption = ?3,"
      " kms_key = ?4, policy = ?5, lifecycle = ?6, previewed = ?7",
      repository, s.scans_on_push, s.encryption, s.kms_key, s.policy, s.lifecycle, s.previewed);
  tx.run("DELETE FROM ecr_tag WHERE repository = ?1", repository);
  for (const auto& [key, value] : s.tags)
    tx.run("INSERT INTO ecr_tag(repository, key, value) VALUES(?1, ?2, ?3)", repository, key, value);
}

void note_evaluated(storage::Transaction& tx, std::int64_t repository, TimePoint now) {
  tx.run("UPDATE ecr_settings SET evaluated = ?2 WHERE repository = ?1", repository, to_millis(now));
}

void remove(storage::Transaction& tx, std::int64_t repository) {
  tx.run("DELETE FROM ecr_settings WHERE repository = ?1", repository);
  tx.run("DELETE FROM ecr_tag WHERE repository = ?1", repository);
}

std::vector<Policed> with_lifecycle(storage::Connection& c) {
  auto rows = c.prepare(
      "SELECT s.repository, r.name, s.lifecycle FROM ecr_settings s JOIN oci_repository r ON r.id = s.repository"
      " WHERE s.lifecycle IS NOT NULL");
  std::vector<Policed> out;
  while (rows.step()) out.push_back({rows.integer(0), rows.string(1), rows.string(2)});
  return out;
}

}  // namespace cumulet::ecr::store
