/// How many processors this process may run on, without hwloc.
#pragma once

namespace amorsize::detail {

/// By affinity, which cpuset groups are part of: the calling thread's and the main thread's masks
/// together, since either may be pinned for a reason of its own. At least 1.
int usable_processors() noexcept;

}  // namespace amorsize::detail
