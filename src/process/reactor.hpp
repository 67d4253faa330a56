#pragma once
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

namespace cumulet::process {

// One thread with epoll: reads the children's pipes and learns of their ends, whatever everybody else is doing.
class Reactor {
 public:
  Reactor();
  ~Reactor();
  using Handler = std::function<void(std::uint32_t events)>;
  using Clock = std::chrono::steady_clock;

  void post(std::function<void()> task);  // any thread
  // On the reactor's thread only:
  void watch(int fd, std::uint32_t events, Handler handler);
  void change(int fd, std::uint32_t events);
  void forget(int fd);
  void after(std::chrono::milliseconds delay, std::function<void()> task);
  bool on_this_thread() const { return std::this_thread::get_id() == thread_.get_id(); }

 private:
  void run();
  int wait_milliseconds() const;

  int epoll_;
  int wake_;
  std::mutex mutex_;
  std::vector<std::function<void()>> tasks_;
  bool stopping_ = false;
  std::unordered_map<int, std::shared_ptr<Handler>> handlers_;
  std::multimap<Clock::time_point, std::function<void()>> timers_;
  std::thread thread_;
};

// One thread that runs tasks in order, now or later: the spawner (it lives as long as the program: PR_SET_PDEATHSIG
// follows the thread that forked) and the one that measures use.
class Worker {
 public:
  Worker();
  ~Worker();
  void post(std::function<void()> task, std::chrono::milliseconds delay = std::chrono::milliseconds{0});

 private:
  void run();
  using Clock = std::chrono::steady_clock;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::multimap<Clock::time_point, std::function<void()>> tasks_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace cumulet::process
