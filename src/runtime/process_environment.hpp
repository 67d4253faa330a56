#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <memory>

#include "base/time.hpp"
#include "runtime/environment.hpp"
#include "runtime/inside_network.hpp"

namespace cumulet::runtime {

// Environments whose code runs in a sandboxed process (process/sandbox.hpp), launched as its plan says
// (launch_plan.hpp), that speaks the Runtime API.
class ProcessEnvironments {
 public:
  // `executor`: one I/O thread, see ExecutionEnvironment. `workers`: may block. `folder`: for the files of managed
  // runtimes (RuntimeFolders); made when there is a use for it.
  ProcessEnvironments(boost::asio::any_io_executor executor, boost::asio::any_io_executor workers, const Clock& clock,
                      Timers& timers, std::filesystem::path folder);
  // Once, before the first make(): what functions reach beside the Runtime API. Without it: nothing.
  void open(InsideNetwork network);

  // After it returned no callback runs and the executors are not touched any more.
  ~ProcessEnvironments();

  std::unique_ptr<ExecutionEnvironment> make(EnvironmentSpec spec);

 private:
  struct Gate;
  std::shared_ptr<Gate> gate_;
};

}  // namespace cumulet::runtime
