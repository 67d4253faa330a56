#include "process/reactor.hpp"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

namespace cumulet::process {
namespace {

// Signals are the business of main's thread; the spawner's children must start with none pending or handled.
void block_signals() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

}  // namespace

Reactor::Reactor() : epoll_(::epoll_create1(EPOLL_CLOEXEC)), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (epoll_ < 0 || wake_ < 0) std::abort();
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = wake_;
  ::epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &event);
  thread_ = std::thread([this] { run(); });
}

Reactor::~Reactor() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  const std::uint64_t one = 1;
  [[maybe_unused]] auto n = ::write(wake_, &one, sizeof one);
  thread_.join();
  ::close(epoll_);
  ::close(wake_);
}

void Reactor::post(std::function<void()> task) {
  {
    std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  const std::uint64_t one = 1;
  [[maybe_unused]] auto n = ::write(wake_, &one, sizeof one);
}

void Reactor::watch(int fd, std::uint32_t events, Handler handler) {
  handlers_[fd] = std::make_shared<Handler>(std::move(handler));
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
}

void Reactor::change(int fd, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  ::epoll_ctl(epoll_, EPOLL_CTL_MOD, fd, &event);
}

void Reactor::forget(int fd) {
  ::epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
  handlers_.erase(fd);
}

void Reactor::after(std::chrono::milliseconds delay, std::function<void()> task) {
  timers_.emplace(Clock::now() + delay, std::move(task));
}

int Reactor::wait_milliseconds() const {
  if (timers_.empty()) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(timers_.begin()->first - Clock::now()).count();
  return left < 0 ? 0 : static_cast<int>(left);
}

void Reactor::run() {
  block_signals();
  std::array<epoll_event, 64> events;
  for (;;) {
    const int n = ::epoll_wait(epoll_, events.data(), events.size(), wait_milliseconds());
    for (int i = 0; i < n; ++i) {
      const int fd = events[static_cast<std::size_t>(i)].data.fd;
      if (fd == wake_) {
        std::uint64_t count;
        [[maybe_unused]] auto got = ::read(wake_, &count, sizeof count);
        continue;
      }
      // An earlier handler of this round may have forgotten it.
      const auto found = handlers_.find(fd);
      if (found == handlers_.end()) continue;
      const auto handler = found->second;
      (*handler)(events[static_cast<std::size_t>(i)].events);
    }
    std::vector<std::function<void()>> tasks;
    {
      std::lock_guard lock(mutex_);
      tasks.swap(tasks_);
      if (stopping_) return;
    }
    for (auto& task : tasks) task();
    while (!timers_.empty() && timers_.begin()->first <= Clock::now()) {
      auto node = timers_.extract(timers_.begin());
      node.mapped()();
    }
  }
}

Worker::Worker() : thread_([this] { run(); }) {}

Worker::~Worker() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void Worker::post(std::function<void()> task, std::chrono::milliseconds delay) {
  {
    std::lock_guard lock(mutex_);
    tasks_.emplace(Clock::now() + delay, std::move(task));
  }
  wake_.notify_one();
}

void Worker::run() {
  block_signals();
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (tasks_.empty()) {
      wake_.wait(lock);
    } else if (const auto due = tasks_.begin()->first; due > Clock::now()) {
      wake_.wait_until(lock, due);
    } else {
      auto node = tasks_.extract(tasks_.begin());
      lock.unlock();
      node.mapped()();
      lock.lock();
    }
  }
}

}  // namespace cumulet::process
