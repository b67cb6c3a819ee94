/// Sampling: the first items of a run, timed while they do their real work.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "base/interval.hpp"

namespace amorsize::detail {

/// Blocks to sample, in the order to take them.
class sample_layout {
 public:
  static constexpr std::size_t most = 16;  // a power of two: blocks are placed by reversed bits
  void add(interval block) { blocks_[count_++] = block; }
  std::span<const interval> blocks() const& { return {blocks_.data(), count_}; }
  std::span<const interval> blocks() && = delete;

 private:
  std::array<interval, most> blocks_{};
  std::size_t count_ = 0;
};

/// Where to sample `items` items: blocks of 1, 1, 2, 4, ... items, spread over the whole range,
/// since first items mislead (front-loaded work, growing work). At most an eighth of the range.
/// Empty where the range is too short for that to mean anything.
sample_layout spread_sample(std::size_t items);

/// Mean and spread of item times, from blocks of any sizes.
class item_times {
 public:
  void observe(std::size_t items, double elapsed);
  std::size_t items() const { return items_; }
  double elapsed() const { return elapsed_; }
  double mean() const;  ///< zero: not known

  /// From how far the blocks' means are apart. A block of k independent items has a k-th of the
  /// items' variance, so each block's squared distance from the mean, times k, estimates it (the
  /// between-groups mean square of a one-way analysis of variance).
  double coefficient_of_variation() const;

  /// Standard deviation of the logarithm of the mean's error: what its spread says, and that other
  /// items may differ from those seen.
  double log_error() const;

 private:
  std::size_t blocks_ = 0;
  std::size_t items_ = 0;
  double elapsed_ = 0;
  double squares_ = 0;  // sum over blocks of elapsed^2 / items
};

}  // namespace amorsize::detail
