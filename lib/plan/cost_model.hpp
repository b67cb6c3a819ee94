/// The cost model: what a plan should take on a machine whose constants were measured.
///
///     T(n, c) = (start + (n-1) arrive) / n + claim ceil(N/c)/n + max(N t / e(n), share) + tail +
///     join
///
/// All times are nanoseconds. The first term: the caller begins with the items after `start`, the
/// others after `arrive`, and what they miss is made up for by all. A share is the whole chunks,
/// one after the other, of the worker that has most.
#pragma once

#include <cstddef>

#include "amorsize/workload.hpp"

namespace amorsize::detail {

/// What it costs to share work, in one of two states of the helpers: awake or asleep.
struct sharing_costs {
  double start = 0;   ///< from the beginning of the call to the caller's first item
  double arrive = 0;  ///< from the beginning of the call to a helper's first item
  double join = 0;    ///< from the last item to the return
  double claim = 0;   ///< for one chunk, the clock included
};

/// What there is to share the work between.
struct capacity {
  int workers = 1;     ///< threads that may be used
  int cores = 1;       ///< physical cores: a second thread of a core adds only part of one
  int processors = 0;  ///< hardware threads: more threads than these add nothing; zero: no bound
  int slow_cores = 0;  ///< of `cores`, those of slower kinds, which are used last
};

/// How many cores' worth of work n threads do.
double effective_workers(int n, const capacity& machine);

/// Expected time of n workers that take `chunk` items at a time; for n = 1 a plain loop's.
double expected_time(const workload& work, int n, std::size_t chunk, const sharing_costs& costs,
                     const capacity& machine);

/// The least serial time whose sharing between two workers is expected to pay.
double worth_sharing(const sharing_costs& costs);

/// The chunk to begin with: a small part of a worker's share, but long enough to be worth a claim.
std::size_t first_chunk(const workload& work, int n, const sharing_costs& costs, int rung = 0);

/// The chunk that most items travel in, once it has grown; of a rung of `chunk_rungs`.
std::size_t usual_chunk(const workload& work, int n, const sharing_costs& costs, int rung = 0);

/// The number of workers with the least expected time. Ties, within 3 %, go to fewer. With no
/// pinned chunk (zero), the usual one.
int best_workers(const workload& work, std::size_t pinned_chunk, const sharing_costs& costs,
                 const capacity& machine);

/// The chance that a plan expected to take `chosen` is within 10 % of the best, where the best
/// alternative is expected to take `other`, and the ratio of the two is off by a factor whose
/// logarithm is normal with standard deviation `log_error`.
double confidence_of(double chosen, double other, double log_error);

}  // namespace amorsize::detail
