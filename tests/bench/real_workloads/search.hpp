/// The best that fixed numbers of threads and chunks can do: found by trying all.
#pragma once

#include <amorsize/amorsize.hpp>
#include <vector>

#include "real_workloads/contest.hpp"
#include "real_workloads/real_work.hpp"
#include "support/results.hpp"

namespace bench {

/// Calls of this plan, nothing learned.
way fixed_way(real_work& work, amorsize::runtime& on, fixed_plan plan);

/// The best chunk of each number of threads: of 1, 4, 16, ... items and of all, on 1, 2, 4, ...
/// threads, up to the processors here. Which of the best few it is, is decided by readings that did
/// not choose these.
std::vector<way> search(results& out, real_work& work, amorsize::runtime& on, bool quick);

}  // namespace bench
