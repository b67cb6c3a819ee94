/// The planner: from what is asked, known and measured to a plan. Arithmetic only.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "amorsize/plan.hpp"
#include "amorsize/workload.hpp"
#include "learn/record.hpp"
#include "learn/transfer.hpp"
#include "plan/cost_model.hpp"
#include "plan/measured_widths.hpp"

namespace amorsize::detail {

/// What the caller of a call has decided; zero: nothing.
struct pinned {
  int n_jobs = 0;
  std::size_t chunksize = 0;
};

/// What a call is to be run by.
struct proposal {
  configuration by;
  bool is_trial = false;  ///< made to learn
  duration best{};        ///< the time to expect of what is best, were nothing tried
  // What to go on with, where this turns out to be worse:
  configuration instead{};
  duration otherwise{};  ///< to expect of it, for the whole call; zero: there is nothing else
  double spread = 0;     ///< standard deviation of the logarithm of that
};

struct planning_input {
  workload work;
  plan_source source = plan_source::fallback;  ///< of the item time in `work`
  double log_error = 0;  ///< standard deviation of the logarithm of the item time's error
  pinned by_user;
  capacity machine;
  sharing_costs costs;
  measured_widths measured;  ///< wins over the cost model, the more calls it rests on
  std::shared_ptr<const std::vector<hint>> similar;  ///< moves the cost model; null: nothing is
  std::optional<proposal> chosen;                    ///< from all of this, already
};

/// Whether there is more to choose by than the cost model.
inline bool has_evidence(const planning_input& in) { return !in.measured.empty() || in.similar; }

/// What calls of one work may be made for, other than to be fast.
struct learning_budget {
  duration purse{};  ///< may be lost to it
  double calls = 0;  ///< made so far
};

/// The least that an item of a call can take where it takes so long now: workers slow each other by
/// no more than all of them are, and items differ.
inline double least_item_ns(const planning_input& in) {
  return in.work.estimated_item_time.count() / (2 * std::max(in.machine.workers, 1));
}

/// The most workers that there are items for.
int most_workers(const planning_input& in);

/// What most items travel in.
std::size_t chunk_of(const planning_input& in, const configuration& by);

/// With an unknown item time: all that may be used. In the order of authority: what the user
/// pinned, what was chosen already, what was measured, what the cost model makes of the item time.
configuration configure(const planning_input& in);

/// With an unknown item time: an item at a time. Leaves `confidence` to the next function: it costs
/// more than all the rest.
batch_plan plan_for(const planning_input& in, const configuration& by);
inline batch_plan choose(const planning_input& in) { return plan_for(in, configure(in)); }

/// The best configuration, or one that is worth trying to learn more; by evidence, which there is.
proposal propose(const planning_input& in, const learning_budget& may);

/// The time to expect of a configuration: as measured, else by the cost model.
duration expected(const planning_input& in, const configuration& by);

/// The confidence of a plan that was chosen from this.
double confidence(const planning_input& in, const batch_plan& plan);

}  // namespace amorsize::detail
