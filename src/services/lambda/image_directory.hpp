#pragma once
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "services/lambda/function_image.hpp"

namespace cumulet::lambda {

// What an image's tree is called among the ids of code.
inline constexpr std::string_view kImageCode = "image-";
inline bool is_image_code(std::string_view code_id) { return code_id.starts_with(kImageCode); }

// Where functions' images come from: a registry, and their trees on the disk; bound in src/server. Called on workers,
// blocking.
class ImageDirectory {
 public:
  virtual ~ImageDirectory() = default;

  using Hold = std::shared_ptr<const void>;  // the tree stays while somebody holds it

  struct Taken {
    FunctionImage image;
    std::string code_id;  // kImageCode and the digest's 64 digits
    std::string sha256;   // the digest's digits
    Hold hold;
  };
  // The image that `uri` names, unpacked. `architecture`: the function's ("x86_64"), where there is a choice. Errors in
  // Lambda's words.
  virtual Result<Taken> take(std::string_view region, const std::string& uri, const std::string& architecture) = 0;

  struct Root {
    std::filesystem::path folder;
    Hold hold;
  };
  // The tree of an image that was taken; made anew where it was lost and the registry still has the image.
  virtual Result<Root> root(std::string_view region, const FunctionImage& image) = 0;

  // At start: only these are still run.
  virtual Result<void> keep(const std::set<std::string>& code_ids) = 0;
  // Not run any more: goes when nobody holds it, unless a function names it then.
  virtual void drop(const std::string& code_id) = 0;
};

}  // namespace cumulet::lambda
