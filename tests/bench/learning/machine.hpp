/// A simulated machine with a virtual clock. Its formulas are not the cost model's: claims are
/// played out by workers of their own speeds, with effects that the cost model does not know.
#pragma once

#include <cstddef>
#include <random>

namespace learning {

struct machine {
  int cores = 2;
  int siblings = 1;            ///< hardware threads of a core
  int slow_cores = 0;          ///< of `cores`
  double slow_speed = 1;       ///< of a slow core
  double sibling_speed = 0.3;  ///< of a second thread of a core
  double turbo = 0;            ///< what one busy core is faster by than all at once
  double bandwidth = 4;        ///< cores' worth of memory-bound work at which it saturates
  double cache_bytes = 1e6;    ///< of a core
  double shared_cache = 16e6;  ///< of all
  int sockets = 1;             ///< the memory of another one is slower
  double wake = 10'000;        ///< ns until the first helper comes
  double wake_next = 2'000;    ///< ns more for each further one
  double claim = 60;           ///< ns
  double contention = 0.02;    ///< what each further worker makes a claim dearer by
  double join = 1'000;         ///< ns
  int busy_cores = 0;          ///< taken, by half, by somebody else
  double outliers = 0.01;      ///< the chance that a call meets a late wake or a page fault

  int workers() const { return cores * siblings; }
};

enum class shape { even, dear_end, dear_start, few_dear, random };

struct work {
  double items = 1e5;
  double item_ns = 1e3;    ///< on one thread, in turbo
  double memory_part = 0;  ///< of that, spent waiting for memory
  double item_bytes = 0;   ///< touched by an item
  double spread = 0;       ///< coefficient of variation of items, beyond their skew
  shape skew = shape::even;
};

/// What can be chosen: threads, and the duration of a chunk as a rung; zero: a guided rule's.
struct way {
  int n_jobs = 1;
  int rung = 0;
};

/// ns of a chunk; rung 1 is 8 us, and each further one four times as much.
double rung_ns(int rung);

/// The undisturbed time of a call, in nanoseconds.
double wall_of(const machine& on, const work& of, way by);

/// What all items before that place, a part of all, cost together, in means of all.
double weight_before(const work& of, double place);

/// The coefficient of variation of its items.
double variation_of(const work& of);

/// What makes a call take longer or shorter than it would.
struct disturbance {
  double factor = 1;  ///< of its time: noise
  double late = 0;    ///< ns more: a helper that woke late, or a page fault
  double at = 0;      ///< where, as a part of the items
};

/// \param noise  the standard deviation of a logarithm
disturbance draw_disturbance(double noise, double outliers, std::mt19937_64& random);

}  // namespace learning
