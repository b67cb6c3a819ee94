#include "run/process.hpp"

#include <pthread.h>

#include <thread>

namespace amorsize::detail {

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

void process::watch() noexcept {
  static const watcher at_exit = [] {
    pthread_atfork(nullptr, nullptr, [] { forked_.store(true, std::memory_order_relaxed); });
    return watcher{};
  }();
  static_cast<void>(at_exit);
}

}  // namespace amorsize::detail
