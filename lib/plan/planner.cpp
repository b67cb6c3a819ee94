#include "plan/planner.hpp"

#include <algorithm>

namespace amorsize::detail {
namespace {

/// What most items travel in.
std::size_t chunk_of(const planning_input& in, int n) {
  return in.by_user.chunksize != 0 ? in.by_user.chunksize : usual_chunk(in.work, n, in.costs);
}

/// The best expected time with another number of workers than this.
double best_alternative(const planning_input& in, int n) {
  double least = n == 1 ? 0 : expected_time(in.work, 1, 1, in.costs, in.machine);
  for (const int other : {n / 2, n - 1, n + 1, 2 * n}) {
    if (other < 2 || other > in.machine.workers || other == n) continue;
    const double time = expected_time(in.work, other, chunk_of(in, other), in.costs, in.machine);
    if (least == 0 || time < least) least = time;
  }
  return least;
}

bool is_known(const workload& work) { return work.estimated_item_time.count() > 0; }

/// No more than there are items.
int most_workers(const planning_input& in) {
  const auto items = std::max<std::size_t>(in.work.items, 1);
  return static_cast<int>(std::min(static_cast<std::size_t>(in.machine.workers), items));
}

int width(const planning_input& in) {
  const int most = most_workers(in);
  if (in.by_user.n_jobs != 0) return std::min(in.by_user.n_jobs, most);
  if (is_known(in.work)) return best_workers(in.work, in.by_user.chunksize, in.costs, in.machine);
  return most;
}

}  // namespace

batch_plan choose(const planning_input& in) {
  batch_plan plan;
  plan.n_jobs = width(in);
  plan.source = in.by_user.n_jobs != 0 ? plan_source::requested : in.source;
  plan.estimated_item_time = in.work.estimated_item_time;
  plan.coefficient_of_variation = in.work.coefficient_of_variation;
  plan.result_bytes = in.work.result_bytes;
  if (in.by_user.chunksize != 0) {
    plan.chunksize = plan.min_chunksize = plan.max_chunksize = in.by_user.chunksize;
    plan.adaptive_chunking = false;
  }
  if (!is_known(in.work)) return plan;

  if (plan.adaptive_chunking) {
    plan.chunksize = plan.n_jobs == 1 ? std::max<std::size_t>(in.work.items, 1)
                                      : first_chunk(in.work, plan.n_jobs, in.costs);
  }
  plan.expected_serial = duration(expected_time(in.work, 1, 1, in.costs, in.machine));
  plan.expected_parallel = duration(
      expected_time(in.work, plan.n_jobs, chunk_of(in, plan.n_jobs), in.costs, in.machine));
  return plan;
}

double confidence(const planning_input& in, const batch_plan& plan) {
  if (!is_known(in.work)) return 0;
  const double other = best_alternative(in, plan.n_jobs);
  // Where there is no alternative, there is no doubt.
  return other > 0 ? confidence_of(plan.expected_parallel.count(), other, in.log_error) : 1;
}

}  // namespace amorsize::detail
