/// Merging: what several processes measured of one workload, added up in any order.
#pragma once

#include <span>

#include "learn/record.hpp"

namespace amorsize::detail {

/// Of one workload and size. Means are weighted by calls; the most recently seen configurations
/// are kept, at most `most_outcomes`. Of an outcome, what was seen later counts as if it had been
/// observed after the rest: older readings fade, and those that it contradicts count for little.
void add(sized_record& to, const sized_record& delta);

/// Of one workload: sizes are added up by class; those with most calls are kept, at most
/// `most_sizes`. Whose work it was (`from`, `absorbed`) is left as it is.
void add(workload_record& to, const workload_record& delta);

/// All parts of one workload and kind; what they were measured by counts once, however often and in
/// whatever order they come. Of the parts of one process (host and epoch) that with the highest
/// sequence is used; one that another has absorbed is not. A part without a host is of nobody: it
/// counts as often as it comes. The result has no origin and has absorbed the origins of all.
workload_record merged(std::span<const workload_record> parts);

inline constexpr std::size_t most_outcomes = 64;
inline constexpr std::size_t most_sizes = 64;

}  // namespace amorsize::detail
