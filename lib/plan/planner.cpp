#include "plan/planner.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "learn/learner.hpp"

namespace amorsize::detail {
namespace {

// How far the cost model is off where nothing was measured, as the standard deviation of a
// logarithm: it knows nothing of caches, bandwidth or the rest of the machine.
constexpr double prior_log_error = 0.25;

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

/// The numbers of workers to choose from: those of the ladder 1, 2, 4, ... and those that were
/// measured.
class arms_of {
 public:
  explicit arms_of(const planning_input& in) {
    const int most = most_workers(in);
    std::span<const measured_width> measured = in.measured.widths();
    for (int rung = 1; rung != 0 && count_ < arms_.size();) {
      int n = rung;
      if (!measured.empty() && measured.front().n_jobs <= rung) n = measured.front().n_jobs;
      if (n == rung) rung = rung == most ? 0 : std::min(2 * rung, most);
      const bool is_measured = !measured.empty() && measured.front().n_jobs == n;
      arms_[count_++] = arm_of(in, n, is_measured ? &measured.front() : nullptr);
      if (is_measured) measured = measured.subspan(1);
    }
  }

  choice best() const { return choose_arm({arms_.data(), count_}, prior_log_error); }
  int n_jobs(const choice& c) const { return arms_[c.arm].by.n_jobs; }

 private:
  static arm arm_of(const planning_input& in, int n, const measured_width* measured) {
    arm a;
    a.by.n_jobs = n;
    a.prior = expected_time(in.work, n, chunk_of(in, n), in.costs, in.machine);
    if (measured == nullptr) return a;
    a.measured = std::exp(measured->log_item_ns) * static_cast<double>(in.work.items);
    a.count = measured->calls;
    a.log_error = measured->log_error;
    return a;
  }

  // The ladder to 4,096, and as many between its rungs.
  std::array<arm, 13 + measured_widths::most> arms_{};
  std::size_t count_ = 0;
};

int width(const planning_input& in) {
  const int most = most_workers(in);
  if (in.by_user.n_jobs != 0) return std::min(in.by_user.n_jobs, most);
  if (in.tried != 0) return std::min(in.tried, most);
  if (!is_known(in.work)) return most;
  if (in.measured.empty()) {
    return best_workers(in.work, in.by_user.chunksize, in.costs, in.machine);
  }
  const arms_of arms(in);
  return arms.n_jobs(arms.best());
}

}  // namespace

duration expected(const planning_input& in, int n) {
  if (const measured_width* known = in.measured.of(n)) {
    return duration(std::exp(known->log_item_ns) * static_cast<double>(in.work.items));
  }
  return duration(expected_time(in.work, n, n == 1 ? 1 : chunk_of(in, n), in.costs, in.machine));
}

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
  plan.measurements = static_cast<std::size_t>(in.measured.calls());
  plan.similarity = in.measured.similarity;
  plan.expected_serial = expected(in, 1);
  plan.expected_parallel = expected(in, plan.n_jobs);
  return plan;
}

double confidence(const planning_input& in, const batch_plan& plan) {
  if (!is_known(in.work)) return 0;
  if (!in.measured.empty() && in.by_user.n_jobs == 0) return arms_of(in).best().confidence;
  const double other = best_alternative(in, plan.n_jobs);
  // Where there is no alternative, there is no doubt.
  return other > 0 ? confidence_of(plan.expected_parallel.count(), other, in.log_error) : 1;
}

}  // namespace amorsize::detail
