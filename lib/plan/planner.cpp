#include "plan/planner.hpp"

#include <algorithm>
#include <cmath>

#include "plan/arms.hpp"

namespace amorsize::detail {
namespace {

/// The best expected time with another number of workers than this.
double best_alternative(const planning_input& in, int n) {
  double least = n == 1 ? 0 : expected_time(in.work, 1, 1, in.costs, in.machine);
  for (const int other : {n / 2, n - 1, n + 1, 2 * n}) {
    if (other < 2 || other > in.machine.workers || other == n) continue;
    const std::size_t chunk = chunk_of(in, {.n_jobs = other});
    const double time = expected_time(in.work, other, chunk, in.costs, in.machine);
    if (least == 0 || time < least) least = time;
  }
  return least;
}

/// What the plan rests on: calls of this work, or where there were none, of similar work.
void tell_evidence(const planning_input& in, batch_plan& plan) {
  double calls = in.measured.calls();
  plan.similarity = in.measured.similarity;
  if (in.measured.empty() && in.similar) {
    for (const hint& one : *in.similar) {
      calls += one.count;
      plan.similarity = std::max(plan.similarity, one.similarity);
    }
  }
  plan.measurements = static_cast<std::size_t>(calls);
}

bool is_known(const workload& work) { return work.estimated_item_time.count() > 0; }

}  // namespace

int most_workers(const planning_input& in) {
  const auto items = std::max<std::size_t>(in.work.items, 1);
  return static_cast<int>(std::min(static_cast<std::size_t>(in.machine.workers), items));
}

std::size_t chunk_of(const planning_input& in, const configuration& by) {
  if (in.by_user.chunksize != 0) return in.by_user.chunksize;
  return usual_chunk(in.work, by.n_jobs, in.costs, by.chunk_rung);
}

configuration configure(const planning_input& in) {
  const int most = most_workers(in);
  if (in.by_user.n_jobs != 0) return {.n_jobs = std::min(in.by_user.n_jobs, most)};
  if (in.chosen) {
    return {.n_jobs = std::min(in.chosen->by.n_jobs, most), .chunk_rung = in.chosen->by.chunk_rung};
  }
  if (!is_known(in.work)) return {.n_jobs = most};
  if (!has_evidence(in)) {
    return {.n_jobs = best_workers(in.work, in.by_user.chunksize, in.costs, in.machine)};
  }
  const arms all(in);
  return all.of(all.best().arm);
}

proposal propose(const planning_input& in, const learning_budget& may) {
  const arms all(in);
  const choice c = all.best_or_trial(may);
  return {all.of(c.arm),     c.is_exploration,       duration(c.best),
          all.of(c.instead), duration(c.instead_ns), c.instead_spread};
}

duration expected(const planning_input& in, const configuration& by) {
  if (const measured_width* known = in.measured.of(by.n_jobs, by.chunk_rung)) {
    return duration(std::exp(known->log_item_ns) * static_cast<double>(in.work.items));
  }
  const std::size_t chunk = by.n_jobs == 1 ? 1 : chunk_of(in, by);
  return duration(expected_time(in.work, by.n_jobs, chunk, in.costs, in.machine));
}

batch_plan plan_for(const planning_input& in, const configuration& by) {
  batch_plan plan;
  plan.n_jobs = by.n_jobs;
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
                                      : first_chunk(in.work, plan.n_jobs, in.costs, by.chunk_rung);
  }
  tell_evidence(in, plan);
  plan.expected_serial = expected(in, {});
  plan.expected_parallel = expected(in, by);
  return plan;
}

double confidence(const planning_input& in, const batch_plan& plan) {
  if (!is_known(in.work)) return 0;
  if (has_evidence(in) && in.by_user.n_jobs == 0) return arms(in).best().confidence;
  const double other = best_alternative(in, plan.n_jobs);
  // Where there is no alternative, there is no doubt.
  return other > 0 ? confidence_of(plan.expected_parallel.count(), other, in.log_error) : 1;
}

}  // namespace amorsize::detail
