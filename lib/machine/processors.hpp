/// How many processors this process may run on, without hwloc.
#pragma once

namespace amorsize::detail {

/// By the calling thread's affinity mask, which cpuset groups are part of. At least 1.
int usable_processors() noexcept;

}  // namespace amorsize::detail
