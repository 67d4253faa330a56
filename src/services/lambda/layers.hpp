#pragma once
#include <map>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <string>
#include <tuple>
#include <vector>

#include "aws/wire/operation.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"
#include "services/lambda/function_store.hpp"
#include "services/lambda/functions.hpp"
#include "services/lambda/model_layer.hpp"

namespace cumulet::lambda {

// A published version of a layer: files that functions find below /opt. Only its permissions change.
struct LayerVersion {
  std::string region;
  std::string name;
  LayerVersionResponse published;  // without Content.Location
  std::string code_id;             // names the package and its unpacked folder
  std::vector<AddLayerVersionPermissionRequest> permissions;
  std::string revision_id;  // of the permissions

  static wire::Shape shape() {  // the stored form: JSON of it in one column
    return structure("LayerVersion", {
                                         member<&LayerVersion::region>("Region"),
                                         member<&LayerVersion::name>("Name"),
                                         member<&LayerVersion::published>("Published"),
                                         member<&LayerVersion::code_id>("CodeId"),
                                         member<&LayerVersion::permissions>("Permissions"),
                                         member<&LayerVersion::revision_id>("RevisionId"),
                                     });
  }
};
using LayerVersionRef = std::shared_ptr<const LayerVersion>;

// The layers of all regions. Rows in the database, all of them in memory; their packages beside the functions'.
// Operations run on workers. https://docs.aws.amazon.com/lambda/latest/dg/chapter-layers.html
class Layers {
 public:
  Layers(storage::Database& database, FunctionStore& packages, const Clock& clock, Random& random, ControlPorts ports)
      : database_(database), packages_(packages), clock_(clock), random_(random), ports_(std::move(ports)) {}

  Result<void> load();  // before the functions': their packages are swept by what both name
  std::set<std::string> code_ids() const;

  // What a function that names these ARNs finds below /opt, later ones over earlier ones. Lambda's errors: more than
  // five, two versions of one layer, another region's, one that does not exist.
  Result<std::vector<LayerVersionRef>> resolve(std::string_view region, const std::vector<std::string>& arns) const;

  // Called after a version was deleted, with its code: whoever still uses it keeps it.
  std::function<void(const std::string& code_id)> on_deleted;

  Result<LayerVersionResponse> publish(const wire::CallContext&, const PublishLayerVersionRequest&);
  Result<LayerVersionResponse> get(const wire::CallContext&, const LayerVersionRequest&);
  Result<LayerVersionResponse> get_by_arn(const wire::CallContext&, const GetLayerVersionByArnRequest&);
  Result<ListLayersResponse> list(const wire::CallContext&, const ListLayersRequest&);
  Result<ListLayerVersionsResponse> list_versions(const wire::CallContext&, const ListLayerVersionsRequest&);
  Result<wire::Empty> remove(const wire::CallContext&, const LayerVersionRequest&);
  Result<LayerPolicyStatement> add_permission(const wire::CallContext&, const AddLayerVersionPermissionRequest&);
  Result<wire::Empty> remove_permission(const wire::CallContext&, const RemoveLayerVersionPermissionRequest&);
  Result<GetPolicyResponse> get_policy(const wire::CallContext&, const LayerVersionRequest&);

 private:
  using Key = std::tuple<std::string, std::string, std::int64_t>;  // region, name, number

  LayerVersionRef find(std::string_view region, std::string_view name, std::int64_t number) const;
  Result<LayerVersionRef> existing(const wire::CallContext& context, const std::string& layer_name,
                                   std::int64_t number) const;
  Result<void> edit(const LayerVersionRef& before, const std::function<Result<void>(LayerVersion&)>& edit);
  LayerVersionResponse shown(const wire::CallContext& context, const LayerVersion& version) const;

  storage::Database& database_;
  FunctionStore& packages_;
  const Clock& clock_;
  Random& random_;
  ControlPorts ports_;
  std::mutex changing_;
  mutable std::shared_mutex mutex_;
  std::map<Key, LayerVersionRef> versions_;
  std::map<std::pair<std::string, std::string>, std::int64_t> last_;  // numbers are not used again
};

// Reads every layer's package in `packages` and compares it with its CodeSha256.
void scrub_layers(storage::Connection& connection, const std::filesystem::path& packages, storage::Scrub& scrub);

}  // namespace cumulet::lambda
