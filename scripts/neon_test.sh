#!/usr/bin/env bash
# Compiles what runs on vectors (the detectors' rows, sampling, covers) for AArch64 and runs its tests there, in qemu: NEON, checked on a PC.
# Needs: g++-aarch64-linux-gnu, qemu-user-static, libgtest-dev, libhwy-dev (its headers alone). Takes some minutes.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# The system's headers for this machine's own libraries stay away: only these two need none.
mkdir "$folder/include"
ln -s /usr/include/hwy /usr/include/gtest "$folder/include/"
# Highway's library is not there for AArch64. With one instruction set it is needed for its end of the program alone.
cat > "$folder/one_set.cpp" <<'END'
#include <cstdlib>

#include "vision/media/instruction_sets.hpp"

namespace hwy {
[[noreturn]] void Abort(const char*, int, const char*, ...) { std::abort(); }
}  // namespace hwy
namespace cumulet::vision {
std::vector<std::string> instruction_sets() { return {"NEON"}; }
void use_instruction_set(const std::string&) {}
}  // namespace cumulet::vision
END
compile() { aarch64-linux-gnu-g++ -std=c++20 -O2 -I src -I "$folder/include" "$@"; }
sources=(src/vision/detect/{rows,row_sums,row_streams,layer}.cpp src/vision/media/sampling.cpp src/vision/cover/cover_line.cpp
  src/vision/detect/rows_test.cpp src/vision/media/sampling_test.cpp "$folder/one_set.cpp")
for source in "${sources[@]}"; do compile -Wall -Wextra -Werror -c "$source" -o "$folder/$(basename "$source").o"; done
compile -I /usr/src/googletest/googletest -c /usr/src/googletest/googletest/src/gtest-all.cc -o "$folder/gtest.o"
compile -c /usr/src/googletest/googletest/src/gtest_main.cc -o "$folder/gtest_main.o"
compile "$folder"/*.o -o "$folder/neon_test"
qemu-aarch64-static -L /usr/aarch64-linux-gnu "$folder/neon_test"
