/// Whether this process may still use threads: not in a forked child, not once it exits.
#pragma once

#include <atomic>

namespace amorsize::detail {

/// A forked child has none of its parent's threads, but all of their locks as they stood: calls run
/// inline there. So they do once static destructors have reached this library, for TBB's come next.
class process {
 public:
  /// Watches for fork and exit from now on.
  static void watch() noexcept;

  static bool is_forked() noexcept { return forked_.load(std::memory_order_relaxed); }

  /// Has this called once as static destructors reach this library. One function a process.
  static void at_exit(void (*last)() noexcept) noexcept {
    last_.store(last, std::memory_order_relaxed);
  }

  /// TBB failed for want of memory. It may not have got beyond its own beginning, and would then
  /// wait for that for ever: it is not touched again.
  static void lose_threads() noexcept { threadless_.store(true, std::memory_order_seq_cst); }

  static bool may_use_threads() noexcept {
    return !is_forked() && !threadless_.load(std::memory_order_seq_cst);
  }

  /// While one is held, a fork by another thread waits, for a second at most. Held where a library
  /// is loaded behind the caller's back: a child that is forked then finds the C library's lock of
  /// exit functions held for ever, and hangs as it exits.
  class undivided {
   public:
    undivided() noexcept;
    ~undivided();
    undivided(const undivided&) = delete;
    undivided& operator=(const undivided&) = delete;

   private:
    bool is_held_;
  };

  /// Held while TBB is called, so that an exit waits for it.
  class inside_tbb {
   public:
    inside_tbb() noexcept { calls_.fetch_add(1, std::memory_order_seq_cst); }
    ~inside_tbb() { calls_.fetch_sub(1, std::memory_order_release); }
    inside_tbb(const inside_tbb&) = delete;
    inside_tbb& operator=(const inside_tbb&) = delete;
    explicit operator bool() const noexcept { return may_use_threads(); }
  };

 private:
  struct watcher {
    ~watcher();
  };

  static std::atomic<bool> forked_;
  static std::atomic<bool> threadless_;
  static std::atomic<int> calls_;
  static std::atomic<void (*)() noexcept> last_;
};

}  // namespace amorsize::detail
