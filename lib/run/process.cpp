#include "run/process.hpp"

#include <pthread.h>

#include <ctime>
#include <thread>
#include <utility>

namespace amorsize::detail {
namespace {

pthread_mutex_t undivided_mutex = PTHREAD_MUTEX_INITIALIZER;
thread_local constinit bool is_held_to_fork = false;

/// Not for ever: before glibc 2.36, what loads a library may wait for a fork.
void before_fork() noexcept {
  if (process::is_forked()) return;
  timespec until{};
  clock_gettime(CLOCK_REALTIME, &until);
  ++until.tv_sec;
  is_held_to_fork = pthread_mutex_timedlock(&undivided_mutex, &until) == 0;
}

void after_fork() noexcept {
  if (std::exchange(is_held_to_fork, false)) pthread_mutex_unlock(&undivided_mutex);
}

}  // namespace

constinit std::atomic<bool> process::forked_{false};
constinit std::atomic<bool> process::threadless_{false};
constinit std::atomic<int> process::calls_{0};
constinit std::atomic<void (*)() noexcept> process::last_{nullptr};

process::watcher::~watcher() {
  threadless_.store(true, std::memory_order_seq_cst);
  // acquire: pairs with the release of `inside_tbb`. Such a call takes microseconds.
  while (!forked_.load(std::memory_order_relaxed) && calls_.load(std::memory_order_acquire) != 0) {
    std::this_thread::yield();
  }
  if (is_forked()) return;
  if (auto* const last = last_.exchange(nullptr, std::memory_order_relaxed)) last();
}

process::undivided::undivided() noexcept
    : is_held_(!is_forked() && pthread_mutex_lock(&undivided_mutex) == 0) {}

process::undivided::~undivided() {
  if (is_held_) pthread_mutex_unlock(&undivided_mutex);
}

void process::watch() noexcept {
  static const watcher at_exit = [] {
    pthread_atfork(before_fork, after_fork, [] {
      after_fork();
      forked_.store(true, std::memory_order_relaxed);
    });
    return watcher{};
  }();
  static_cast<void>(at_exit);
}

}  // namespace amorsize::detail
