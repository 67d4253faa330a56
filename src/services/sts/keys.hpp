#pragma once
#include <functional>
#include <map>
#include <optional>
#include <shared_mutex>
#include <string>

#include "aws/auth/sigv4.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"
#include "storage/database.hpp"

namespace cumulet::sts {

// What a role's session is minted from.
struct RoleSession {
  std::string role_name;
  std::string role_id;  // "AROA..."
  std::string session_name;
};

struct SessionKey {
  auth::Credentials credentials;
  TimePoint expires;
  std::string arn;      // arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION
  std::string user_id;  // AROA...:SESSION
};

// Every access key the engine knows: the root's and those of running sessions. Thread-safe; find() does not block on
// I/O.
class Keys final : public auth::KeyDirectory {
 public:
  Keys(storage::Database& database, const Clock& clock, Random& random, auth::Credentials root);

  // Creates the table and loads the sessions an earlier run handed out.
  Result<void> load();

  std::optional<auth::KnownKey> find(std::string_view access_key_id) const override;

  // A session for a function's environment: lives in memory only, for a function does not outlive the engine.
  SessionKey mint(const RoleSession& session, Seconds lifetime);
  // The account's own, as short: for who may act as the root anyway.
  SessionKey mint_for_root(Seconds lifetime);
  void revoke(std::string_view access_key_id);

  // The same for AssumeRole and GetSessionToken, made durable: `store` is run in the caller's job.
  SessionKey make(const RoleSession& session, Seconds lifetime) const;
  SessionKey make_for_root(Seconds lifetime) const;
  void store(storage::Transaction& tx, const SessionKey& key);
  void remember(const SessionKey& key);  // after the commit

 private:
  void forget_expired_locked();

  storage::Database& database_;
  const Clock& clock_;
  Random& random_;
  auth::Credentials root_;
  mutable std::shared_mutex mutex_;
  std::map<std::string, SessionKey, std::less<>> sessions_;  // by access key id
};

}  // namespace cumulet::sts
