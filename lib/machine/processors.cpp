#include "machine/processors.hpp"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace amorsize::detail {

int usable_processors() noexcept {
  // One cpu_set_t holds 1,024 processors; the kernel refuses a buffer smaller than its own mask.
  using mask = std::array<cpu_set_t, 16>;
  mask usable{};
  for (const pid_t thread : {pid_t{0}, getpid()}) {
    mask own{};
    if (sched_getaffinity(thread, sizeof own, own.data()) != 0) continue;
    CPU_OR_S(sizeof own, usable.data(), usable.data(), own.data());
  }
  return std::max(1, CPU_COUNT_S(sizeof usable, usable.data()));
}

}  // namespace amorsize::detail
