#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "aws/wire/operation.hpp"
#include "services/cloudformation/ports.hpp"

namespace cumulet::server {

// What stacks reach the other services by: the operations of the descriptors themselves, with inputs and outputs in the
// terms of AWS's API reference (cloudformation/caller.hpp). No socket, no signature: who calls is said in the context,
// as the gateway says it.
struct StackCallerPorts {
  const std::deque<wire::ServiceDescriptor>& services;
  boost::asio::any_io_executor io;  // coroutines run there
  // The one answer with a streaming body that a stack needs. Blocking.
  std::function<Result<std::string>(const std::string& bucket, const std::string& key)> read_object;
};
std::unique_ptr<cloudformation::Caller> make_stack_caller(const StackCallerPorts& ports,
                                                          cloudformation::service::OnBehalfOf who);

}  // namespace cumulet::server
