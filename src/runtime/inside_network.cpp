#include "runtime/inside_network.hpp"

#include <algorithm>

#include "base/log.hpp"

namespace cumulet::runtime {

using process::Namespaces;
using process::NamespacesSpec;

void NamespacesPool::open(InsideNetwork network) {
  network_ = std::move(network);
  const auto is_taken = [&](std::uint16_t port) {
    return std::any_of(network_.services.begin(), network_.services.end(),
                       [port](const InsideService& service) { return service.port == port; });
  };
  while (is_taken(runtime_api_port_)) ++runtime_api_port_;
  spec_.listens = {runtime_api_port_};
  for (const auto& service : network_.services) spec_.listens.push_back(service.port);
  later_([self = shared_from_this()] {
    if (self->network_.reach == NamespacesSpec::Reach::outside && !Namespaces::no_outside().empty())
      log::warn("functions cannot reach other machines: {}", Namespaces::no_outside());
    self->fill();
  });
}

Result<std::shared_ptr<Namespaces>> NamespacesPool::make() const {
  NamespacesSpec spec = spec_;
  if (network_.reach == NamespacesSpec::Reach::outside && Namespaces::no_outside().empty()) spec.reach = network_.reach;
  CUMULET_TRY(std::unique_ptr<Namespaces> made, Namespaces::make(spec));
  return std::shared_ptr<Namespaces>(std::move(made));
}

Result<std::shared_ptr<Namespaces>> NamespacesPool::take() {
  std::shared_ptr<Namespaces> ready;
  {
    std::lock_guard lock(mutex_);
    if (!spare_.empty()) {
      ready = std::move(spare_.back());
      spare_.pop_back();
    }
  }
  later_([self = shared_from_this()] { self->fill(); });
  if (ready) return ready;
  return make();
}

// One at a time, by whoever comes first: a burst of cold starts makes its own.
void NamespacesPool::fill() {
  for (;;) {
    {
      std::lock_guard lock(mutex_);
      if (is_closed_ || coming_ > 0 || spare_.size() >= kSpare) return;
      ++coming_;
    }
    auto made = make();
    std::shared_ptr<Namespaces> unwanted;
    std::lock_guard lock(mutex_);
    --coming_;
    if (!made.ok()) {
      log::warn("no namespaces could be made ahead: {}", made.error().message());
      return;
    }
    if (is_closed_)
      unwanted = std::move(made).value();
    else
      spare_.push_back(std::move(made).value());
  }
}

void NamespacesPool::close() {
  std::vector<std::shared_ptr<Namespaces>> spare;
  std::lock_guard lock(mutex_);
  is_closed_ = true;
  spare.swap(spare_);
}

}  // namespace cumulet::runtime
