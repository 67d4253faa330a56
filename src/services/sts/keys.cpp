#include "services/sts/keys.hpp"

#include <array>
#include <mutex>

#include "base/arn.hpp"
#include "base/encoding.hpp"

namespace cumulet::sts {
namespace {

constexpr std::array<std::string_view, 1> kMigrations{
    "CREATE TABLE sts_session("
    " access_key_id TEXT PRIMARY KEY, secret TEXT NOT NULL, token TEXT NOT NULL, expires INTEGER NOT NULL,"
    " arn TEXT NOT NULL, user_id TEXT NOT NULL) WITHOUT ROWID"};

std::string random_base64(std::size_t bytes, Random& random) {
  return base64_encode(*hex_decode(random_hex(bytes * 2, random)));
}

}  // namespace

Keys::Keys(storage::Database& database, const Clock& clock, Random& random, auth::Credentials root)
    : database_(database), clock_(clock), random_(random), root_(std::move(root)) {}

Result<void> Keys::load() {
  CUMULET_CHECK(database_.migrate("sts", kMigrations));
  const std::int64_t now = to_millis(clock_.now());
  CUMULET_CHECK(database_.write_blocking([now](storage::Transaction& tx) -> Result<void> {
    tx.run("DELETE FROM sts_session WHERE expires <= ?1", now);
    return {};
  }, storage::Room::reserved));
  return database_.read([this](storage::Connection& connection) -> Result<void> {
    auto rows = connection.prepare("SELECT access_key_id, secret, token, expires, arn, user_id FROM sts_session");
    std::unique_lock lock(mutex_);
    while (rows.step()) {
      SessionKey key;
      key.credentials = {std::string(rows.text(0)), std::string(rows.text(1)), std::string(rows.text(2))};
      key.expires = from_millis(rows.integer(3));
      key.arn = rows.text(4);
      key.user_id = rows.text(5);
      sessions_.insert_or_assign(key.credentials.access_key_id, std::move(key));
    }
    return {};
  });
}

std::optional<auth::KnownKey> Keys::find(std::string_view access_key_id) const {
  if (access_key_id == root_.access_key_id) {
    return auth::KnownKey{root_,
                          std::string(kAccountId),
                          "arn:aws:iam::" + std::string(kAccountId) + ":root",
                          std::string(kAccountId),
                          true,
                          std::nullopt};
  }
  std::shared_lock lock(mutex_);
  const auto found = sessions_.find(access_key_id);
  if (found == sessions_.end()) return std::nullopt;
  const SessionKey& key = found->second;
  return auth::KnownKey{key.credentials, std::string(kAccountId), key.arn, key.user_id, false, key.expires};
}

SessionKey Keys::make(const RoleSession& session, Seconds lifetime) const {
  SessionKey key = make_for_root(lifetime);
  key.arn =
      "arn:aws:sts::" + std::string(kAccountId) + ":assumed-role/" + session.role_name + '/' + session.session_name;
  key.user_id = session.role_id + ':' + session.session_name;
  return key;
}

SessionKey Keys::make_for_root(Seconds lifetime) const {
  SessionKey key;
  key.credentials.access_key_id = "ASIA" + random_upper_alnum(16, random_);
  key.credentials.secret_access_key = random_base64(30, random_);
  key.credentials.session_token = "IQoJb3JpZ2luX2Vj" + random_base64(96, random_);
  key.expires = std::chrono::floor<Seconds>(clock_.now()) + lifetime;  // STS writes whole seconds
  key.arn = "arn:aws:iam::" + std::string(kAccountId) + ":root";
  key.user_id = kAccountId;
  return key;
}

SessionKey Keys::mint(const RoleSession& session, Seconds lifetime) {
  SessionKey key = make(session, lifetime);
  remember(key);
  return key;
}

SessionKey Keys::mint_for_root(Seconds lifetime) {
  SessionKey key = make_for_root(lifetime);
  remember(key);
  return key;
}

void Keys::remember(const SessionKey& key) {
  std::unique_lock lock(mutex_);
  if (sessions_.size() % 256 == 255) forget_expired_locked();
  sessions_.insert_or_assign(key.credentials.access_key_id, key);
}

void Keys::forget_expired_locked() {
  // A day's grace: a caller with an old key hears "expired", not "unknown".
  const TimePoint before = clock_.now() - std::chrono::hours{24};
  std::erase_if(sessions_, [before](const auto& entry) { return entry.second.expires < before; });
}

void Keys::revoke(std::string_view access_key_id) {
  std::unique_lock lock(mutex_);
  if (const auto found = sessions_.find(access_key_id); found != sessions_.end()) sessions_.erase(found);
}

void Keys::store(storage::Transaction& tx, const SessionKey& key) {
  tx.run("INSERT INTO sts_session(access_key_id, secret, token, expires, arn, user_id) VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
         key.credentials.access_key_id, key.credentials.secret_access_key, key.credentials.session_token,
         to_millis(key.expires), key.arn, key.user_id);
}

}  // namespace cumulet::sts
