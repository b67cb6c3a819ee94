#include "base/clock.hpp"

#include <ctime>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace amorsize::detail {

#if defined(__x86_64__)
constinit bool tick_clock::reads_tsc_ = true;
#else
constinit bool tick_clock::reads_tsc_ = false;
#endif
constinit double tick_clock::ns_per_tick_ = 1.0;

namespace {

using std::chrono::nanoseconds;
using std::chrono::steady_clock;

bool has_steady_tsc() {
#if defined(__x86_64__)
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  constexpr unsigned invariant_tsc = 1U << 8;
  return __get_cpuid(0x80000007U, &a, &b, &c, &d) != 0 && (d & invariant_tsc) != 0;
#else
  return false;
#endif
}

#if defined(__x86_64__)
struct both_clocks {
  steady_clock::time_point time;
  ticks count;
};

/// The two read at once: again where something came between them.
both_clocks read_both() {
  for (;;) {
    const ticks before = __rdtsc();
    const auto time = steady_clock::now();
    const ticks after = __rdtsc();
    constexpr ticks quick = 2'000;
    if (after - before < quick) return {time, before + (after - before) / 2};
  }
}

/// Over 30 us, readings that are some nanoseconds apart are an error of 0.1 %: enough to choose by.
double measure_tsc() {
  const both_clocks first = read_both();
  while (steady_clock::now() - first.time < nanoseconds(30'000)) {
  }
  const both_clocks last = read_both();
  return std::chrono::duration<double, std::nano>(last.time - first.time).count() /
         static_cast<double>(last.count - first.count);
}
#endif

}  // namespace

double tick_clock::thread_cpu_time() noexcept {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return 1e9 * static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec);
}

void tick_clock::calibrate() {
#if defined(__x86_64__)
  static const bool once = [] {
    reads_tsc_ = has_steady_tsc();
    if (reads_tsc_) ns_per_tick_ = measure_tsc();
    return true;
  }();
  static_cast<void>(once);
#endif
}

}  // namespace amorsize::detail
