#include "real_workloads/search.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace bench {
namespace {

std::vector<way> ways_of(real_work& work, amorsize::runtime& on, int n_jobs, bool quick) {
  std::vector<way> ways;
  for (std::size_t c = 1; c < work.items(); c *= quick ? 64 : 4) {
    ways.push_back(fixed_way(work, on, {n_jobs, c}));
  }
  ways.push_back(fixed_way(work, on, {n_jobs, work.items()}));
  return ways;
}

/// Leaves so many of the best.
void select(std::vector<way>& ways, std::size_t count) {
  std::stable_sort(ways.begin(), ways.end(), is_faster);
  if (ways.size() > count) ways.resize(count);
  for (way& w : ways) w.times.clear();
}

}  // namespace

way fixed_way(real_work& work, amorsize::runtime& on, fixed_plan plan) {
  return {[&work, &on, plan] {
            work.call({.name = "fixed plans",
                       .n_jobs = plan.n_jobs,
                       .chunksize = plan.chunksize,
                       .learn = amorsize::learning::off,
                       .on = &on});
          },
          plan};
}

std::vector<way> search(results& out, real_work& work, amorsize::runtime& on, bool quick) {
  rounds_of rounds(out, work);
  std::vector<way> best;
  for (int n = 1; n <= on.machine().usable_processors; n *= 2) {
    std::vector<way> ways = ways_of(work, on, n, quick);
    rounds.hold(ways, quick ? 1 : 7);
    select(ways, 3);
    rounds.hold(ways, quick ? 1 : 15);
    select(ways, 1);
    best.push_back(ways.front());
  }
  return best;
}

}  // namespace bench
