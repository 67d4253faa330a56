#include "services/rekognition/job_lanes.hpp"

#include <utility>

namespace cumulet::rekognition {

void JobLanes::add(std::string id) {
  {
    std::lock_guard lock(mutex_);
    quick_.push_back(std::move(id));
  }
  changed_.notify_all();
}

std::size_t JobLanes::waiting() const {
  std::lock_guard lock(mutex_);
  return quick_.size() + patient_.size();
}

std::optional<std::string> JobLanes::next(Lane lane) {
  std::unique_lock lock(mutex_);
  const auto source = [&]() -> std::deque<std::string>* {
    if (lane == Lane::patient && !patient_.empty()) return &patient_;
    return quick_.empty() ? nullptr : &quick_;
  };
  changed_.wait(lock, [&] { return stopped_ || source() != nullptr; });
  if (stopped_) return std::nullopt;
  std::deque<std::string>& from = *source();
  std::string id = std::move(from.front());
  from.pop_front();
  return id;
}

bool JobLanes::must_yield(Lane lane, SteadyTime began, SteadyTime now) const {
  if (lane == Lane::patient || now - began < kQuickShare) return false;
  std::lock_guard lock(mutex_);
  return !quick_.empty();
}

void JobLanes::give_up(std::string id) {
  {
    std::lock_guard lock(mutex_);
    patient_.push_back(std::move(id));
  }
  changed_.notify_all();
}

void JobLanes::stop() {
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_all();
}

}  // namespace cumulet::rekognition
