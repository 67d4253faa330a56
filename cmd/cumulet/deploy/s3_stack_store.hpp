#pragma once
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "cloudformation/stack_store.hpp"

namespace cumulet::deploy {

// Who changes a stack. One that was killed leaves its lock behind; `runs` tells whether a process of this host lives.
struct Owner {
  std::string host;
  std::int64_t process = 0;
  std::function<bool(std::int64_t process)> runs;
};

// Stacks kept in the cloud they describe, each as the object stacks/NAME/state.json of the bucket
// cumulet-deployments-ACCOUNT-REGION beside its packages, so that any folder and any machine sees the same.
class S3StackStore final : public cloudformation::StackStore {
 public:
  S3StackStore(cloudformation::Caller& aws, const cloudformation::Environment& environment);
  const std::string& bucket() const { return bucket_; }
  std::string prefix(const std::string& stack) const { return "stacks/" + stack + "/"; }

  Result<void> prepare();  // makes the bucket where there is none
  // Holds the stack for one deploy or destroy, by the object stacks/NAME/lock.json. Error: another one holds it, unless
  // its process is gone or its lock is older than an hour.
  Result<void> lock(const std::string& name, const Owner& owner, TimePoint now);
  Result<void> unlock(const std::string& name);
  Result<std::optional<cloudformation::Stack>> load(const std::string& name) override;
  Result<void> save(const cloudformation::Stack& stack) override;
  Result<std::vector<std::string>> names() override;
  // Deletes packages of a stack but those in `keep`.
  Result<void> sweep(const std::string& name, const std::set<std::string>& keep);
  // Deletes the record and every package, and the bucket when it was the last stack.
  Result<void> forget(const std::string& name) override;

 private:
  Result<json::value> s3(std::string_view operation, const std::string& key, json::object input = {});
  Result<std::vector<std::string>> keys(const std::string& prefix);

  cloudformation::Caller& aws_;
  std::string bucket_;
  std::string region_;
};

}  // namespace cumulet::deploy
