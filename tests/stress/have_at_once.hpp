/// Proves that threads are really there, by having them wait for each other.
#pragma once

#include <amorsize/amorsize.hpp>
#include <latch>
#include <vector>

/// Returns only where this many threads are inside items at once.
inline void have_at_once(amorsize::runtime& on, int threads) {
  std::latch all(threads);
  amorsize::parallel_for_each(std::vector<int>(static_cast<std::size_t>(threads)),
                              [&all](int) { all.arrive_and_wait(); },
                              {.n_jobs = threads, .chunksize = 1, .on = &on});
}
