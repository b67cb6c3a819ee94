#include "machine/processors.hpp"

#include <sched.h>

#include <array>
#include <cerrno>

namespace amorsize::detail {

int usable_processors() noexcept {
  // One cpu_set_t holds 1,024 processors; the kernel refuses a buffer smaller than its own mask.
  std::array<cpu_set_t, 16> mask{};
  if (sched_getaffinity(0, sizeof mask, mask.data()) != 0) return 1;
  const int count = CPU_COUNT_S(sizeof mask, mask.data());
  return count > 0 ? count : 1;
}

}  // namespace amorsize::detail
