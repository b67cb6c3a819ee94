#include "base/thread_usage.hpp"

#include <sys/resource.h>

namespace amorsize::detail {
namespace {

double nanoseconds(const timeval& time) {
  return 1e9 * static_cast<double>(time.tv_sec) + 1e3 * static_cast<double>(time.tv_usec);
}

}  // namespace

thread_usage thread_usage::now() noexcept {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  return {nanoseconds(usage.ru_utime) + nanoseconds(usage.ru_stime), usage.ru_nvcsw,
          usage.ru_nivcsw};
}

bool was_disturbed(const thread_usage& before, const thread_usage& after, double wall_ns) noexcept {
  const long waits = after.waits - before.waits;
  const long preemptions = after.preemptions - before.preemptions;
  const double lost = wall_ns - (after.processor_ns - before.processor_ns);
  return preemptions > waits && lost > 0.1 * wall_ns;
}

}  // namespace amorsize::detail
