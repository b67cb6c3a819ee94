#include "learn/width_search.hpp"

#include <algorithm>
#include <cmath>

#include "learn/arm.hpp"
#include "learn/learner.hpp"

namespace amorsize::detail {
namespace {

constexpr double worth_changing = 0.03;  // as a logarithm

// Factors between widths, and windows without a try once neighbours were found to be no better.
constexpr double first_step = 2;
constexpr double least_step = 1.2;
constexpr int first_rest = 8;
constexpr int longest_rest = 64;

constexpr double most_windows = 16;   // that a rate rests on
constexpr double enough_windows = 3;  // to decide where noise leaves it open
constexpr double patience = 2;        // in standard deviations

constexpr double usual_noise = 0.03;
constexpr double least_noise = 0.005;
constexpr double least_surprise = 0.1;
constexpr double most_noise = 4;  // in standard deviations

}  // namespace

width_search::width_search(int width, int most, double purse_ns) noexcept
    : most_(std::max(most, 1)),
      best_(std::clamp(width, 1, most_)),
      width_(best_),
      purse_(std::max(purse_ns, 0.0)),
      step_(first_step),
      next_rest_(first_rest),
      noise_(usual_noise * usual_noise) {}

void width_search::rate::observe(double log_rate) noexcept {
  count = std::min(count + 1, most_windows);
  mean += (log_rate - mean) / count;
}

void width_search::observe_noise(double distance) noexcept {
  noise_ += (std::min(distance * distance, 9 * noise_) - noise_) / 8;
  noise_ = std::max(noise_, least_noise * least_noise);
}

/// Standard deviation of the difference of two rates.
double width_search::doubt(const rate& a) const noexcept {
  return std::sqrt(noise_ * (1 / a.count + 1 / best_rate_.count));
}

int width_search::candidate(int direction) const noexcept {
  const double wanted = direction > 0 ? best_ * step_ : best_ / step_;
  const int moved = static_cast<int>(std::lround(wanted));
  const int other = moved == best_ ? best_ + direction : moved;
  return std::clamp(other, 1, most_);
}

int width_search::next(double items, double window_ns) noexcept {
  if (!is_time(window_ns) || !(items > 0) || !std::isfinite(items)) return width_;
  const double log_rate = std::log(items / window_ns);
  elapsed_ += window_ns;
  if (width_ == best_) {
    observe_best(log_rate, window_ns);
  } else {
    lost_ += window_ns * std::max(-std::expm1(log_rate - best_rate_.mean), 0.0);
    observe_tried(log_rate);
  }
  return width_;
}

/// Two windows in a row that are far from the others say that these are not so any more.
void width_search::observe_best(double log_rate, double window_ns) noexcept {
  const double distance = log_rate - best_rate_.mean;
  if (best_rate_.count >= 2) {
    const double far = std::max(least_surprise, most_noise * std::sqrt(noise_));
    surprises_ = std::abs(distance) > far ? surprises_ + 1 : 0;
    observe_noise(distance);
    if (surprises_ == 1) return;
    if (surprises_ == 2) restart();
  }
  best_rate_.observe(log_rate);
  if (rest_ > 0) --rest_;
  if (rest_ == 0) try_next(window_ns);
}

void width_search::observe_tried(double log_rate) noexcept {
  tried_rate_.observe(log_rate);
  const double gain = tried_rate_.mean - best_rate_.mean - worth_changing;
  const bool is_clear = std::abs(gain) > patience * doubt(tried_rate_);
  if (!is_clear && tried_rate_.count < enough_windows) return;
  if (gain > 0) {
    adopt();
  } else {
    reject();
  }
}

void width_search::restart() noexcept {
  best_rate_ = {};
  was_rejected_ = {};
  rest_ = rejected_ = surprises_ = 0;
  next_rest_ = first_rest;
  step_ = first_step;
}

void width_search::adopt() noexcept {
  best_ = width_;
  best_rate_ = tried_rate_;
  rejected_ = 0;
  next_rest_ = first_rest;
  was_rejected_ = {};
}

void width_search::reject() noexcept {
  was_rejected_[direction_ > 0 ? 1 : 0] = width_;
  turn();
}

/// The other direction; after both, a smaller step, and after the smallest, a rest.
void width_search::turn() noexcept {
  width_ = best_;
  direction_ = -direction_;
  if (++rejected_ < 2) return;
  rejected_ = 0;
  step_ = std::sqrt(step_);
  if (step_ >= least_step) return;
  step_ = first_step;
  was_rejected_ = {};
  rest_ = next_rest_;
  next_rest_ = std::min(2 * next_rest_, longest_rest);
}

void width_search::try_next(double window_ns) noexcept {
  const int other = candidate(direction_);
  if (other == best_ || other == was_rejected_[direction_ > 0 ? 1 : 0]) return turn();
  // As if work were done at the rate of the narrower one.
  const double loss = 1 - static_cast<double>(std::min(other, best_)) / std::max(other, best_);
  if (lost_ + loss * window_ns > purse_ + share_to_learn * elapsed_) return;
  width_ = other;
  tried_rate_ = {};
}

}  // namespace amorsize::detail
