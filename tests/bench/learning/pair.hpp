/// A workload on a simulated machine: what each arm truly takes, and what the cost model expects.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "learn/arm.hpp"
#include "learning/machine.hpp"

namespace learning {

using amorsize::detail::arm;

struct pair {
  machine on;
  work of;
  std::vector<arm> arms;      ///< in ascending order of threads, with priors
  std::vector<double> truth;  ///< ns, of each arm

  std::size_t best() const;
  std::size_t prior_choice() const;  ///< the least prior; of ties, within 3 %, fewer threads
};

machine draw_machine(std::mt19937_64& random);
work draw_work(std::mt19937_64& random);

/// The cost model knows the machine's shape, and its costs and the item time about.
pair make_pair(const machine& on, const work& of, std::mt19937_64& random);

/// What the same arms take on another machine, or with other work.
std::vector<double> truth_of(const machine& on, const work& of, const std::vector<arm>& arms);

}  // namespace learning
