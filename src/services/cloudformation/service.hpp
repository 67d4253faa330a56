#pragma once
#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include "aws/wire/operation.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"
#include "cloudformation/apply.hpp"
#include "services/cloudformation/errors.hpp"
#include "services/cloudformation/model_change_set.hpp"
#include "services/cloudformation/model_resource.hpp"
#include "services/cloudformation/model_stack.hpp"
#include "services/cloudformation/model_template.hpp"
#include "services/cloudformation/ports.hpp"
#include "services/cloudformation/stack_rows.hpp"
#include "services/cloudformation/stack_work.hpp"

// AWS CloudFormation: stacks made, changed and deleted by this engine's own operations (src/cloudformation). A change
// is recorded before its request is answered, and carried out after it; what a killed engine leaves half done is rolled
// back, and deletions go on, at the next start.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Operations.html
namespace cumulet::cloudformation::service {

struct Dependencies {
  storage::Database& database;
  const Clock& clock;
  Random& random;
  MakeCaller make_caller;
};

struct PreparedChange;

// Plain methods run on workers.
class CloudFormation {
 public:
  explicit CloudFormation(Dependencies with);
  Result<void> load();
  void start();  // goes on with what an earlier run left
  void stop();

  Result<StackIdOutput> create_stack(const wire::CallContext&, const CreateStackInput&);
  Result<StackIdOutput> update_stack(const wire::CallContext&, const UpdateStackInput&);
  Result<wire::Empty> delete_stack(const wire::CallContext&, const DeleteStackInput&);
  Result<StackIdOutput> update_termination_protection(const wire::CallContext&,
                                                      const UpdateTerminationProtectionInput&);
  Result<NothingToSay> continue_update_rollback(const wire::CallContext&, const ContinueUpdateRollbackInput&);

  Result<DescribeStacksOutput> describe_stacks(const wire::CallContext&, const StacksInput&);
  Result<ListStacksOutput> list_stacks(const wire::CallContext&, const ListStacksInput&);
  Result<DescribeStackEventsOutput> describe_stack_events(const wire::CallContext&, const StacksInput&);
  Result<DescribeStackResourceOutput> describe_stack_resource(const wire::CallContext&,
                                                              const DescribeStackResourceInput&);
  Result<DescribeStackResourcesOutput> describe_stack_resources(const wire::CallContext&,
                                                                const DescribeStackResourcesInput&);
  Result<ListStackResourcesOutput> list_stack_resources(const wire::CallContext&, const ListStackResourcesInput&);
  Result<ListExportsOutput> list_exports(const wire::CallContext&, const ListExportsInput&);
  Result<ListImportsOutput> list_imports(const wire::CallContext&, const ListImportsInput&);

  Result<GetTemplateOutput> get_template(const wire::CallContext&, const GetTemplateInput&);
  Result<GetTemplateSummaryOutput> get_template_summary(const wire::CallContext&, const GetTemplateSummaryInput&);
  Result<ValidateTemplateOutput> validate_template(const wire::CallContext&, const ValidateTemplateInput&);

  Result<CreateChangeSetOutput> create_change_set(const wire::CallContext&, const CreateChangeSetInput&);
  Result<DescribeChangeSetOutput> describe_change_set(const wire::CallContext&, const DescribeChangeSetInput&);
  Result<NothingToSay> execute_change_set(const wire::CallContext&, const ExecuteChangeSetInput&);
  Result<NothingToSay> delete_change_set(const wire::CallContext&, const ChangeSetInput&);
  Result<ListChangeSetsOutput> list_change_sets(const wire::CallContext&, const ListChangeSetsInput&);

 private:
  enum class Purpose { creation, update };
  Result<StackRow> stack_of(const wire::CallContext& context, std::string_view name_or_id, std::string message);
  Result<std::string> template_text(const wire::CallContext& context, const Text& body, const Text& url);
  // Reads, evaluates and plans; nothing is changed. `row`: of the stack to be changed.
  Result<PreparedChange> prepare(const wire::CallContext& context, const StackInput& input, const StackRow& row,
                                 std::string text, Purpose purpose);
  Result<std::map<std::string, Export>> exports_beside(const std::string& region, const std::string& stack_id);
  StackRow new_row(const wire::CallContext& context, const std::string& name);
  // Records that the change begins, and has it carried out.
  Result<void> begin(StackRow row, PreparedChange change, Purpose purpose);
  Result<void> begin_deleting(StackRow row);
  Result<std::optional<ChangeSetRow>> find_change_set(const wire::CallContext& context, const ChangeSetInput& input);
  void go_on(StackRow row);
  Surroundings surroundings(Caller& caller, StackStore& store, Artifacts& artifacts, const std::string& region);

  StackRows rows_;
  const Clock& clock_;
  Random& random_;
  MakeCaller make_caller_;
  std::mutex changing_;  // from looking at a stack's status until the new one is recorded
  StackWork work_;
};

// `service` must outlive the descriptor.
wire::ServiceDescriptor describe(CloudFormation& service);

}  // namespace cumulet::cloudformation::service
