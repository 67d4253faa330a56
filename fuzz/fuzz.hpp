#pragma once
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

// A target is one function over bytes; CUMULET_HOLDS states what must be true of every input.
#define CUMULET_FUZZ(bytes)                                                        \
  static void fuzz_one(std::string_view bytes);                                    \
  extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t n) { \
    fuzz_one(std::string_view(reinterpret_cast<const char*>(data), n));            \
    return 0;                                                                      \
  }                                                                                \
  static void fuzz_one(std::string_view bytes)

#define CUMULET_HOLDS(condition)                                                         \
  if (!(condition)) {                                                                    \
    std::fprintf(stderr, "does not hold: %s (%s:%d)\n", #condition, __FILE__, __LINE__); \
    std::abort();                                                                        \
  }
