/// Waiting for other threads in tests: never for a time, always for an event.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <set>
#include <thread>

namespace support {

/// Closed at first; once open, for ever.
class gate {
 public:
  void open() {
    const std::lock_guard lock(mutex_);
    is_open_ = true;
    opened_.notify_all();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    opened_.wait(lock, [this] { return is_open_; });
  }
  bool is_open() {
    const std::lock_guard lock(mutex_);
    return is_open_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable opened_;
  bool is_open_ = false;
};

/// Those who attend wait until as many as expected are here at the same time.
class meeting {
 public:
  explicit meeting(std::size_t expected) : expected_(expected) {}

  void attend() {
    std::unique_lock lock(mutex_);
    threads_.insert(std::this_thread::get_id());
    if (++here_ >= expected_) {
      complete_.notify_all();
    } else {
      complete_.wait(lock, [this] { return here_ >= expected_; });
    }
  }

  std::size_t distinct_threads() {
    const std::lock_guard lock(mutex_);
    return threads_.size();
  }

 private:
  const std::size_t expected_;
  std::mutex mutex_;
  std::condition_variable complete_;
  std::size_t here_ = 0;
  std::set<std::thread::id> threads_;
};

/// Which threads were seen.
class thread_set {
 public:
  void see() {
    const std::lock_guard lock(mutex_);
    threads_.insert(std::this_thread::get_id());
  }
  std::size_t size() {
    const std::lock_guard lock(mutex_);
    return threads_.size();
  }

 private:
  std::mutex mutex_;
  std::set<std::thread::id> threads_;
};

}  // namespace support
