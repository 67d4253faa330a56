#pragma once
#include <functional>
#include <memory>
#include <string>

#include "aws/wire/operation.hpp"
#include "cloudformation/caller.hpp"

// What CloudFormation needs of other services; bound in src/server.
namespace cumulet::cloudformation::service {

// In whose name, and where, a stack's resources are made.
struct OnBehalfOf {
  wire::Principal caller;
  std::string region;
  std::string endpoint;  // "http://127.0.0.1:4566", as the client addressed it
};

// The engine's own operations, called without a wire. What it gives may be used on one thread that may wait, never the
// I/O thread.
using MakeCaller = std::function<std::unique_ptr<Caller>(OnBehalfOf)>;

}  // namespace cumulet::cloudformation::service
