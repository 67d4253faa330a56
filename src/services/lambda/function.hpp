#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "services/lambda/function_image.hpp"
#include "services/lambda/model_function.hpp"
#include "services/lambda/model_provisioned.hpp"
#include "services/lambda/model_settings.hpp"
#include "services/lambda/model_url.hpp"
#include "services/lambda/model_version.hpp"

namespace cumulet::lambda {

using wire::member;
using wire::structure;

// The version that changes; all others are numbers.
inline constexpr std::string_view kLatest = "$LATEST";

// What runs: code and configuration, the newest or a published version. Immutable: a change makes a new one.
struct FunctionVersion {
  std::string region;
  FunctionConfiguration configuration;   // its Version: kLatest or a number; its ARN with the number
  std::string code_id;                   // names the package and its unpacked folder
  std::vector<std::string> layer_codes;  // likewise, of its layers; kept when a layer is deleted
  std::optional<FunctionImage> image;    // instead of a package; code_id names its tree
  // Counts changes of code and configuration: an execution environment of an older generation is not used again.
  std::int64_t generation = 1;

  bool uses(std::string_view code) const;  // as its own or as a layer
  const std::string& name() const { return configuration.function_name; }
  const std::string& version() const { return configuration.version; }

  static wire::Shape shape() {  // the stored form: JSON of it in one column
    return structure("FunctionVersion", {
                                            member<&FunctionVersion::region>("Region"),
                                            member<&FunctionVersion::configuration>("Configuration"),
                                            member<&FunctionVersion::code_id>("CodeId"),
                                            member<&FunctionVersion::layer_codes>("LayerCodes"),
                                            member<&FunctionVersion::image>("Image"),
                                            member<&FunctionVersion::generation>("Generation"),
                                        });
  }
};
using VersionRef = std::shared_ptr<const FunctionVersion>;

// A name for a version, or for two with weights.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-aliases.html
struct Alias {
  std::string function_version;
  std::string description;
  std::map<std::string, double> additional_weights;  // at most one version: the share of invocations that it gets
  std::string revision_id;

  static wire::Shape shape() {
    return structure("Alias", {
                                  member<&Alias::function_version>("FunctionVersion"),
                                  member<&Alias::description>("Description"),
                                  member<&Alias::additional_weights>("AdditionalWeights"),
                                  member<&Alias::revision_id>("RevisionId"),
                              });
  }
};

// All that is stored of a function, as one immutable snapshot: a change makes a new one. Invocations hold the snapshot
// they run with.
struct Function {
  std::string region;
  std::string name;
  FunctionVersion latest;
  std::map<std::int64_t, VersionRef> published;  // rows of their own
  std::int64_t last_published = 0;               // numbers are not used again
  std::int64_t published_generation = 0;         // of `latest`, when it was published last
  std::map<std::string, Alias> aliases;
  std::optional<int> reserved_concurrency;
  std::map<std::string, EventInvokeConfig> event_invoke_configs;         // by qualifier: kLatest, a version, an alias
  std::map<std::string, std::vector<AddPermissionRequest>> permissions;  // by qualifier; kLatest: the function's own
  std::map<std::string, std::string> tags;
  std::map<std::string, FunctionUrl> urls;         // by qualifier: kLatest, an alias
  std::map<std::string, Provisioned> provisioned;  // by qualifier: a version, an alias
  std::optional<std::string> code_signing_arn;
  std::optional<std::string> recursive_loop;  // Allow or Terminate; none: never set
  std::map<std::string, std::string>
      runtime_updates;  // by qualifier: UpdateRuntimeOn; a version's ARN behind "Manual "

  const std::string& arn() const { return latest.configuration.function_arn; }
  std::set<std::string> code_ids() const;  // of all versions, their layers' too
  // Whether there is such a version or alias.
  bool has(std::string_view qualifier) const;

  static wire::Shape shape() {  // the stored form: JSON of it in one column
    return structure("Function", {
                                     member<&Function::region>("Region"),
                                     member<&Function::name>("Name"),
                                     member<&Function::latest>("Latest"),
                                     member<&Function::last_published>("LastPublished"),
                                     member<&Function::published_generation>("PublishedGeneration"),
                                     member<&Function::aliases>("Aliases"),
                                     member<&Function::reserved_concurrency>("ReservedConcurrency"),
                                     member<&Function::event_invoke_configs>("EventInvokeConfigs"),
                                     member<&Function::permissions>("Permissions"),
                                     member<&Function::tags>("Tags"),
                                     member<&Function::urls>("Urls"),
                                     member<&Function::provisioned>("Provisioned"),
                                     member<&Function::code_signing_arn>("CodeSigningArn"),
                                     member<&Function::recursive_loop>("RecursiveLoop"),
                                     member<&Function::runtime_updates>("RuntimeUpdates"),
                                 });
  }
};
using FunctionRef = std::shared_ptr<const Function>;

// The version of that name ("$LATEST", "7"); null: there is none. Lives as long as the function's snapshot.
VersionRef find_version(const FunctionRef& function, std::string_view version);
// What an invocation with `qualifier` (none: $LATEST) runs: an alias stands for its version, or with its weights for
// one of two. `share`: in [0, 1), which of the two. Null: no such qualifier.
VersionRef version_to_run(const FunctionRef& function, const std::optional<std::string>& qualifier, double share);
// The qualifier's part of an ARN: "" or ":7".
std::string arn_suffix(const std::optional<std::string>& qualifier);

}  // namespace cumulet::lambda
