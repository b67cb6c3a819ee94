/// A lock that is held for nanoseconds, by few.
#pragma once

#include <atomic>
#include <thread>

#include "base/pause.hpp"

namespace amorsize::detail {

/// Who waits for it stays awake: two who meet at a sleeping lock for every chunk would spend their
/// time on waking each other. A holder that has lost its processor is given it.
class spin_mutex {
 public:
  void lock() noexcept {
    for (int i = 0; !try_lock(); ++i) {
      if (i < patience) {
        detail::pause();
      } else {
        std::this_thread::yield();
      }
    }
  }
  bool try_lock() noexcept {
    // acquire: pairs with the release in `unlock`.
    return !is_held_.load(std::memory_order_relaxed) &&
           !is_held_.exchange(true, std::memory_order_acquire);
  }
  void unlock() noexcept { is_held_.store(false, std::memory_order_release); }

 private:
  static constexpr int patience = 100;
  std::atomic<bool> is_held_{false};
};

}  // namespace amorsize::detail
