/// The configurations that a call may choose from, and what is known of each.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "learn/learner.hpp"
#include "plan/planner.hpp"

namespace amorsize::detail {

/// Numbers of workers: the ladder 1, 2, 4, ... and those that were measured. With each, the chunks
/// of the ladder of durations that leave a worker several of them and differ. Ascending by workers,
/// then by rung.
class arms {
 public:
  explicit arms(const planning_input& in);

  /// The best.
  choice best() const;

  /// The best, or what is worth trying to learn more.
  choice best_or_trial(const learning_budget& may) const;

  const configuration& of(std::size_t arm) const { return all_[arm].by; }

 private:
  void add_width(const planning_input& in, int n, bool is_on_ladder);

  std::array<arm, most_arms> all_{};
  std::size_t count_ = 0;
};

}  // namespace amorsize::detail
