#pragma once
#include <functional>
#include <string>

#include "oci/image_trees.hpp"
#include "server/services.hpp"
#include "services/lambda/image_directory.hpp"

namespace cumulet::server {

// Functions' images are those of the engine's own registry.
class FunctionImages final : public lambda::ImageDirectory {
 public:
  // `is_named`: whether any function runs that code.
  FunctionImages(oci::Registry& registry, const Ground& ground, std::function<bool(const std::string&)> is_named);

  Result<Taken> take(std::string_view region, const std::string& uri, const std::string& architecture) override;
  Result<Root> root(std::string_view region, const lambda::FunctionImage& image) override;
  Result<void> keep(const std::set<std::string>& code_ids) override;
  void drop(const std::string& code_id) override;

 private:
  struct Place {
    std::string region, repository, reference;
  };
  Result<Place> place_of(std::string_view region, const std::string& uri) const;

  oci::Registry& registry_;
  const oci::Indexes indexes_;
  oci::ImageTrees trees_;
};

}  // namespace cumulet::server
