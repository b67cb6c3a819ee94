/// The learner: chooses among configurations by what was measured and what is expected.
#pragma once

#include <cstddef>
#include <span>

#include "learn/arm.hpp"
#include "learn/record.hpp"

namespace amorsize::detail {

struct choice {
  std::size_t arm = 0;          ///< its index
  double expected = 0;          ///< ns; zero: nothing is known of any arm
  double confidence = 0;        ///< the chance that no other arm is over 10 % faster
  bool is_exploration = false;  ///< made to learn: another arm is expected to be as good or better
  double expected_loss = 0;     ///< ns, of an exploration
  double best = 0;  ///< ns, expected of the best arm; what takes longer is explored time
  // What to go on with where this arm is abandoned (learn/abandon):
  std::size_t instead = 0;    ///< its index
  double instead_ns = 0;      ///< expected of the whole call; zero: there is no other arm
  double instead_spread = 0;  ///< standard deviation of its logarithm
};

/// The best of arms that come in ascending order of threads; no more than `most_arms` are looked
/// at. `prior_log_error` is the standard deviation of ln(true time / prior), usually. Arithmetic on
/// its arguments alone: the same arms give the same choice.
choice choose_arm(std::span<const arm> arms, double prior_log_error) noexcept;

/// The same with what may be spent on learning, in nanoseconds, and the calls made so far.
choice choose_or_explore(std::span<const arm> arms, double prior_log_error, double purse,
                         double calls) noexcept;

/// Of all time that work takes.
inline constexpr double share_to_learn = 0.03;

/// What may still be lost, in nanoseconds, to calls that are made otherwise than is best in order
/// to learn: 3 % of all time spent at this, and a first grant. Negative: too much was.
double purse(const sized_record& known) noexcept;

/// Whether this call should run with a number of threads that is not the best known, so that what
/// is known of it is measured and not estimated or old: it is due after 1, 3, 7, 15, ... calls,
/// where the purse can pay for it.
bool should_probe(const sized_record& known, int n_jobs, double probe_ns,
                  double chosen_ns) noexcept;

}  // namespace amorsize::detail
