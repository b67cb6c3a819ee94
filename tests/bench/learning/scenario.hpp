/// Scenarios: a record that is wrong, arms that are all equal, a machine that changes.
#pragma once

#include <cstdint>

#include "learning/pair.hpp"

namespace learning {

struct wrong_record {
  int runs_to_leave = 0;  ///< before another number of threads than the noted one ran
  double confidence_before = 0;
  double confidence_after = 0;  ///< one run
};

/// Eight threads are noted as best after `noted` runs, at a fifth of a plain loop's time; truly
/// they take five times as long as that loop.
wrong_record leave_wrong_record(double noted, std::uint64_t seed);

struct equal_arms {
  double extra = 0;  ///< time of 100 runs, by the mean of all arms
  int switches = 0;  ///< of what is held to be best, in the last 70 runs
};

equal_arms play_equal_arms(std::uint64_t seed);

struct drifted {
  int runs = 0;              ///< until the choice is within 5 % of the new optimum; 0: at once
  double after_fifteen = 1;  ///< time of what is best then, in that of the new optimum
};

/// After the machine has changed; no more than `most` runs.
drifted follow_drift(const pair& before, const machine& after, int most, std::uint64_t seed);

}  // namespace learning
