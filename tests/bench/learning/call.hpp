/// One call on a simulated machine: an arm runs, and may be abandoned on the way.
#pragma once

#include <cstddef>
#include <random>

#include "learning/pair.hpp"

namespace learning {

struct turn {
  std::size_t arm = 0;
  std::size_t best = 0;   ///< what would be chosen if there were nothing more to learn
  double confidence = 0;  ///< in `best`
  // What to go on with where this arm is abandoned; zero time: it is not.
  std::size_t instead = 0;
  double instead_ns = 0;
  double instead_spread = 0;
};

struct executed {
  double wall = 0;     ///< ns, as measured
  double reading = 0;  ///< ns: what all of it takes by the arm, by what was seen of it
  double cost = 0;     ///< ns: what it takes without noise and outliers
  bool was_abandoned = false;
};

executed execute(const pair& at, const turn& by, double noise, std::mt19937_64& random);

}  // namespace learning
