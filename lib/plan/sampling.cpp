#include "plan/sampling.hpp"

#include <algorithm>
#include <cmath>

namespace amorsize::detail {
namespace {

constexpr std::size_t blocks = sample_layout::most;
constexpr std::size_t least_items = 8 * blocks;

/// 0, 8, 4, 12, 2, ...: every prefix of this order is spread over the whole.
std::size_t reversed_bits(std::size_t i) {
  std::size_t reversed = 0;
  for (std::size_t bit = 1; bit < blocks; bit *= 2) {
    reversed *= 2;
    if ((i & bit) != 0) reversed += 1;
  }
  return reversed;
}

}  // namespace

sample_layout spread_sample(std::size_t items) {
  sample_layout sample;
  if (items < least_items) return sample;
  const std::size_t stratum = items / blocks;
  std::size_t size = 1;
  for (std::size_t i = 0; i < blocks; ++i) {
    const std::size_t first = reversed_bits(i) * stratum;
    sample.add({first, first + std::min(size, stratum / 8)});
    if (i > 0) size *= 2;
  }
  return sample;
}

void item_times::observe(std::size_t items, double elapsed) {
  ++blocks_;
  items_ += items;
  elapsed_ += elapsed;
  squares_ += elapsed * elapsed / static_cast<double>(items);
}

double item_times::mean() const { return items_ == 0 ? 0 : elapsed_ / static_cast<double>(items_); }

double item_times::coefficient_of_variation() const {
  if (blocks_ < 2 || elapsed_ <= 0) return 0;
  const double m = mean();
  const double between = squares_ - m * elapsed_;  // sum of k (block mean - m)^2
  return std::sqrt(std::max(between, 0.0) / static_cast<double>(blocks_ - 1)) / m;
}

double item_times::log_error() const {
  constexpr double of_unseen_items = 0.25;
  if (items_ == 0) return of_unseen_items;
  return std::hypot(of_unseen_items,
                    coefficient_of_variation() / std::sqrt(static_cast<double>(items_)));
}

}  // namespace amorsize::detail
