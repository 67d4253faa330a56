#pragma once
#include <span>
#include <string_view>

namespace cumulet::runtime {

// What executes a function's code.
enum class Family { provided, python, node, java, ruby, dotnet, go };

// A runtime as CreateFunction names it. https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
struct Runtime {
  std::string_view name;  // "python3.12"
  Family family;
  std::string_view version;    // of the language, "3.12"; of the OS, "al2023"
  std::string_view successor;  // where AWS takes the runtime no more: the one it recommends instead; else empty
};

// All that AWS knows, in the order of its API's list.
std::span<const Runtime> runtimes();
// Null: there is no such runtime.
const Runtime* find_runtime(std::string_view name);

}  // namespace cumulet::runtime
