/// A value and its lock, one thing.
#pragma once

#include <mutex>
#include <utility>

namespace amorsize::detail {

template <class T>
class guarded {
 public:
  template <class Use>
  decltype(auto) with(Use&& use) {
    const std::lock_guard lock(mutex_);
    return std::forward<Use>(use)(value_);
  }

  /// Does nothing where another thread is at the value.
  template <class Use>
  void try_with(Use&& use) {
    if (const std::unique_lock lock(mutex_, std::try_to_lock); lock) std::forward<Use>(use)(value_);
  }

 private:
  std::mutex mutex_;
  T value_{};
};

}  // namespace amorsize::detail
