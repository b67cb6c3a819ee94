/// What the control groups that this process is in leave to it, by versions 1 and 2.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "machine/system_files.hpp"

namespace amorsize::detail {

/// The tightest of this process's group and all groups around it that can be seen from here.
struct group_limits {
  double cpus = 0;  ///< processors' worth of time; zero: no limit
  /// Bytes, limit less use, where page cache that is not in use counts as free; empty: no limit.
  std::optional<std::uint64_t> memory_left;
  double memory_used = 0;  ///< of the fullest group's limit, counted likewise: 0 (or none) to 1
  std::optional<double> memory_stalled;  ///< as told by this process's own group; empty: not told
};

/// The share of the last ten seconds in which some thread waited for memory, 0 to 1, from a text of
/// pressure stall information; empty where it is damaged.
std::optional<double> stalled_share(std::string_view text);

/// Takes some tens of system calls. Which processors may be used is no matter of this: affinity
/// tells it. What cannot be read or understood is no limit.
group_limits read_group_limits(const system_files& files);

/// How many threads are worth having within `cpus` (zero: no limit) on so many processors: 1 to
/// `processors`. A fraction counts as a thread where it is over a quarter.
int allowed_workers(double cpus, int processors);

}  // namespace amorsize::detail
