/// Objects that are counted, to see that none leaks and none is destroyed twice.
#pragma once

#include <atomic>

namespace support {

struct counted {
  static inline std::atomic<int> alive{0};

  explicit counted(int v) : value(v) { ++alive; }
  counted(const counted& other) : value(other.value) { ++alive; }
  counted(counted&& other) noexcept : value(other.value) { ++alive; }
  counted& operator=(const counted&) = default;
  counted& operator=(counted&&) = default;
  ~counted() { --alive; }

  int value;
};

/// Counts those who are inside a scope.
class presence {
 public:
  explicit presence(std::atomic<int>& inside) : inside_(inside) { ++inside_; }
  ~presence() { --inside_; }
  presence(const presence&) = delete;
  presence& operator=(const presence&) = delete;

 private:
  std::atomic<int>& inside_;
};

}  // namespace support
