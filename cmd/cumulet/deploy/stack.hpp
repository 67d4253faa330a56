#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "cmd/cumulet/deploy/resource_type.hpp"

namespace cumulet::deploy {

// What is deployed under one name. Kept in the cloud it describes, as the object stacks/NAME/state.json of the bucket
// cumulet-deployments-ACCOUNT-REGION, so that any folder and any machine sees the same.
struct Stack {
  std::string name;
  std::string id;      // arn:aws:cloudformation:…:stack/NAME/UUID, made at the first deploy
  std::string status;  // COMPLETE, IN_PROGRESS or FAILED
  std::string updated_at;
  json::object parameters;  // as given or defaulted, without those marked NoEcho
  json::object outputs;
  std::vector<StackResource> resources;  // in order of creation
  std::vector<StackResource> replaced;   // superseded by a new one, still to be deleted

  StackResource* find(std::string_view logical_id);
  const StackResource* find(std::string_view logical_id) const;
};

json::value to_json(const Stack& stack);
Result<Stack> stack_from_json(const json::value& value);

// Who changes a stack. One that was killed leaves its lock behind; `runs` tells whether a process of this host lives.
struct Owner {
  std::string host;
  std::int64_t process = 0;
  std::function<bool(std::int64_t process)> runs;
};

// The bucket that holds stacks and packages.
class StackStore {
 public:
  StackStore(Api& api, const Environment& environment);
  const std::string& bucket() const { return bucket_; }
  std::string prefix(const std::string& stack) const { return "stacks/" + stack + "/"; }

  Result<void> prepare();  // makes the bucket where there is none
  // Holds the stack for one deploy or destroy, by the object stacks/NAME/lock.json. Error: another one holds it, unless
  // its process is gone or its lock is older than an hour.
  Result<void> lock(const std::string& name, const Owner& owner, TimePoint now);
  Result<void> unlock(const std::string& name);
  Result<std::optional<Stack>> load(const std::string& name);
  Result<void> save(const Stack& stack);
  Result<std::vector<std::string>> names();
  // Deletes packages of a stack but those in `keep`.
  Result<void> sweep(const std::string& name, const std::set<std::string>& keep);
  // Deletes the record and every package, and the bucket when it was the last stack.
  Result<void> forget(const std::string& name);

 private:
  Result<std::vector<std::string>> keys(const std::string& prefix);

  Api& api_;
  std::string bucket_;
  std::string region_;
};

}  // namespace cumulet::deploy
