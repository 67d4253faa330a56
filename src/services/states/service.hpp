#pragma once
#include "aws/wire/operation.hpp"
#include "services/states/engine.hpp"
#include "services/states/errors.hpp"
#include "services/states/model_executions.hpp"

namespace cumulet::states {

// The operations of AWS Step Functions; all run on workers.
// https://docs.aws.amazon.com/step-functions/latest/apireference/API_Operations.html
class States {
 public:
  explicit States(const Dependencies& with)
      : database_(with.database),
        clock_(with.clock),
        random_(with.random),
        logs_(with.logs),
        roles_(with.roles),
        engine_(with) {}

  // Brings the tables up to date; at start. Blocking.
  Result<void> load() { return store::migrate(database_); }
  // Goes on with the executions that an earlier run left. Blocking.
  Result<void> start() { return engine_.resume(); }
  // Nothing is invoked or recorded any more afterwards. Idempotent.
  void stop() { engine_.stop(); }
  const Engine& engine() const { return engine_; }

  Result<CreateStateMachineResponse> create_state_machine(const wire::CallContext&, const CreateStateMachineRequest&);
  Result<UpdateStateMachineResponse> update_state_machine(const wire::CallContext&, const UpdateStateMachineRequest&);
  Result<DescribeStateMachineResponse> describe_state_machine(const wire::CallContext&, const StateMachineArnRequest&);
  Result<wire::Empty> delete_state_machine(const wire::CallContext&, const StateMachineArnRequest&);
  Result<ListStateMachinesResponse> list_state_machines(const wire::CallContext&, const ListStateMachinesRequest&);
  Result<ValidateStateMachineDefinitionResponse> validate_state_machine_definition(
      const wire::CallContext&, const ValidateStateMachineDefinitionRequest&);
  Result<wire::Empty> tag_resource(const wire::CallContext&, const TagResourceRequest&);
  Result<wire::Empty> untag_resource(const wire::CallContext&, const UntagResourceRequest&);
  Result<ListTagsForResourceResponse> list_tags_for_resource(const wire::CallContext&,
                                                             const ListTagsForResourceRequest&);

  Result<StartExecutionResponse> start_execution(const wire::CallContext&, const StartExecutionRequest&);
  Result<StopExecutionResponse> stop_execution(const wire::CallContext&, const StopExecutionRequest&);
  Result<DescribeExecutionResponse> describe_execution(const wire::CallContext&, const ExecutionArnRequest&);
  Result<DescribeStateMachineForExecutionResponse> describe_state_machine_for_execution(const wire::CallContext&,
                                                                                        const ExecutionArnRequest&);
  Result<ListExecutionsResponse> list_executions(const wire::CallContext&, const ListExecutionsRequest&);
  Result<GetExecutionHistoryResponse> get_execution_history(const wire::CallContext&,
                                                            const GetExecutionHistoryRequest&);

 private:
  Result<void> check_logging(const std::optional<LoggingConfiguration>& logging);
  Result<void> check_role(std::string_view arn);
  Result<Machine> machine(const std::string& arn);
  Result<ExecutionRow> execution(const std::string& arn);

  storage::Database& database_;
  const Clock& clock_;
  Random& random_;
  LogSink* logs_;
  RoleDirectory roles_;
  Engine engine_;
};

// `states` must outlive the descriptor.
wire::ServiceDescriptor describe(States& states);

}  // namespace cumulet::states
