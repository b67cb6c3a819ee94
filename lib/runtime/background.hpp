/// The one thread of this process for what no caller should wait for: reading the machine and the
/// store, and saving.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <vector>

namespace amorsize::detail {

/// Who has such work to do.
class tended {
 public:
  virtual ~tended() = default;

  /// On the background thread: all that is due. True: there may be more to do soon.
  virtual bool tend() noexcept = 0;

  /// On the thread that leaves the process: what must not be lost, within this time.
  virtual void finish(std::chrono::milliseconds at_most) noexcept = 0;
};

/// The thread is detached: nothing joins it at exit, and what it touches is never destroyed, or
/// has left before. It looks about each second as long as there is something to do, and then sleeps
/// until it is poked.
class background {
 public:
  static background& of_process() noexcept;

  void attend(tended& who);          ///< throws where there is no memory
  void leave(tended& who) noexcept;  ///< returns when it is not being tended, and never will be

  /// Has everybody tended soon. Some tens of microseconds; never throws, and without a thread, as
  /// in a forked child, does nothing.
  void poke() noexcept;

  /// Else it has to be poked to look about again.
  bool is_awake() const noexcept { return is_awake_.load(std::memory_order_relaxed); }

 private:
  void loop() noexcept;
  bool tend_all() noexcept;
  static void finish_all() noexcept;

  std::mutex mutex_;  // of all below
  std::condition_variable poked_;
  std::condition_variable tended_;
  std::vector<tended*> all_;
  tended* now_ = nullptr;           // being tended
  tended* finished_now_ = nullptr;  // by the thread that leaves the process
  bool is_poked_ = false;
  bool has_thread_ = false;
  std::atomic<bool> is_awake_{false};
};

}  // namespace amorsize::detail
