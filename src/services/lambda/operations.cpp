#include "services/lambda/errors.hpp"
#include "services/lambda/service.hpp"

// https://docs.aws.amazon.com/lambda/latest/api/API_Operations.html
namespace cumulet::lambda {
namespace {

// "/2015-03-31/functions/f": paths begin with the date of their API version.
bool starts_with_api_date(const http::RequestHead& head) {
  constexpr std::string_view kForm = "/dddd-dd-dd/";
  const std::string_view path = head.raw_path();
  if (path.size() < kForm.size()) return false;
  for (std::size_t i = 0; i < kForm.size(); ++i) {
    const bool fits = kForm[i] == 'd' ? path[i] >= '0' && path[i] <= '9' : path[i] == kForm[i];
    if (!fits) return false;
  }
  return true;
}

constexpr std::size_t kBodyBytes = 70'167'211;  // a zip of 50 MB arrives in base64

// The older errors say "Message", the later ones "message".
constexpr std::string_view kOlderErrors[] = {"ResourceNotFoundException", "ServiceException",
                                             "InvalidZipFileException",   "InvalidRuntimeException",
                                             "ResourceInUseException",    "CodeSigningConfigNotFoundException"};

}  // namespace

wire::ServiceDescriptor describe(Lambda& lambda) {
  using wire::operation;
  Functions& f = lambda.functions();
  wire::ServiceDescriptor service;
  service.name = "lambda";
  service.api_version = "2015-03-31";
  service.protocols = {wire::Protocol::rest_json};
  service.validation_error = &kValidation;
  service.claims = starts_with_api_date;
  service.buffered_body_bytes = kBodyBytes;
  service.codes_with_capital_message = kOlderErrors;
  auto& rows = service.operations;
  const auto row = [&](wire::Operation op) { rows.push_back(std::move(op)); };

  row(operation("Invoke", lambda, &Lambda::invoke_operation)
          .at("POST", "/2015-03-31/functions/{FunctionName}/invocations"));
  row(operation("InvokeWithResponseStream", lambda, &Lambda::invoke_stream_operation)
          .at("POST", "/2021-11-15/functions/{FunctionName}/response-streaming-invocations"));
  row(operation("InvokeAsync", lambda, &Lambda::invoke_async_operation)
          .at("POST", "/2014-11-13/functions/{FunctionName}/invoke-async", 202));

  row(operation("CreateFunction", f, &Functions::create_function).at("POST", "/2015-03-31/functions", 201));
  row(operation("ListFunctions", f, &Functions::list_functions).at("GET", "/2015-03-31/functions"));
  row(operation("GetFunction", f, &Functions::get_function).at("GET", "/2015-03-31/functions/{FunctionName}"));
  row(operation("DeleteFunction", f, &Functions::delete_function)
          .at("DELETE", "/2015-03-31/functions/{FunctionName}", 204));
  row(operation("GetFunctionConfiguration", f, &Functions::get_function_configuration)
          .at("GET", "/2015-03-31/functions/{FunctionName}/configuration"));
  row(operation("UpdateFunctionConfiguration", f, &Functions::update_function_configuration)
          .at("PUT", "/2015-03-31/functions/{FunctionName}/configuration"));
  row(operation("UpdateFunctionCode", f, &Functions::update_function_code)
          .at("PUT", "/2015-03-31/functions/{FunctionName}/code"));
  row(operation("ListVersionsByFunction", f, &Functions::list_versions_by_function)
          .at("GET", "/2015-03-31/functions/{FunctionName}/versions"));

  row(operation("PublishVersion", f, &Functions::publish_version)
          .at("POST", "/2015-03-31/functions/{FunctionName}/versions", 201));
  constexpr std::string_view kAliases = "/2015-03-31/functions/{FunctionName}/aliases";
  constexpr std::string_view kAlias = "/2015-03-31/functions/{FunctionName}/aliases/{Name}";
  row(operation("CreateAlias", f, &Functions::create_alias).at("POST", kAliases, 201));
  row(operation("ListAliases", f, &Functions::list_aliases).at("GET", kAliases));
  row(operation("GetAlias", f, &Functions::get_alias).at("GET", kAlias));
  row(operation("UpdateAlias", f, &Functions::update_alias).at("PUT", kAlias));
  row(operation("DeleteAlias", f, &Functions::delete_alias).at("DELETE", kAlias, 204));

  row(operation("PutFunctionConcurrency", f, &Functions::put_function_concurrency)
          .at("PUT", "/2017-10-31/functions/{FunctionName}/concurrency"));
  row(operation("GetFunctionConcurrency", f, &Functions::get_function_concurrency)
          .at("GET", "/2019-09-30/functions/{FunctionName}/concurrency"));
  row(operation("DeleteFunctionConcurrency", f, &Functions::delete_function_concurrency)
          .at("DELETE", "/2017-10-31/functions/{FunctionName}/concurrency", 204));

  constexpr std::string_view kEventConfig = "/2019-09-25/functions/{FunctionName}/event-invoke-config";
  row(operation("PutFunctionEventInvokeConfig", f, &Functions::put_event_invoke_config).at("PUT", kEventConfig));
  row(operation("UpdateFunctionEventInvokeConfig", f, &Functions::update_event_invoke_config).at("POST", kEventConfig));
  row(operation("GetFunctionEventInvokeConfig", f, &Functions::get_event_invoke_config).at("GET", kEventConfig));
  row(operation("DeleteFunctionEventInvokeConfig", f, &Functions::delete_event_invoke_config)
          .at("DELETE", kEventConfig, 204));
  row(operation("ListFunctionEventInvokeConfigs", f, &Functions::list_event_invoke_configs)
          .at("GET", "/2019-09-25/functions/{FunctionName}/event-invoke-config/list"));

  row(operation("AddPermission", f, &Functions::add_permission)
          .at("POST", "/2015-03-31/functions/{FunctionName}/policy", 201));
  row(operation("RemovePermission", f, &Functions::remove_permission)
          .at("DELETE", "/2015-03-31/functions/{FunctionName}/policy/{StatementId}", 204));
  row(operation("GetPolicy", f, &Functions::get_policy).at("GET", "/2015-03-31/functions/{FunctionName}/policy"));

  row(operation("GetAccountSettings", f, &Functions::get_account_settings).at("GET", "/2016-08-19/account-settings"));
  row(operation("ListTags", lambda, &Lambda::list_tags).at("GET", "/2017-03-31/tags/{Resource}"));
  row(operation("TagResource", lambda, &Lambda::tag_resource).at("POST", "/2017-03-31/tags/{Resource}", 204));
  row(operation("UntagResource", lambda, &Lambda::untag_resource).at("DELETE", "/2017-03-31/tags/{Resource}", 204));

  FunctionDefaults& defaults = lambda.defaults();
  row(operation("GetFunctionRecursionConfig", defaults, &FunctionDefaults::recursion)
          .at("GET", "/2024-08-31/functions/{FunctionName}/recursion-config"));
  row(operation("GetRuntimeManagementConfig", defaults, &FunctionDefaults::runtime_management)
          .at("GET", "/2021-07-20/functions/{FunctionName}/runtime-management-config"));
  row(operation("PutRuntimeManagementConfig", defaults, &FunctionDefaults::put_runtime_management)
          .at("PUT", "/2021-07-20/functions/{FunctionName}/runtime-management-config"));
  row(operation("PutFunctionRecursionConfig", defaults, &FunctionDefaults::put_recursion)
          .at("PUT", "/2024-08-31/functions/{FunctionName}/recursion-config"));

  CodeSigningConfigs& signing = lambda.code_signing();
  constexpr std::string_view kSignings = "/2020-04-22/code-signing-configs";
  constexpr std::string_view kSigning = "/2020-04-22/code-signing-configs/{CodeSigningConfigArn}";
  constexpr std::string_view kFunctionSigning = "/2020-06-30/functions/{FunctionName}/code-signing-config";
  row(operation("CreateCodeSigningConfig", signing, &CodeSigningConfigs::create).at("POST", kSignings, 201));
  row(operation("ListCodeSigningConfigs", signing, &CodeSigningConfigs::list).at("GET", kSignings));
  row(operation("GetCodeSigningConfig", signing, &CodeSigningConfigs::get).at("GET", kSigning));
  row(operation("UpdateCodeSigningConfig", signing, &CodeSigningConfigs::update).at("PUT", kSigning));
  row(operation("DeleteCodeSigningConfig", signing, &CodeSigningConfigs::remove).at("DELETE", kSigning, 204));
  row(operation("ListFunctionsByCodeSigningConfig", signing, &CodeSigningConfigs::list_functions)
          .at("GET", "/2020-04-22/code-signing-configs/{CodeSigningConfigArn}/functions"));
  row(operation("PutFunctionCodeSigningConfig", signing, &CodeSigningConfigs::put_of_function)
          .at("PUT", kFunctionSigning));
  row(operation("GetFunctionCodeSigningConfig", signing, &CodeSigningConfigs::get_of_function)
          .at("GET", kFunctionSigning));
  row(operation("DeleteFunctionCodeSigningConfig", signing, &CodeSigningConfigs::remove_of_function)
          .at("DELETE", kFunctionSigning, 204));

  FunctionUrls& urls = lambda.urls();
  constexpr std::string_view kUrl = "/2021-10-31/functions/{FunctionName}/url";
  row(operation("CreateFunctionUrlConfig", urls, &FunctionUrls::create).at("POST", kUrl, 201));
  row(operation("GetFunctionUrlConfig", urls, &FunctionUrls::get).at("GET", kUrl));
  row(operation("UpdateFunctionUrlConfig", urls, &FunctionUrls::update).at("PUT", kUrl));
  row(operation("DeleteFunctionUrlConfig", urls, &FunctionUrls::remove).at("DELETE", kUrl, 204));
  row(operation("ListFunctionUrlConfigs", urls, &FunctionUrls::list)
          .at("GET", "/2021-10-31/functions/{FunctionName}/urls"));

  ProvisionedConcurrency& provisioned = lambda.provisioned();
  constexpr std::string_view kProvisioned = "/2019-09-30/functions/{FunctionName}/provisioned-concurrency";
  row(operation("ListProvisionedConcurrencyConfigs", provisioned, &ProvisionedConcurrency::list)
          .at("GET", "/2019-09-30/functions/{FunctionName}/provisioned-concurrency?List=ALL"));
  row(operation("PutProvisionedConcurrencyConfig", provisioned, &ProvisionedConcurrency::put)
          .at("PUT", kProvisioned, 202));
  row(operation("GetProvisionedConcurrencyConfig", provisioned, &ProvisionedConcurrency::get).at("GET", kProvisioned));
  row(operation("DeleteProvisionedConcurrencyConfig", provisioned, &ProvisionedConcurrency::remove)
          .at("DELETE", kProvisioned, 204));

  Layers& layers = lambda.layers();
  constexpr std::string_view kLayers = "/2018-10-31/layers";
  constexpr std::string_view kLayerVersions = "/2018-10-31/layers/{LayerName}/versions";
  constexpr std::string_view kLayerVersion = "/2018-10-31/layers/{LayerName}/versions/{VersionNumber}";
  constexpr std::string_view kLayerPolicy = "/2018-10-31/layers/{LayerName}/versions/{VersionNumber}/policy";
  row(operation("PublishLayerVersion", layers, &Layers::publish).at("POST", kLayerVersions, 201));
  row(operation("ListLayerVersions", layers, &Layers::list_versions).at("GET", kLayerVersions));
  row(operation("GetLayerVersionByArn", layers, &Layers::get_by_arn).at("GET", "/2018-10-31/layers?find=LayerVersion"));
  row(operation("ListLayers", layers, &Layers::list).at("GET", kLayers));
  row(operation("GetLayerVersion", layers, &Layers::get).at("GET", kLayerVersion));
  row(operation("DeleteLayerVersion", layers, &Layers::remove).at("DELETE", kLayerVersion, 204));
  row(operation("AddLayerVersionPermission", layers, &Layers::add_permission).at("POST", kLayerPolicy, 201));
  row(operation("GetLayerVersionPolicy", layers, &Layers::get_policy).at("GET", kLayerPolicy));
  row(operation("RemoveLayerVersionPermission", layers, &Layers::remove_permission)
          .at("DELETE", "/2018-10-31/layers/{LayerName}/versions/{VersionNumber}/policy/{StatementId}", 204));

  EventSources& sources = lambda.event_sources();
  constexpr std::string_view kMappings = "/2015-03-31/event-source-mappings";
  constexpr std::string_view kMapping = "/2015-03-31/event-source-mappings/{UUID}";
  row(operation("CreateEventSourceMapping", sources, &EventSources::create).at("POST", kMappings, 202));
  row(operation("ListEventSourceMappings", sources, &EventSources::list).at("GET", kMappings));
  row(operation("GetEventSourceMapping", sources, &EventSources::get).at("GET", kMapping));
  row(operation("UpdateEventSourceMapping", sources, &EventSources::update).at("PUT", kMapping, 202));
  row(operation("DeleteEventSourceMapping", sources, &EventSources::remove).at("DELETE", kMapping, 202));

  return service;
}

}  // namespace cumulet::lambda
