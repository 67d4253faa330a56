#include "runtime/runtimes.hpp"

#include <algorithm>

namespace cumulet::runtime {
namespace {

// Those that AWS still takes though they are deprecated have no successor here: nodejs16.x and 18.x, python3.8 and 3.9
// among them, whose creation AWS blocks from 2027-02-01 on. python3.9 stays creatable here whatever AWS does then: the
// exercise asks for it.
constexpr Runtime kRuntimes[] = {
    {"nodejs", Family::node, "0.10", "nodejs22.x"},
    {"nodejs4.3", Family::node, "4", "nodejs22.x"},
    {"nodejs6.10", Family::node, "6", "nodejs22.x"},
    {"nodejs8.10", Family::node, "8", "nodejs22.x"},
    {"nodejs10.x", Family::node, "10", "nodejs22.x"},
    {"nodejs12.x", Family::node, "12", "nodejs18.x"},
    {"nodejs14.x", Family::node, "14", "nodejs20.x"},
    {"nodejs16.x", Family::node, "16", ""},
    {"nodejs18.x", Family::node, "18", ""},
    {"nodejs20.x", Family::node, "20", ""},
    {"nodejs22.x", Family::node, "22", ""},
    {"nodejs24.x", Family::node, "24", ""},
    {"java8", Family::java, "8", "java21"},
    {"java8.al2", Family::java, "8", ""},
    {"java11", Family::java, "11", ""},
    {"java17", Family::java, "17", ""},
    {"java21", Family::java, "21", ""},
    {"java25", Family::java, "25", ""},
    {"python2.7", Family::python, "2.7", "python3.13"},
    {"python3.6", Family::python, "3.6", "python3.13"},
    {"python3.7", Family::python, "3.7", "python3.12"},
    {"python3.8", Family::python, "3.8", ""},
    {"python3.9", Family::python, "3.9", ""},
    {"python3.10", Family::python, "3.10", ""},
    {"python3.11", Family::python, "3.11", ""},
    {"python3.12", Family::python, "3.12", ""},
    {"python3.13", Family::python, "3.13", ""},
    {"python3.14", Family::python, "3.14", ""},
    {"dotnetcore1.0", Family::dotnet, "1.0", "dotnet8"},
    {"dotnetcore2.0", Family::dotnet, "2.0", "dotnet8"},
    {"dotnetcore2.1", Family::dotnet, "2.1", "dotnet8"},
    {"dotnetcore3.1", Family::dotnet, "3.1", "dotnet6"},
    {"dotnet6", Family::dotnet, "6", ""},
    {"dotnet8", Family::dotnet, "8", ""},
    {"dotnet10", Family::dotnet, "10", ""},
    {"nodejs4.3-edge", Family::node, "4", "nodejs22.x"},
    {"go1.x", Family::go, "1", "provided.al2023"},
    {"ruby2.5", Family::ruby, "2.5", "ruby3.4"},
    {"ruby2.7", Family::ruby, "2.7", "ruby3.2"},
    {"ruby3.2", Family::ruby, "3.2", ""},
    {"ruby3.3", Family::ruby, "3.3", ""},
    {"ruby3.4", Family::ruby, "3.4", ""},
    {"ruby4.0", Family::ruby, "4.0", ""},
    {"provided", Family::provided, "al1", "provided.al2023"},
    {"provided.al2", Family::provided, "al2", ""},
    {"provided.al2023", Family::provided, "al2023", ""},
};

}  // namespace

std::span<const Runtime> runtimes() { return kRuntimes; }

const Runtime* find_runtime(std::string_view name) {
  const auto* found = std::find_if(std::begin(kRuntimes), std::end(kRuntimes),
                                   [&](const Runtime& runtime) { return runtime.name == name; });
  return found == std::end(kRuntimes) ? nullptr : found;
}

}  // namespace cumulet::runtime
