/// A clock cheap enough to be read twice in a call that takes nanoseconds.
#pragma once

#include <chrono>
#include <cstdint>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace amorsize::detail {

/// Reads of one processor never go back; those of two may differ by some ticks.
using ticks = std::uint64_t;

/// What a tick is, found out once. Until then ticks may be counted, but not told in nanoseconds.
class tick_clock {
 public:
  static ticks now() noexcept {
#if defined(__x86_64__)
    if (reads_tsc_) return __rdtsc();  // 10 ns, where steady_clock takes 25
#endif
    return static_cast<ticks>(std::chrono::steady_clock::now().time_since_epoch().count());
  }

  /// Zero where the later reading is of a processor whose clock is behind.
  static ticks between(ticks earlier, ticks later) noexcept {
    return later > earlier ? later - earlier : 0;
  }

  static double nanoseconds(double count) noexcept { return count * ns_per_tick_; }
  static double to_ticks(double ns) noexcept { return ns / ns_per_tick_; }

  /// The calling thread's time on a processor, in nanoseconds. A system call: half a microsecond.
  static double thread_cpu_time() noexcept;

  /// Takes some 40 us the first time. Safe from any thread.
  static void calibrate();

 private:
  static bool reads_tsc_;
  static double ns_per_tick_;
};

}  // namespace amorsize::detail
