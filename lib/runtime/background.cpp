#include "runtime/background.hpp"

#include <signal.h>

#include <algorithm>
#include <system_error>
#include <thread>

#include "base/immortal.hpp"
#include "run/process.hpp"

namespace amorsize::detail {
namespace {

constexpr std::chrono::seconds between_looks{1};
constexpr int idle_looks = 15;

// All of a process's stores together may keep its exit waiting this long.
constexpr std::chrono::milliseconds exit_budget{50};

/// A thread that is made now takes no signal that the host waits for in one of its own.
class without_signals {
 public:
  without_signals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before_);
  }
  ~without_signals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  without_signals(const without_signals&) = delete;
  without_signals& operator=(const without_signals&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace

background& background::of_process() noexcept { return immortal<background>(); }

void background::attend(tended& who) {
  if (process::is_forked()) return;  // the lock may be the parent's
  process::at_exit(&background::finish_all);
  const std::lock_guard lock(mutex_);
  all_.push_back(&who);
}

void background::leave(tended& who) noexcept {
  std::unique_lock lock(mutex_);
  std::erase(all_, &who);
  tended_.wait(lock, [&] { return now_ != &who && finished_now_ != &who; });
}

void background::poke() noexcept {
  if (!process::may_use_threads()) return;
  const std::lock_guard lock(mutex_);
  is_poked_ = true;
  try {
    if (!has_thread_) {
      const without_signals quiet;
      std::thread([this] { loop(); }).detach();
    }
    has_thread_ = true;
    is_awake_.store(true, std::memory_order_relaxed);
    poked_.notify_one();
  } catch (const std::system_error&) {
    // No thread to be had: what was learned is saved at exit.
  } catch (const std::bad_alloc&) {
  }
}

void background::loop() noexcept {
  int idle = 0;
  std::unique_lock lock(mutex_);
  while (process::may_use_threads()) {
    const bool was_poked = is_poked_;
    is_poked_ = false;
    lock.unlock();
    const bool has_more = tend_all();
    lock.lock();
    idle = was_poked || has_more ? 0 : idle + 1;
    if (is_poked_) continue;
    if (idle < idle_looks) {
      poked_.wait_for(lock, between_looks);
    } else {
      is_awake_.store(false, std::memory_order_relaxed);
      poked_.wait(lock, [this] { return is_poked_; });
    }
  }
}

bool background::tend_all() noexcept {
  bool has_more = false;
  std::unique_lock lock(mutex_);
  // By index: who comes or leaves meanwhile is tended now or next time.
  for (std::size_t i = 0; i < all_.size(); ++i) {
    now_ = all_[i];
    lock.unlock();
    has_more = now_->tend() || has_more;
    lock.lock();
    now_ = nullptr;
    tended_.notify_all();
  }
  return has_more;
}

void background::finish_all() noexcept {
  background& self = of_process();
  const auto end = std::chrono::steady_clock::now() + exit_budget;
  std::unique_lock lock(self.mutex_);
  while (!self.all_.empty()) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end - std::chrono::steady_clock::now());
    if (left.count() <= 0) return;
    self.finished_now_ = self.all_.back();
    self.all_.pop_back();
    lock.unlock();
    self.finished_now_->finish(left);
    lock.lock();
    self.finished_now_ = nullptr;
    self.tended_.notify_all();
  }
}

}  // namespace amorsize::detail
