/// What to believe of every arm: the prior's expectation, moved by what it and those like it took.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "learn/arm.hpp"

namespace amorsize::detail {

/// Logarithms of times, jointly normal. What the cost model is off by is taken to be a walk along
/// the ladder of threads and one along that of chunks, so that neighbours err alike: Gaussian
/// process regression, with one observation for each measured arm.
class posterior {
 public:
  /// No more than `most_arms` are looked at.
  posterior(std::span<const arm> arms, double prior_log_error) noexcept;

  std::size_t size() const { return size_; }
  bool is_known(std::size_t i) const { return is_known_[i]; }
  double mean(std::size_t i) const { return means_[i]; }
  double variance(std::size_t i) const { return covariance(i, i); }
  double covariance(std::size_t i, std::size_t j) const { return scale_ * covariances_[i][j]; }
  double variance_of_difference(std::size_t i, std::size_t j) const;

 private:
  void expect(std::span<const arm> arms, double prior_log_error) noexcept;
  void learn(std::size_t which, double log_time, double error) noexcept;

  std::size_t size_ = 0;
  double surprises_ = 0;  // squared, in standard deviations
  double learned_ = 0;
  double scale_ = 1;  // of all covariances
  std::array<bool, most_arms> is_known_{};
  std::array<double, most_arms> means_;
  std::array<std::array<double, most_arms>, most_arms> covariances_;
};

}  // namespace amorsize::detail
