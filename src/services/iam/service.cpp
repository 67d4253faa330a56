#include "services/iam/service.hpp"

#include <algorithm>
#include <array>

#include "base/arn.hpp"
#include "base/encoding.hpp"
#include "services/iam/limits.hpp"
#include "services/iam/page.hpp"
#include "services/iam/policy_document.hpp"

namespace cumulet::iam {
namespace {

constexpr std::array<std::string_view, 1> kMigrations{
    "CREATE TABLE iam_role("
    " name TEXT PRIMARY KEY COLLATE NOCASE, path TEXT NOT NULL, id TEXT NOT NULL, created INTEGER NOT NULL,"
    " trust_policy TEXT NOT NULL, description TEXT, max_session INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE iam_role_tag("
    " role TEXT COLLATE NOCASE, key TEXT, value TEXT NOT NULL, PRIMARY KEY(role, key)) WITHOUT ROWID;"
    "CREATE TABLE iam_inline_policy("
    " role TEXT COLLATE NOCASE, name TEXT, document TEXT NOT NULL, PRIMARY KEY(role, name)) WITHOUT ROWID;"
    "CREATE TABLE iam_attached_policy("
    " role TEXT COLLATE NOCASE, arn TEXT, name TEXT NOT NULL, PRIMARY KEY(role, arn)) WITHOUT ROWID;"
    "CREATE TABLE iam_policy("
    " arn TEXT PRIMARY KEY, name TEXT NOT NULL, path TEXT NOT NULL, id TEXT NOT NULL, created INTEGER NOT NULL,"
    " document TEXT NOT NULL) WITHOUT ROWID;"};

constexpr std::string_view kRoleColumns =
    "SELECT name, path, id, created, trust_policy, description, max_session FROM iam_role ";

std::string role_arn(std::string_view path, std::string_view name) {
  return "arn:aws:iam::" + std::string(kAccountId) + ":role" + std::string(path) + std::string(name);
}

Role read_role(storage::Statement& row) {
  Role role;
  role.role_name = row.text(0);
  role.path = row.text(1);
  role.role_id = row.text(2);
  role.arn = role_arn(role.path, role.role_name);
  role.create_date = from_millis(row.integer(3));
  role.assume_role_policy_document = percent_encode(row.text(4));
  role.description = row.optional_text(5);
  role.max_session_duration = static_cast<int>(row.integer(6));
  return role;
}

std::vector<Tag> read_tags(storage::Connection& connection, std::string_view role) {
  std::vector<Tag> tags;
  auto rows = connection.prepare("SELECT key, value FROM iam_role_tag WHERE role = ?1 ORDER BY key");
  rows.bind(role);
  while (rows.step()) tags.push_back({std::string(rows.text(0)), std::string(rows.text(1))});
  return tags;
}

Error no_such_role(std::string_view name) {
  if (auto valid = check_name("roleName", name); !valid.ok()) return std::move(valid).error();
  return Error{kNoSuchEntity, "The role with name " + std::string(name) + " cannot be found."};
}

Result<Role> find_role(storage::Connection& connection, std::string_view name) {
  auto row = connection.prepare(std::string(kRoleColumns) + "WHERE name = ?1");
  row.bind(name);
  if (!row.step()) return no_such_role(name);
  return read_role(row);
}

bool exists(storage::Connection& connection, std::string_view sql, std::string_view key) {
  auto row = connection.prepare(sql);
  row.bind(key);
  return row.step();
}

// Keys of tags are one key whatever their case.
Result<void> check_tags(const std::vector<Tag>& tags) {
  for (auto tag = tags.begin(); tag != tags.end(); ++tag)
    if (std::any_of(tags.begin(), tag, [&](const Tag& before) { return iequals(before.key, tag->key); }))
      return Error{kInvalidInput, "Duplicate tag keys found. Please note that Tag keys are case insensitive."};
  return {};
}

Result<void> check_trust_size(std::string_view document) {
  if (counted_size(document) <= kTrustPolicyLimit) return {};
  return Error{kLimitExceeded, "Cannot exceed quota for ACLSizePerRole: " + std::to_string(kTrustPolicyLimit)};
}

void put_tags(storage::Transaction& tx, const std::string& role, const std::vector<Tag>& tags) {
  for (const auto& tag : tags)
    tx.run(
        "INSERT INTO iam_role_tag(role, key, value) VALUES(?1, ?2, ?3) ON CONFLICT DO UPDATE SET value = "
        "excluded.value",
        role, tag.key, tag.value);
}

}  // namespace

Result<void> Iam::load() { return database_.migrate("iam", kMigrations); }

std::optional<Role> Iam::role_of_arn(std::string_view arn) {
  const auto parsed = Arn::parse(arn);
  if (!parsed || parsed->service != "iam" || parsed->account != kAccountId || !parsed->resource.starts_with("role/"))
    return std::nullopt;
  const std::string name = parsed->resource.substr(parsed->resource.rfind('/') + 1);
  auto role = database_.read_value<Role>([&](storage::Connection& c) { return find_role(c, name); });
  if (!role.ok() || role->arn != arn) return std::nullopt;
  return std::move(role).value();
}

Result<wire::Empty> Iam::change_role(const std::string& role_name,
                                     std::function<Result<void>(storage::Transaction&)> job, storage::Room room) {
  CUMULET_CHECK(database_.write_blocking(
      [&](storage::Transaction& tx) -> Result<void> {
        if (!exists(tx, "SELECT 1 FROM iam_role WHERE name = ?1", role_name)) return no_such_role(role_name);
        return job(tx);
      },
      room));
  return wire::Empty{};
}

Result<RoleResponse> Iam::create_role(const wire::CallContext&, const CreateRoleRequest& request) {
  CUMULET_CHECK(check_name("roleName", request.role_name));
  CUMULET_CHECK(check_path(request.path));
  CUMULET_CHECK(check_trust_policy(request.assume_role_policy_document));
  CUMULET_CHECK(check_trust_size(request.assume_role_policy_document));
  if (request.tags) CUMULET_CHECK(check_tags(*request.tags));
  const std::string path = request.path.value_or("/");
  const std::string id = "AROA" + random_upper_alnum(17, random_);
  // IAM's dates are whole seconds.
  const TimePoint now = std::chrono::floor<Seconds>(clock_.now());
  CUMULET_TRY(Role role, database_.write_value_blocking<Role>([&](storage::Transaction& tx) -> Result<Role> {
    if (exists(tx, "SELECT 1 FROM iam_role WHERE name = ?1", request.role_name))
      return Error{kEntityAlreadyExists, "Role with name " + request.role_name + " already exists."};
    tx.run(
        "INSERT INTO iam_role(name, path, id, created, trust_policy, description, max_session)"
        " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        request.role_name, path, id, to_millis(now), request.assume_role_policy_document, request.description,
        request.max_session_duration.value_or(3600));
    if (request.tags) put_tags(tx, request.role_name, *request.tags);
    return find_role(tx, request.role_name);
  }));
  role.tags = request.tags;
  role.max_session_duration.reset();
  return RoleResponse{std::move(role)};
}

Result<RoleResponse> Iam::get_role(const wire::CallContext&, const RoleNameRequest& request) {
  return database_.read_value<RoleResponse>([&](storage::Connection& c) -> Result<RoleResponse> {
    CUMULET_TRY(Role role, find_role(c, request.role_name));
    if (auto tags = read_tags(c, role.role_name); !tags.empty()) role.tags = std::move(tags);
    role.role_last_used.emplace();
    return RoleResponse{std::move(role)};
  });
}

Result<ListRolesResponse> Iam::list_roles(const wire::CallContext&, const ListRolesRequest& request) {
  CUMULET_CHECK(check_path_prefix(request.path_prefix));
  CUMULET_TRY(const std::string after, key_after(request.marker));
  const auto limit = static_cast<std::size_t>(request.max_items.value_or(kDefaultPage));
  const std::string prefix = request.path_prefix.value_or("/");
  return database_.read_value<ListRolesResponse>([&](storage::Connection& c) -> Result<ListRolesResponse> {
    ListRolesResponse page;
    auto rows = c.prepare(std::string(kRoleColumns) +
                          "WHERE name > ?1 AND substr(path, 1, length(?2)) = ?2 ORDER BY name LIMIT ?3");
    rows.bind_all(after, prefix, static_cast<std::int64_t>(limit + 1));
    while (rows.step()) page.roles.push_back(read_role(rows));
    if (page.roles.size() > limit) {
      page.roles.pop_back();
      page.is_truncated = true;
      page.marker = marker_of(page.roles.back().role_name);
    }
    return page;
  });
}

Result<wire::Empty> Iam::delete_role(const wire::CallContext&, const RoleNameRequest& request) {
  const std::string& name = request.role_name;
  return change_role(
      name,
      [&](storage::Transaction& tx) -> Result<void> {
        if (exists(tx, "SELECT 1 FROM iam_attached_policy WHERE role = ?1", name))
          return Error{kDeleteConflict, "Cannot delete entity, must detach all policies first."};
        if (exists(tx, "SELECT 1 FROM iam_inline_policy WHERE role = ?1", name))
          return Error{kDeleteConflict, "Cannot delete entity, must delete policies first."};
        tx.run("DELETE FROM iam_role_tag WHERE role = ?1", name);
        tx.run("DELETE FROM iam_role WHERE name = ?1", name);
        return {};
      },
      storage::Room::reserved);
}

Result<wire::Empty> Iam::update_role(const wire::CallContext&, const UpdateRoleRequest& request) {
  return change_role(request.role_name, [&](storage::Transaction& tx) -> Result<void> {
    tx.run(
        "UPDATE iam_role SET description = coalesce(?2, description), max_session = coalesce(?3, max_session) WHERE "
        "name = ?1",
        request.role_name, request.description, request.max_session_duration);
    return {};
  });
}

Result<wire::Empty> Iam::update_assume_role_policy(const wire::CallContext&,
                                                   const UpdateAssumeRolePolicyRequest& request) {
  CUMULET_CHECK(check_trust_policy(request.policy_document));
  CUMULET_CHECK(check_trust_size(request.policy_document));
  return change_role(request.role_name, [&](storage::Transaction& tx) -> Result<void> {
    tx.run("UPDATE iam_role SET trust_policy = ?2 WHERE name = ?1", request.role_name, request.policy_document);
    return {};
  });
}

Result<wire::Empty> Iam::tag_role(const wire::CallContext&, const TagRoleRequest& request) {
  CUMULET_CHECK(check_tags(request.tags));
  return change_role(request.role_name, [&](storage::Transaction& tx) -> Result<void> {
    put_tags(tx, request.role_name, request.tags);
    auto count = tx.prepare("SELECT count(*) FROM iam_role_tag WHERE role = ?1");
    count.bind(request.role_name);
    count.step();
    if (count.integer(0) > 50) return Error{kLimitExceeded, "The number of tags has reached the maximum limit."};
    return {};
  });
}

Result<wire::Empty> Iam::untag_role(const wire::CallContext&, const UntagRoleRequest& request) {
  return change_role(
      request.role_name,
      [&](storage::Transaction& tx) -> Result<void> {
        for (const auto& key : request.tag_keys)
          tx.run("DELETE FROM iam_role_tag WHERE role = ?1 AND key = ?2", request.role_name, key);
        return {};
      },
      storage::Room::reserved);
}

Result<ListRoleTagsResponse> Iam::list_role_tags(const wire::CallContext&, const ListOfRoleRequest& request) {
  return database_.read_value<ListRoleTagsResponse>([&](storage::Connection& c) -> Result<ListRoleTagsResponse> {
    CUMULET_TRY(const Role role, find_role(c, request.role_name));
    ListRoleTagsResponse page;
    page.tags = read_tags(c, role.role_name);
    CUMULET_CHECK(cut_page(
        page.tags, [](const Tag& tag) { return tag.key; }, request.marker, request.max_items, page));
    return page;
  });
}

Result<ListInstanceProfilesResponse> Iam::list_instance_profiles_for_role(const wire::CallContext&,
                                                                          const ListOfRoleRequest& request) {
  return database_.read_value<ListInstanceProfilesResponse>(
      [&](storage::Connection& c) -> Result<ListInstanceProfilesResponse> {
        CUMULET_CHECK(find_role(c, request.role_name));
        return ListInstanceProfilesResponse{};
      });
}

}  // namespace cumulet::iam
