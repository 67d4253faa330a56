#pragma once
#include <atomic>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "cloudformation/stack_store.hpp"
#include "services/cloudformation/model_stack.hpp"
#include "services/cloudformation/ports.hpp"
#include "storage/database.hpp"

namespace cumulet::cloudformation::service {

// What was asked for beside the resources; as JSON in its column.
struct StackDetails {
  Text description;
  std::string template_body;                    // as it was given
  Text processed_template;                      // what a transform made of it
  std::vector<StackParameter> parameters;       // every one's value, "****" of NoEcho
  Optional<std::vector<StackParameter>> given;  // what UsePreviousValue gives, NoEcho's too
  std::vector<StackOutput> outputs;             // descriptions
  std::vector<StackTag> tags;
  std::vector<std::string> capabilities, notification_arns;
  Text role_arn, on_failure, client_request_token, change_set_id;
  Optional<int> timeout_in_minutes;
  Optional<RollbackConfiguration> rollback_configuration;
  bool is_protected = false;
  TimePoint created;
  Optional<TimePoint> updated, deleted;
  std::string caller_key, caller_account, caller_arn, caller_id, endpoint;  // in whose name it is made
  bool caller_is_root = false;

  static wire::Shape shape();
};

struct StackRow {
  std::string region;
  bool is_live = true;
  Stack stack;
  StackDetails details;
  std::optional<StackDetails> pending;  // of an update under way: the details when it has succeeded

  const StackDetails& shown() const { return pending ? *pending : details; }
};

struct ChangeSetRow {
  std::string id, stack_id, name, region, body;  // body: JSON
};

// The tables of stacks and change sets. Blocking; thread-safe.
class StackRows {
 public:
  StackRows(storage::Database& database, const Clock& clock) : database_(database), clock_(clock) {}
  Result<void> load();

  // By name: of those that are there; by id: deleted ones too.
  Result<std::optional<StackRow>> find(std::string_view region, std::string_view name_or_id);
  enum class Which { live, all };
  Result<std::vector<StackRow>> list(std::string_view region, Which which);  // the newest first
  Result<std::vector<StackRow>> of_all_regions();                            // live ones

  Result<void> insert(const StackRow& row);
  Result<void> save_details(const std::string& id, const StackDetails& details);
  Result<void> save_pending(const std::string& id, const StackDetails& pending);
  // The engine's record. A change that has succeeded makes `pending` the details, one that was rolled back drops it.
  Result<void> save(const Stack& stack);
  // The stack is there no more; its record stays for 90 days.
  Result<void> bury(const std::string& id);

  Result<void> save_change_set(const ChangeSetRow& row);
  Result<void> delete_change_set(const std::string& id);
  Result<void> delete_change_sets_of(const std::string& stack_id);
  Result<std::vector<ChangeSetRow>> change_sets(std::string_view stack_id);
  Result<std::optional<ChangeSetRow>> change_set(std::string_view id);

 private:
  storage::Database& database_;
  const Clock& clock_;
};

// The stacks of one region for the engine that changes them. Once `is_over`, nothing is recorded any more: whoever
// changes a stack then stops as if he had been killed, and the next start goes on from the record.
class RowStore final : public StackStore {
 public:
  RowStore(StackRows& rows, std::string region, const std::atomic<bool>& is_over)
      : rows_(rows), region_(std::move(region)), is_over_(is_over) {}

  Result<std::optional<Stack>> load(const std::string& name) override;
  Result<void> save(const Stack& stack) override;
  Result<void> forget(const std::string& name) override;
  Result<std::vector<std::string>> names() override;

 private:
  StackRows& rows_;
  std::string region_;
  const std::atomic<bool>& is_over_;
};

}  // namespace cumulet::cloudformation::service
