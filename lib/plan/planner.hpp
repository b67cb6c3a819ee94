/// The planner: from what is asked, known and measured to a plan. Arithmetic only.
#pragma once

#include <algorithm>
#include <cstddef>

#include "amorsize/plan.hpp"
#include "amorsize/workload.hpp"
#include "plan/cost_model.hpp"
#include "plan/measured_widths.hpp"

namespace amorsize::detail {

/// What the caller of a call has decided; zero: nothing.
struct pinned {
  int n_jobs = 0;
  std::size_t chunksize = 0;
};

struct planning_input {
  workload work;
  plan_source source = plan_source::fallback;  ///< of the item time in `work`
  double log_error = 0;  ///< standard deviation of the logarithm of the item time's error
  pinned by_user;
  capacity machine;
  sharing_costs costs;
  measured_widths measured;  ///< wins over the cost model, the more calls it rests on
  int tried = 0;             ///< workers of a call that is made to learn; zero: as is best
};

/// The least that an item of a call can take where it takes so long now: workers slow each other by
/// no more than all of them are, and items differ.
inline double least_item_ns(const planning_input& in) {
  return in.work.estimated_item_time.count() / (2 * std::max(in.machine.workers, 1));
}

/// With an unknown item time: all that may be used, an item at a time. In the order of authority:
/// what the user pinned, what was measured, what the cost model makes of the item time.
/// Leaves `confidence` to the next function: it costs more than all the rest.
batch_plan choose(const planning_input& in);

/// The time to expect with n workers: as measured, else by the cost model.
duration expected(const planning_input& in, int n);

/// The confidence of a plan that was chosen from this.
double confidence(const planning_input& in, const batch_plan& plan);

}  // namespace amorsize::detail
