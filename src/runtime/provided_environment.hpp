#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <memory>

#include "base/time.hpp"
#include "runtime/environment.hpp"
#include "runtime/inside_network.hpp"

namespace cumulet::runtime {

// The environment of zip packages for the OS-only runtimes (provided.al2, provided.al2023): the unpacked package is
// /var/task, its `bootstrap` speaks the Runtime API, in a sandbox (process/sandbox.hpp) with the machine's programs and
// libraries. https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html
class ProvidedEnvironments {
 public:
  // `executor`: one I/O thread, see ExecutionEnvironment. `workers`: may block.
  ProvidedEnvironments(boost::asio::any_io_executor executor, boost::asio::any_io_executor workers, const Clock& clock,
                       Timers& timers);
  // Once, before the first make(): what functions reach beside the Runtime API. Without it: nothing.
  void open(InsideNetwork network);

  // After it returned no callback runs and the executors are not touched any more.
  ~ProvidedEnvironments();

  std::unique_ptr<ExecutionEnvironment> make(EnvironmentSpec spec);

 private:
  struct Gate;
  std::shared_ptr<Gate> gate_;
};

}  // namespace cumulet::runtime
