#pragma once
// Files that are compiled once for each instruction set (Highway's dynamic dispatch: AVX-512, AVX2, SSE4, NEON, and
// plain code where there is none of them) begin with this, name themselves as HWY_TARGET_INCLUDE and include
// hwy/foreach_target.h, which includes them again and again with another HWY_NAMESPACE. Between HWY_BEFORE_NAMESPACE
// and HWY_AFTER_NAMESPACE they use no template of the standard library: its code would be of one instruction set and be
// shared, at link time, with callers on processors that lack it.
#include <string>
#include <vector>

// Vectors of unknown length cannot be kept in arrays; processors with SVE have NEON as well. SSSE3 gains nothing.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV | HWY_SSSE3)

namespace cumulet::vision {

// For tests and benchmarks: the instruction sets that are compiled in and that this processor has, as Highway names
// them ("AVX3" is AVX-512), the widest first; and the choice of one of them, for the whole process. An empty name gives
// the choice back.
std::vector<std::string> instruction_sets();
void use_instruction_set(const std::string& name);

}  // namespace cumulet::vision
