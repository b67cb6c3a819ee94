#include "learn/abandon.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "learn/arm.hpp"

namespace amorsize::detail {
namespace {

// A call is under way when it took so long, and so much of it is done: helpers have come.
constexpr double under_way_ns = 200'000;
constexpr double under_way_part = 0.03;

// Less than this of a call tells too little of the rest.
constexpr double least_ns = 100'000;
constexpr double least_part = 0.05;

/// What changing the number of threads may cost.
constexpr double least_gain_ns = 50'000;

/// Standard deviations that are no more than noise.
constexpr double patience = 1.5;
constexpr double usual_excess_of_noise = 0.11;

/// The part of a call's time that a part of its items takes, where the dearest come first: by
/// Cauchy and Schwarz, it is no more than this.
double most_time(double part, double coefficient_of_variation) {
  return std::min(part + coefficient_of_variation * std::sqrt(part * (1 - part)), 1.0);
}

}  // namespace

progress::progress(double otherwise, double spread, double coefficient_of_variation) noexcept
    : otherwise_(is_time(otherwise) ? otherwise * std::exp(patience * std::max(spread, 0.0)) : 0),
      variation_(std::max(coefficient_of_variation, 0.0)) {}

bool progress::should_abandon(double elapsed, double done, double left) noexcept {
  if (otherwise_ <= 0 || !is_time(elapsed) || !(done > 0) || !(left > 0)) return false;
  const double all = done + left;
  if (first_done_ <= 0) {
    if (elapsed < under_way_ns || done < under_way_part * all) return false;
    first_elapsed_ = elapsed;
    first_done_ = done;
    return false;
  }
  const double seen = elapsed - first_elapsed_;
  if (seen < least_ns || done - first_done_ < least_part * all) return false;
  const double slower = seen / most_time((done - first_done_) / all, variation_) - otherwise_;
  const bool is_slow = slower * left / all > least_gain_ns;
  // Once may be a page fault: it has to go on for as long again.
  const bool was_slow = std::exchange(was_slow_, is_slow);
  if (!is_slow || was_slow) return is_slow;
  first_elapsed_ = elapsed;
  first_done_ = done;
  return false;
}

double progress::whole(double elapsed, double done, double left) const noexcept {
  if (first_done_ <= 0 || !(done > first_done_)) return 0;
  return elapsed + left * (elapsed - first_elapsed_) / (done - first_done_);
}

double loss_when_abandoned(double excess) noexcept {
  if (!(excess > usual_excess_of_noise)) return std::max(excess, 0.0);
  return usual_excess_of_noise + (excess - usual_excess_of_noise) * 0.2;
}

}  // namespace amorsize::detail
