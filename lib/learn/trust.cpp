#include "learn/trust.hpp"

#include <algorithm>
#include <cmath>

namespace amorsize::detail {
namespace {

/// Predictions that count, about: each new one makes all earlier ones fade.
constexpr double most_count = 100;

/// What predictions claim counts for as many as these coming true.
constexpr double sureness = 4;

/// How far apart claims are, in tenths, of which one tells a third of what it tells of itself.
constexpr double reach = 1.5;

std::size_t decile_of(double confidence) {
  constexpr auto size = static_cast<double>(reliability_table::size);
  return static_cast<std::size_t>(std::min(confidence * size, size - 1));
}

}  // namespace

double reliability_table::count() const noexcept {
  double sum = 0;
  for (const decile& d : deciles) sum += d.count;
  return sum;
}

void observe(reliability_table& table, double confidence, bool came_true) noexcept {
  if (!(confidence >= 0 && confidence <= 1)) return;
  for (auto& d : table.deciles) {
    const double left = 1 - 1 / most_count;
    d = {d.count * left, d.claimed * left, d.right * left};
  }
  auto& d = table.deciles[decile_of(confidence)];
  d.count += 1;
  d.claimed += confidence;
  d.right += came_true ? 1 : 0;
}

double calibrated(const reliability_table& table, double confidence) noexcept {
  double count = sureness;
  double surplus = 0;
  for (const auto& d : table.deciles) {
    if (!(d.count > 0)) continue;
    const double off = 10 * (d.claimed / d.count - confidence) / reach;
    const double weight = std::exp(-off * off);
    count += weight * d.count;
    surplus += weight * (d.right - d.claimed);
  }
  return std::clamp(confidence + surplus / count, 0.0, 1.0);
}

double threshold(const reliability_table& table, const stakes& at) noexcept {
  const double often_enough = 1 - at.sampling / at.wrong;
  constexpr int steps = 45;
  double least = most_threshold;
  // From above: what claims more was right often enough, too.
  for (int i = 0; i <= steps; ++i) {
    const double claimed = most_threshold - i * (most_threshold - least_threshold) / steps;
    if (calibrated(table, claimed) < often_enough) break;
    least = claimed;
  }
  return std::max(least, least_threshold);
}

}  // namespace amorsize::detail
