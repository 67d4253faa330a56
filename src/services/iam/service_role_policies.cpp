// What a role carries: attached (managed) and inline policies.
#include "base/encoding.hpp"
#include "services/iam/limits.hpp"
#include "services/iam/managed_policies.hpp"
#include "services/iam/page.hpp"
#include "services/iam/policy_document.hpp"
#include "services/iam/service.hpp"

namespace cumulet::iam {
namespace {

Result<void> require_role(storage::Connection& connection, std::string_view name) {
  auto row = connection.prepare("SELECT 1 FROM iam_role WHERE name = ?1");
  row.bind(name);
  if (!row.step()) return Error{kNoSuchEntity, "The role with name " + std::string(name) + " cannot be found."};
  return {};
}

// The name of an attachable policy: AWS's own or one of this account.
Result<std::string> policy_name(storage::Connection& connection, const std::string& arn) {
  if (const auto managed = managed_policy(arn)) return std::string(managed->name);
  auto row = connection.prepare("SELECT name FROM iam_policy WHERE arn = ?1");
  row.bind(arn);
  if (row.step()) return std::string(row.text(0));
  return Error{kNoSuchEntity, "Policy " + arn + " does not exist or is not attachable."};
}

Error no_such_inline(std::string_view name) {
  return Error{kNoSuchEntity, "The role policy with name " + std::string(name) + " cannot be found."};
}

}  // namespace

Result<wire::Empty> Iam::attach_role_policy(const wire::CallContext&, const AttachedPolicyRequest& request) {
  CUMULET_CHECK(check_policy_arn(request.policy_arn));
  return change_role(request.role_name, [&](storage::Transaction& tx) -> Result<void> {
    CUMULET_TRY(const std::string name, policy_name(tx, request.policy_arn));
    tx.run("INSERT INTO iam_attached_policy(role, arn, name) VALUES(?1, ?2, ?3) ON CONFLICT DO NOTHING",
           request.role_name, request.policy_arn, name);
    auto count = tx.prepare("SELECT count(*) FROM iam_attached_policy WHERE role = ?1");
    count.bind(request.role_name);
    count.step();
    if (static_cast<std::size_t>(count.integer(0)) > kAttachedPoliciesLimit)
      return Error{kLimitExceeded,
                   "Cannot exceed quota for PoliciesPerRole: " + std::to_string(kAttachedPoliciesLimit)};
    return {};
  });
}

Result<wire::Empty> Iam::detach_role_policy(const wire::CallContext&, const AttachedPolicyRequest& request) {
  CUMULET_CHECK(check_policy_arn(request.policy_arn));
  return change_role(
      request.role_name,
      [&](storage::Transaction& tx) -> Result<void> {
        tx.run("DELETE FROM iam_attached_policy WHERE role = ?1 AND arn = ?2", request.role_name, request.policy_arn);
        if (tx.changes() == 0) return Error{kNoSuchEntity, "Policy " + request.policy_arn + " was not found."};
        return {};
      },
      storage::Room::reserved);
}

Result<ListAttachedRolePoliciesResponse> Iam::list_attached_role_policies(const wire::CallContext&,
                                                                          const ListOfRoleRequest& request) {
  using Page = ListAttachedRolePoliciesResponse;
  return database_.read_value<Page>([&](storage::Connection& c) -> Result<Page> {
    CUMULET_CHECK(require_role(c, request.role_name));
    Page page;
    auto rows = c.prepare("SELECT name, arn FROM iam_attached_policy WHERE role = ?1 ORDER BY name, arn");
    rows.bind(request.role_name);
    while (rows.step()) page.attached_policies.push_back({std::string(rows.text(0)), std::string(rows.text(1))});
    std::erase_if(page.attached_policies, [&](const AttachedPolicy& policy) {  // arn:aws:iam::aws:policy/path/NAME
      return !policy.policy_arn.substr(policy.policy_arn.find('/')).starts_with(request.path_prefix.value_or("/"));
    });
    const auto key = [](const AttachedPolicy& policy) { return policy.policy_name + ' ' + policy.policy_arn; };
    CUMULET_CHECK(cut_page(page.attached_policies, key, request.marker, request.max_items, page));
    return page;
  });
}

Result<wire::Empty> Iam::put_role_policy(const wire::CallContext&, const PutRolePolicyRequest& request) {
  CUMULET_CHECK(check_name("policyName", request.policy_name));
  CUMULET_CHECK(check_permission_policy(request.policy_document, PolicyUse::inline_));
  return change_role(request.role_name, [&](storage::Transaction& tx) -> Result<void> {
    tx.run(
        "INSERT INTO iam_inline_policy(role, name, document) VALUES(?1, ?2, ?3)"
        " ON CONFLICT DO UPDATE SET document = excluded.document",
        request.role_name, request.policy_name, request.policy_document);
    std::size_t size = 0;
    auto rows = tx.prepare("SELECT document FROM iam_inline_policy WHERE role = ?1");
    rows.bind(request.role_name);
    while (rows.step()) size += counted_size(rows.text(0));
    if (size > kInlinePoliciesLimit)
      return Error{kLimitExceeded, "Maximum policy size of " + std::to_string(kInlinePoliciesLimit) +
                                       " bytes exceeded for role " + request.role_name};
    return {};
  });
}

Result<GetRolePolicyResponse> Iam::get_role_policy(const wire::CallContext&, const RolePolicyRequest& request) {
  return database_.read_value<GetRolePolicyResponse>([&](storage::Connection& c) -> Result<GetRolePolicyResponse> {
    CUMULET_CHECK(require_role(c, request.role_name));
    auto row = c.prepare("SELECT document FROM iam_inline_policy WHERE role = ?1 AND name = ?2");
    row.bind_all(request.role_name, request.policy_name);
    if (!row.step()) return no_such_inline(request.policy_name);
    return GetRolePolicyResponse{request.role_name, request.policy_name, percent_encode(row.text(0))};
  });
}

Result<wire::Empty> Iam::delete_role_policy(const wire::CallContext&, const RolePolicyRequest& request) {
  return change_role(
      request.role_name,
      [&](storage::Transaction& tx) -> Result<void> {
        tx.run("DELETE FROM iam_inline_policy WHERE role = ?1 AND name = ?2", request.role_name, request.policy_name);
        if (tx.changes() == 0) return no_such_inline(request.policy_name);
        return {};
      },
      storage::Room::reserved);
}

Result<ListRolePoliciesResponse> Iam::list_role_policies(const wire::CallContext&, const ListOfRoleRequest& request) {
  return database_.read_value<ListRolePoliciesResponse>(
      [&](storage::Connection& c) -> Result<ListRolePoliciesResponse> {
        CUMULET_CHECK(require_role(c, request.role_name));
        ListRolePoliciesResponse page;
        auto rows = c.prepare("SELECT name FROM iam_inline_policy WHERE role = ?1 ORDER BY name");
        rows.bind(request.role_name);
        while (rows.step()) page.policy_names.emplace_back(rows.text(0));
        CUMULET_CHECK(cut_page(
            page.policy_names, [](const std::string& name) { return name; }, request.marker, request.max_items, page));
        return page;
      });
}

}  // namespace cumulet::iam
