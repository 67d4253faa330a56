#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "process/namespaces.hpp"

namespace cumulet::runtime {

// What functions reach at 127.0.0.1:port: somebody of the engine who accepts there.
struct InsideService {
  std::uint16_t port = 0;
  // Takes a listening socket, on the executor; serves it until the handle is let go. Null: connections are refused.
  std::function<std::shared_ptr<void>(int listening_socket)> serve;
};

// The network that environments see: nothing but these and, where wished, other machines.
struct InsideNetwork {
  std::vector<InsideService> services;
  process::NamespacesSpec::Reach reach = process::NamespacesSpec::Reach::nothing;
};

// Lambda's own; another one where a service has it.
inline constexpr std::uint16_t kRuntimeApiPort = 9001;

// Namespaces made ahead, so that a cold start does not wait for them. Thread-safe.
class NamespacesPool : public std::enable_shared_from_this<NamespacesPool> {
 public:
  static constexpr std::size_t kSpare = 2;

  // Runs `task` where it may block, soon; drops it when all ends.
  using Later = std::function<void(std::function<void()> task)>;
  explicit NamespacesPool(Later later) : later_(std::move(later)) {}

  // Before the first take(): what is listened on beside the Runtime API. Begins to fill the pool.
  void open(InsideNetwork network);
  // Blocks: not at all when one is ready, else some 10 ms. Its first listening socket is the Runtime API's, then those
  // of the services in their order.
  Result<std::shared_ptr<process::Namespaces>> take();
  std::uint16_t runtime_api_port() const { return runtime_api_port_; }
  const std::vector<InsideService>& services() const { return network_.services; }
  void close();  // lets the spare ones go

 private:
  Result<std::shared_ptr<process::Namespaces>> make() const;
  void fill();

  const Later later_;
  InsideNetwork network_;
  process::NamespacesSpec spec_{{kRuntimeApiPort}, process::NamespacesSpec::Reach::nothing};
  std::uint16_t runtime_api_port_ = kRuntimeApiPort;
  std::mutex mutex_;
  std::vector<std::shared_ptr<process::Namespaces>> spare_;
  std::size_t coming_ = 0;
  bool is_closed_ = false;
};

}  // namespace cumulet::runtime
