#pragma once
#include "services/sqs/engine.hpp"
#include "services/sqs/move_tasks.hpp"
#include "services/sqs/service.hpp"

namespace cumulet::sqs {

struct Sqs::Impl {
  explicit Impl(Dependencies dependencies) : engine(std::move(dependencies)), move_tasks(engine) {}

  Engine engine;
  MoveTasks move_tasks;
  std::string endpoint;  // set before anybody asks
  std::mutex purges_mutex;
  std::map<std::int64_t, TimePoint> purges;  // the last of each queue
};

}  // namespace cumulet::sqs
