/// Kin: simulated work and machines that are similar to others, and what was learned of them.
#pragma once

#include <cstdint>
#include <random>

#include "learn/similar.hpp"
#include "learning/pair.hpp"

namespace learning {

inline constexpr double prior_log_error = 0.25;

/// Whether features tell how fast all cores together can read; else that of one alone, which is the
/// same on all machines.
enum class bandwidth { told, hidden };

amorsize::detail::features place_of(const machine& on, const work& of, double item_ns,
                                    bandwidth is);

/// As first items tell it.
double sampled_item_ns(const pair& at, std::mt19937_64& random);

struct learned {
  pair at;
  std::uint64_t fingerprint = 0;
  std::uint64_t work_id = 0;
  amorsize::detail::sized_record record;
};

/// After 30 runs of the learner.
learned learn_of(const machine& on, const work& of, bandwidth is, std::mt19937_64& random);

/// Half to twice the item time and number of items, and a little else.
work similar(const work& base, std::mt19937_64& random);

/// Half as many cores, as many, or twice as many, each with as much of all that they share.
machine similar(const machine& base, std::mt19937_64& random);
machine with_cores(const machine& base, int cores);

}  // namespace learning
