#pragma once
#include <string>
#include <vector>

#include "cmd/cumulet/endpoint.hpp"

// Programs of others that are to reach the engine and nothing else.
namespace cumulet::cli {

// Endpoint, keys and region in this process's environment; no profile, no config file, no instance role.
void set_client_environment(const Endpoint& endpoint);

// boto3 before 1.28 does not know AWS_ENDPOINT_URL: Python programs started from here learn it by a module on their
// path, in a folder of the user's cache. fail()s when it cannot be written.
void teach_old_boto();

// Replaces this process by the program; fail()s with `hint` when it cannot be run.
[[noreturn]] void run_in_place(std::vector<std::string> words, const std::string& hint);

}  // namespace cumulet::cli
