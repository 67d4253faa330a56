# cumulet_library(NAME USES target... ): the library of one folder: every .cpp in it but tests and benchmarks.
# cumulet_tests(NAME USES target...): one GoogleTest program of the *_test.cpp files beside the code.
# cumulet_program(NAME USES target...): an executable of the .cpp files of the folder.
# cumulet_quickly_compiled(FILE...): sources that compute nothing, but are full of templates.

option(CUMULET_TESTS "Build the tests" ON)
option(CUMULET_BENCHMARKS "Build the benchmarks" OFF)
option(CUMULET_FUZZERS "Build the fuzz targets (clang)" OFF)
set(CUMULET_SANITIZER "" CACHE STRING "address, thread, or empty")

add_library(cumulet_options INTERFACE)
target_compile_options(cumulet_options INTERFACE -Wall -Wextra -Wpedantic -Werror -Wnon-virtual-dtor -Woverloaded-virtual)
# Boost 1.81 with g++ 12 and -O2 gives false positives of these inside its own headers.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(cumulet_options INTERFACE -Wno-maybe-uninitialized -Wno-array-bounds -Wno-stringop-overflow
    -Wno-stringop-overread -Wno-restrict -Wno-mismatched-new-delete -Wno-dangling-pointer -Wno-use-after-free)
  target_compile_options(cumulet_options INTERFACE -fpch-preprocess)  # ccache needs it to see which precompiled header is used
endif()
target_include_directories(cumulet_options INTERFACE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR})
target_compile_definitions(cumulet_options INTERFACE BOOST_ASIO_NO_DEPRECATED CUMULET_VERSION="${PROJECT_VERSION}")
if(CUMULET_SANITIZER STREQUAL "address")
  target_compile_options(cumulet_options INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  target_link_options(cumulet_options INTERFACE -fsanitize=address,undefined)
elseif(CUMULET_SANITIZER STREQUAL "thread")
  target_compile_options(cumulet_options INTERFACE -fsanitize=thread -fno-omit-frame-pointer -Wno-tsan)
  target_link_options(cumulet_options INTERFACE -fsanitize=thread)
endif()
find_program(CUMULET_LLD ld.lld)
if(CUMULET_LLD)
  target_link_options(cumulet_options INTERFACE -fuse-ld=lld)
  # Coroutines and templates come out alike by the thousand. Folded, 3 MB less of the program are in memory.
  target_link_options(cumulet_options INTERFACE $<$<CONFIG:Release>:-Wl,--gc-sections,--icf=all>)
endif()
find_program(CUMULET_CCACHE ccache)
if(CUMULET_CCACHE)
  # Without this permission ccache keeps nothing that used a precompiled header: it cannot see whether a macro that the header
  # asks about (__TIME__, say, or a -D) differs. Here a target and its precompiled header always have the same ones.
  set(CMAKE_CXX_COMPILER_LAUNCHER env CCACHE_SLOPPINESS=pch_defines,time_macros ${CUMULET_CCACHE})
endif()

# Every unit above src/base includes Asio's awaitable and Boost.JSON through its vocabulary: four of the six seconds that
# an average unit takes. base compiles them once for all, and base_test once for all tests, with GoogleTest.
option(CUMULET_PRECOMPILE "Precompile the headers that everything includes" ON)
function(cumulet_precompiled name)
  if(CUMULET_PRECOMPILE AND TARGET base AND NOT name STREQUAL "base")
    target_precompile_headers(${name} REUSE_FROM base)
  endif()
endfunction()

# Tables of operations and options of commands: -O2 takes a third longer, for what runs once or hands on a call.
function(cumulet_quickly_compiled)
  set_source_files_properties(${ARGN} PROPERTIES COMPILE_OPTIONS $<$<CONFIG:Release>:-O1>)
endfunction()

function(cumulet_library name)
  cmake_parse_arguments(arg "" "" "USES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "_(test|bench)\\.cpp$")
  if(NOT sources)  # a folder of headers alone
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE cumulet_options ${arg_USES})
    return()
  endif()
  add_library(${name} STATIC ${sources})
  target_link_libraries(${name} PUBLIC cumulet_options ${arg_USES})
  cumulet_precompiled(${name})
  cumulet_quickly_compiled(operations.cpp)  # a service's table, where there is one
endfunction()

function(cumulet_tests name)
  if(NOT CUMULET_TESTS)
    return()
  endif()
  cmake_parse_arguments(arg "" "" "USES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*_test.cpp)
  if(NOT sources)
    return()
  endif()
  add_executable(${name} ${sources})
  target_link_libraries(${name} PRIVATE ${arg_USES} GTest::gmock GTest::gtest GTest::gtest_main)
  # A test runs for milliseconds and is compiled for seconds: the libraries are optimised, what tests them is not. (As definitions
  # change what headers declare, these stay: NDEBUG for one.)
  target_compile_options(${name} PRIVATE $<$<CONFIG:Release>:-O0$<SEMICOLON>-g0>)
  if(CUMULET_PRECOMPILE AND TARGET base_test AND NOT name STREQUAL "base_test")
    target_precompile_headers(${name} REUSE_FROM base_test)
  endif()
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES TIMEOUT 300)
endfunction()

function(cumulet_program name)
  cmake_parse_arguments(arg "" "" "USES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "_(test|bench)\\.cpp$")
  add_executable(${name} ${sources})
  target_link_libraries(${name} PRIVATE cumulet_options ${arg_USES})
  cumulet_precompiled(${name})
endfunction()
