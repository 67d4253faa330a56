// Policies that stand on their own: the account's and AWS's.
#include <algorithm>

#include "base/arn.hpp"
#include "base/encoding.hpp"
#include "services/iam/limits.hpp"
#include "services/iam/managed_policies.hpp"
#include "services/iam/page.hpp"
#include "services/iam/policy_document.hpp"
#include "services/iam/service.hpp"

namespace cumulet::iam {
namespace {

constexpr std::string_view kPolicyColumns =
    "SELECT name, path, id, created, arn, (SELECT count(*) FROM iam_attached_policy a WHERE a.arn = p.arn) "
    "FROM iam_policy p ";

Policy read_policy(storage::Statement& row) {
  Policy policy;
  policy.policy_name = row.text(0);
  policy.path = row.text(1);
  policy.policy_id = row.text(2);
  policy.create_date = policy.update_date = from_millis(row.integer(3));
  policy.arn = row.text(4);
  policy.attachment_count = static_cast<int>(row.integer(5));
  policy.default_version_id = "v1";
  return policy;
}

// AWS's own ids and dates are not known here: an id made of the name, and the day on which most of them appeared.
Policy read_managed(storage::Connection& connection, const ManagedPolicy& managed) {
  Policy policy;
  policy.policy_name = managed.name;
  policy.path = managed.path;
  policy.arn = "arn:aws:iam::aws:policy" + policy.path + policy.policy_name;
  std::string letters;
  for (const char digit : hex_encode(sha256(policy.arn)))
    letters += digit <= '9' ? digit : static_cast<char>(digit - 32);
  policy.policy_id = "ANPA" + letters.substr(0, 17);
  policy.create_date = policy.update_date = from_millis(1'423'246'800'000);  // 2015-02-06
  policy.default_version_id = "v1";
  auto count = connection.prepare("SELECT count(*) FROM iam_attached_policy WHERE arn = ?1");
  count.bind(policy.arn);
  if (count.step()) policy.attachment_count = static_cast<int>(count.integer(0));
  return policy;
}

bool exists(storage::Connection& connection, std::string_view sql, std::string_view key) {
  auto row = connection.prepare(sql);
  row.bind(key);
  return row.step();
}

Error policy_not_found(std::string_view arn) {
  return Error{kNoSuchEntity, "Policy " + std::string(arn) + " was not found."};
}

}  // namespace

Result<PolicyResponse> Iam::create_policy(const wire::CallContext&, const CreatePolicyRequest& request) {
  CUMULET_CHECK(check_name("policyName", request.policy_name));
  CUMULET_CHECK(check_path(request.path));
  CUMULET_CHECK(check_permission_policy(request.policy_document, PolicyUse::managed));
  if (counted_size(request.policy_document) > kManagedPolicyLimit)
    return Error{kLimitExceeded, "Cannot exceed quota for PolicySize: " + std::to_string(kManagedPolicyLimit)};
  const std::string path = request.path.value_or("/");
  const std::string arn = "arn:aws:iam::" + std::string(kAccountId) + ":policy" + path + request.policy_name;
  const std::string id = "ANPA" + random_upper_alnum(17, random_);
  const TimePoint now = std::chrono::floor<Seconds>(clock_.now());
  return database_.write_value_blocking<PolicyResponse>([&](storage::Transaction& tx) -> Result<PolicyResponse> {
    if (exists(tx, "SELECT 1 FROM iam_policy WHERE name = ?1 COLLATE NOCASE", request.policy_name))
      return Error{kEntityAlreadyExists,
                   "A policy called " + request.policy_name + " already exists. Duplicate names are not allowed."};
    tx.run("INSERT INTO iam_policy(arn, name, path, id, created, document) VALUES(?1, ?2, ?3, ?4, ?5, ?6)", arn,
           request.policy_name, path, id, to_millis(now), request.policy_document);
    auto row = tx.prepare(std::string(kPolicyColumns) + "WHERE arn = ?1");
    row.bind(arn);
    row.step();
    return PolicyResponse{read_policy(row)};
  });
}

Result<PolicyResponse> Iam::get_policy(const wire::CallContext&, const PolicyArnRequest& request) {
  CUMULET_CHECK(check_policy_arn(request.policy_arn));
  return database_.read_value<PolicyResponse>([&](storage::Connection& c) -> Result<PolicyResponse> {
    if (const auto managed = managed_policy(request.policy_arn)) return PolicyResponse{read_managed(c, *managed)};
    auto row = c.prepare(std::string(kPolicyColumns) + "WHERE arn = ?1");
    row.bind(request.policy_arn);
    if (!row.step()) return policy_not_found(request.policy_arn);
    return PolicyResponse{read_policy(row)};
  });
}

Result<GetPolicyVersionResponse> Iam::get_policy_version(const wire::CallContext&,
                                                         const GetPolicyVersionRequest& request) {
  CUMULET_CHECK(check_policy_arn(request.policy_arn));
  return database_.read_value<GetPolicyVersionResponse>(
      [&](storage::Connection& c) -> Result<GetPolicyVersionResponse> {
        auto row = c.prepare("SELECT document, created FROM iam_policy WHERE arn = ?1");
        row.bind(request.policy_arn);
        if (!row.step()) return policy_not_found(request.policy_arn);
        if (request.version_id != "v1")
          return Error{kNoSuchEntity, "Policy " + request.policy_arn + " version " + request.version_id +
                                          " does not exist or is not attachable."};
        return GetPolicyVersionResponse{{percent_encode(row.text(0)), "v1", true, from_millis(row.integer(1))}};
      });
}

Result<wire::Empty> Iam::delete_policy(const wire::CallContext&, const PolicyArnRequest& request) {
  CUMULET_CHECK(check_policy_arn(request.policy_arn));
  CUMULET_CHECK(database_.write_blocking(
      [&](storage::Transaction& tx) -> Result<void> {
        if (exists(tx, "SELECT 1 FROM iam_attached_policy WHERE arn = ?1", request.policy_arn))
          return Error{kDeleteConflict, "Cannot delete a policy attached to entities."};
        tx.run("DELETE FROM iam_policy WHERE arn = ?1", request.policy_arn);
        if (tx.changes() == 0) return policy_not_found(request.policy_arn);
        return {};
      },
      storage::Room::reserved));
  return wire::Empty{};
}

Result<ListPoliciesResponse> Iam::list_policies(const wire::CallContext&, const ListPoliciesRequest& request) {
  CUMULET_CHECK(check_path_prefix(request.path_prefix));
  const std::string prefix = request.path_prefix.value_or("/");
  const bool only_attached = request.only_attached.value_or(false);
  return database_.read_value<ListPoliciesResponse>([&](storage::Connection& c) -> Result<ListPoliciesResponse> {
    ListPoliciesResponse page;
    if (request.scope != "AWS") {
      auto rows = c.prepare(kPolicyColumns);
      while (rows.step()) page.policies.push_back(read_policy(rows));
    }
    if (request.scope != "Local")
      for (const ManagedPolicy& managed : managed_policies()) page.policies.push_back(read_managed(c, managed));
    std::erase_if(page.policies, [&](const Policy& policy) {
      return !policy.path.starts_with(prefix) || (only_attached && policy.attachment_count == 0);
    });
    // A name may be AWS's and the account's; no name holds a space.
    const auto key = [](const Policy& policy) { return policy.policy_name + ' ' + policy.arn; };
    std::ranges::sort(page.policies, {}, key);
    CUMULET_CHECK(cut_page(page.policies, key, request.marker, request.max_items, page));
    return page;
  });
}

}  // namespace cumulet::iam
