#pragma once
#include <span>
#include <string_view>

namespace cumulet::runtime {

// The runtime clients of managed runtimes (clients/), carried in the program.
struct ClientFile {
  std::string_view name;  // "bootstrap.py"
  std::string_view text;
};
std::span<const ClientFile> python_client();
std::span<const ClientFile> node_client();

}  // namespace cumulet::runtime
