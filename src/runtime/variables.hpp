#pragma once
#include <string>
#include <utility>
#include <vector>

#include "runtime/environment.hpp"

namespace cumulet::runtime {

// The whole environment of the runtime's process: Lambda's defined variables, then the function's own (which cannot
// replace reserved ones; PATH, LD_LIBRARY_PATH, LANG and TZ they can).
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
// `of_runtime`: what the runtime has besides, or instead of, what all have.
std::vector<std::pair<std::string, std::string>> environment_variables(
    const EnvironmentSpec& spec, const std::string& runtime_api,
    const std::map<std::string, std::string>& of_runtime = {});


// Of an image: its own ENV takes the place of what runtimes have.
std::vector<std::pair<std::string, std::string>> image_variables(const EnvironmentSpec& spec,
                                                                 const std::string& runtime_api);

}  // namespace cumulet::runtime
