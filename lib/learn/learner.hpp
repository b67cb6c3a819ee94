/// The learner: chooses among configurations by what was measured and what is expected.
#pragma once

#include <cstddef>
#include <span>

#include "learn/record.hpp"

namespace amorsize::detail {

/// One configuration that may be chosen, and what is known of it. All times are of the whole call.
struct arm {
  configuration by;
  double prior = 0;      ///< ns, expected by the cost model; zero: not known
  double measured = 0;   ///< ns, typical of the calls measured; zero: not known
  double count = 0;      ///< measurements behind `measured`; zero: none
  double log_error = 0;  ///< standard deviation of the error of ln(measured)
};

struct choice {
  std::size_t arm = 0;    ///< its index
  double expected = 0;    ///< ns; zero: nothing is known of any arm
  double confidence = 0;  ///< the chance that no other arm is over 10 % faster
};

inline constexpr std::size_t most_arms = 64;

/// The arm with the least expected time. Arms come in ascending order of threads, and no more than
/// `most_arms` are looked at; ties, within 3 %, go to fewer. `prior_log_error` is the standard
/// deviation of ln(true time / prior). Each arm's time is the mean of its prior and its
/// measurement, weighted by their precision; priors are first moved by what measured arms like it
/// were off.
choice choose_arm(std::span<const arm> arms, double prior_log_error) noexcept;

/// What may still be lost, in nanoseconds, to calls that are made otherwise than is best in order
/// to learn: 3 % of all time spent at this, and a first grant. Negative: too much was.
double purse(const sized_record& known) noexcept;

/// Whether this call should run with a number of threads that is not the best known, so that what
/// is known of it is measured and not estimated or old: it is due after 1, 3, 7, 15, ... calls,
/// where the purse can pay for it.
bool should_probe(const sized_record& known, int n_jobs, double probe_ns,
                  double chosen_ns) noexcept;

}  // namespace amorsize::detail
