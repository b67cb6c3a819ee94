/// Long runs: one call whose number of threads is searched while it runs.
#pragma once

#include <cstdint>

#include "learning/machine.hpp"

namespace learning {

struct long_run {
  double time = 1;   ///< of the call, by that of the best constant number of threads
  double last = 1;   ///< time at the width it ends with, likewise
  double first = 1;  ///< time at the width it began with, likewise
};

/// A call that takes `seconds` at its best, in windows of 25 ms with noise, which begins with
/// `width` threads.
long_run search_width(const machine& on, const work& of, int width, double seconds, double noise,
                      std::uint64_t seed);

}  // namespace learning
