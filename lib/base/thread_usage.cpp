#include "base/thread_usage.hpp"

#include <sys/resource.h>

#include "base/clock.hpp"

namespace amorsize::detail {

thread_usage thread_usage::now() noexcept {
  rusage usage{};  // whose times are some ticks behind
  getrusage(RUSAGE_THREAD, &usage);
  return {tick_clock::thread_cpu_time(), usage.ru_nvcsw, usage.ru_nivcsw};
}

bool was_disturbed(const thread_usage& before, const thread_usage& after, double wall_ns) noexcept {
  const long waits = after.waits - before.waits;
  const long preemptions = after.preemptions - before.preemptions;
  const double lost = wall_ns - (after.processor_ns - before.processor_ns);
  return preemptions > waits && lost > 0.1 * wall_ns;
}

}  // namespace amorsize::detail
