#pragma once
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

namespace cumulet::rekognition {

// Which face job runs next, so that a film does not hold up short videos. How long a video takes is known only once it
// was looked at (a small file may hold hours), so each begins in the quick lane; one that takes longer than its share
// while others wait gives its place up and begins again, later, in the patient lane, where it has all its time. What
// that costs is the share it had, and only where somebody waited. Thread-safe; forgets all at its end: every job is run
// again then, from the start.
class JobLanes {
 public:
  using SteadyTime = std::chrono::steady_clock::time_point;
  enum class Lane { quick, patient };
  static constexpr std::chrono::seconds kQuickShare{60};

  void add(std::string id);
  std::size_t waiting() const;
  // Blocks. The patient lane, when it has nothing of its own, helps the quick one. nullopt: stopped.
  std::optional<std::string> next(Lane lane);
  // Asked by who runs a job in `lane` since `began`: is its share over, and does somebody wait?
  bool must_yield(Lane lane, SteadyTime began, SteadyTime now) const;
  void give_up(std::string id);  // to the patient lane
  void stop();

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> quick_, patient_;
  bool stopped_ = false;
};

}  // namespace cumulet::rekognition
