#pragma once
#include <map>
#include <shared_mutex>
#include <string>

#include "aws/wire/operation.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"
#include "services/lambda/function_store.hpp"
#include "services/lambda/model_url.hpp"

namespace cumulet::lambda {

// Addresses of functions and their aliases: which there are, and what they are for. Requests that come to them are
// url_door.hpp's. https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html
class FunctionUrls {
 public:
  FunctionUrls(FunctionStore& store, const Clock& clock, Random& random)
      : store_(store), clock_(clock), random_(random) {}

  Result<UrlConfig> create(const wire::CallContext&, const UrlConfigRequest&);
  Result<UrlConfig> get(const wire::CallContext&, const UrlNameRequest&);
  Result<UrlConfig> update(const wire::CallContext&, const UpdateUrlConfigRequest&);
  Result<wire::Empty> remove(const wire::CallContext&, const UrlNameRequest&);
  Result<ListUrlConfigsResponse> list(const wire::CallContext&, const ListUrlConfigsRequest&);

  // Whose URL it is.
  struct Target {
    FunctionRef function;
    std::string qualifier;  // "$LATEST" or an alias
    FunctionUrl url;
  };
  std::optional<Target> find(std::string_view region, std::string_view id) const;
  // A function was changed, made (`before` null) or deleted (`after` null), or was there at the start.
  void changed(const FunctionRef& before, const FunctionRef& after);

 private:
  struct Place {
    std::string region, name, qualifier;
  };
  FunctionStore& store_;
  const Clock& clock_;
  Random& random_;
  mutable std::shared_mutex mutex_;
  std::map<std::string, Place, std::less<>> places_;  // by id
};

}  // namespace cumulet::lambda
