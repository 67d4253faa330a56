#pragma once
#include <functional>
#include <map>
#include <string>

#include "aws/wire/operation.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"
#include "services/lambda/function_name.hpp"
#include "services/lambda/function_store.hpp"
#include "services/lambda/image_directory.hpp"

namespace cumulet::lambda {

// What Lambda asks of other services; bound in src/server. Called on workers; may block.
struct ControlPorts {
  std::function<bool(std::string_view role_arn)> role_exists;
  // A whole object of the call's region; S3's error as it is ("NoSuchKey", "The specified key does not exist.").
  std::function<Result<std::string>(std::string_view region, const std::string& bucket, const std::string& key)>
      read_object;
  // Whether there is such a queue; none: there are no queues.
  std::function<bool(std::string_view queue_arn)> queue_exists;
  // Where a function's package may be fetched by who calls; none: nowhere.
  std::function<std::string(const wire::CallContext&, const std::string& code_id)> package_url;
  ImageDirectory* images = nullptr;  // outlives Lambda; null: there are none
};

// The control plane: everything about functions but running them. Plain methods run on workers.
class Functions {
 public:
  Functions(FunctionStore& store, const Clock& clock, Random& random, ControlPorts ports)
      : store_(store), clock_(clock), random_(random), ports_(std::move(ports)) {}

  ImageDirectory* images() const { return ports_.images; }

  // Asked before a function's timeout changes.
  using TimeoutCheck = std::function<Result<void>(const FunctionVersion& as_it_would_be)>;
  void set_timeout_check(TimeoutCheck check) { timeout_check_ = std::move(check); }

  // The layers that these ARNs name, as a function of the region takes them.
  struct LayerUse {
    Layer layer;
    std::string code_id;
  };
  using LayerSource =
      std::function<Result<std::vector<LayerUse>>(std::string_view region, const std::vector<std::string>& arns)>;
  void set_layer_source(LayerSource source) { layer_source_ = std::move(source); }

  // The function a request names, or Lambda's ResourceNotFoundException, also when the qualifier does not exist.
  Result<FunctionRef> find(std::string_view region, std::string_view function_name,
                           const std::optional<std::string>& qualifier = std::nullopt) const;

  Result<FunctionConfiguration> create_function(const wire::CallContext&, const CreateFunctionRequest&);
  Result<GetFunctionResponse> get_function(const wire::CallContext&, const FunctionNameRequest&);
  Result<FunctionConfiguration> get_function_configuration(const wire::CallContext&, const FunctionNameRequest&);
  Result<ListFunctionsResponse> list_functions(const wire::CallContext&, const ListFunctionsRequest&);
  Result<ListVersionsResponse> list_versions_by_function(const wire::CallContext&, const ListVersionsRequest&);
  Result<wire::Empty> delete_function(const wire::CallContext&, const FunctionNameRequest&);
  Result<FunctionConfiguration> update_function_code(const wire::CallContext&, const UpdateFunctionCodeRequest&);
  Result<FunctionConfiguration> update_function_configuration(const wire::CallContext&,
                                                              const UpdateFunctionConfigurationRequest&);

  Result<FunctionConfiguration> publish_version(const wire::CallContext&, const PublishVersionRequest&);
  Result<AliasConfiguration> create_alias(const wire::CallContext&, const CreateAliasRequest&);
  Result<AliasConfiguration> update_alias(const wire::CallContext&, const UpdateAliasRequest&);
  Result<AliasConfiguration> get_alias(const wire::CallContext&, const AliasRequest&);
  Result<ListAliasesResponse> list_aliases(const wire::CallContext&, const ListAliasesRequest&);
  Result<wire::Empty> delete_alias(const wire::CallContext&, const AliasRequest&);

  Result<Concurrency> put_function_concurrency(const wire::CallContext&, const PutFunctionConcurrencyRequest&);
  Result<Concurrency> get_function_concurrency(const wire::CallContext&, const FunctionNameRequest&);
  Result<wire::Empty> delete_function_concurrency(const wire::CallContext&, const FunctionNameRequest&);

  Result<EventInvokeConfig> put_event_invoke_config(const wire::CallContext&, const EventInvokeConfigRequest&);
  Result<EventInvokeConfig> update_event_invoke_config(const wire::CallContext&, const EventInvokeConfigRequest&);
  Result<EventInvokeConfig> get_event_invoke_config(const wire::CallContext&, const FunctionNameRequest&);
  Result<ListEventInvokeConfigsResponse> list_event_invoke_configs(const wire::CallContext&,
                                                                   const FunctionNameRequest&);
  Result<wire::Empty> delete_event_invoke_config(const wire::CallContext&, const FunctionNameRequest&);

  Result<AddPermissionResponse> add_permission(const wire::CallContext&, const AddPermissionRequest&);
  Result<wire::Empty> remove_permission(const wire::CallContext&, const RemovePermissionRequest&);
  Result<GetPolicyResponse> get_policy(const wire::CallContext&, const FunctionNameRequest&);

  Result<GetAccountSettingsResponse> get_account_settings(const wire::CallContext&, const wire::Empty&);
  Result<ListTagsResponse> list_tags(const wire::CallContext&, const ResourceTagsRequest&);
  Result<wire::Empty> tag_resource(const wire::CallContext&, const TagResourceRequest&);
  Result<wire::Empty> untag_resource(const wire::CallContext&, const UntagResourceRequest&);

 private:
  // Reads, checks and stores the code that a request brings; id, size and hash go into `version`, whose PackageType and
  // architecture stand there already. What comes back keeps it until a function names it.
  Result<ImageDirectory::Hold> take_code(std::string_view region, const FunctionCode& code, FunctionVersion& version);
  // Changes an existing function, not one of its versions or aliases. `edit` works on a copy of the current snapshot.
  Result<FunctionRef> edit(const wire::CallContext& context, std::string_view function_name,
                           const std::function<Result<void>(Function&)>& edit);
  // Changes what is set for a qualifier (none: kLatest), which exists.
  Result<FunctionRef> edit_at(const wire::CallContext& context, std::string_view function_name,
                              const std::optional<std::string>& qualifier,
                              const std::function<Result<void>(Function&, const std::string& qualifier)>& edit);
  Result<void> take_layers(const std::vector<std::string>& arns, FunctionVersion& version);
  // InvalidParameterValueException when code and layers unzipped are larger than a function may be.
  Result<void> check_size(const FunctionVersion& version) const;
  void stamp(FunctionVersion& version);  // LastModified and RevisionId of a changed configuration
  // A new version of what is the newest now; the last published one, when nothing has changed since.
  VersionRef publish(Function& function, const std::optional<std::string>& description);
  Result<void> delete_version(const FunctionName& name);
  int reserved_in(std::string_view region, std::string_view except_name) const;
  // `missing`, when the request's function (or qualifier) does not exist.
  Result<FunctionName> name_of(const wire::CallContext& context, std::string_view function_name,
                               const std::optional<std::string>& qualifier, const Error& missing) const;
  Result<wire::Empty> edit_tags(const wire::CallContext& context, const std::string& resource,
                                const std::function<Result<void>(std::map<std::string, std::string>&)>& change);

  FunctionStore& store_;
  const Clock& clock_;
  Random& random_;
  ControlPorts ports_;
  TimeoutCheck timeout_check_;
  LayerSource layer_source_;
};

std::string lambda_date(TimePoint time);  // "2026-01-01T00:00:00.000+0000"
// PreconditionFailedException when a request's RevisionId is not the current one.
Result<void> check_revision(const std::optional<std::string>& wanted, const std::string& current);
// A configuration as lists show it, with the version in its ARN.
FunctionConfiguration listed_version(const FunctionVersion& version);
// InvalidParameterValueException when a dead-letter configuration names something that is no queue.
Result<void> check_dead_letters(const ControlPorts& ports, const std::optional<DeadLetterConfig>& config);
// InvalidParameterValueException when there are more than a resource may have.
Result<void> check_tags(const std::map<std::string, std::string>& tags);

inline constexpr int kAccountConcurrency = 1000;
inline constexpr int kUnreservedMinimum = 100;

}  // namespace cumulet::lambda
