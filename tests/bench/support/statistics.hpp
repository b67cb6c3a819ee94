/// What is said of a series of readings: the median and the quartiles.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace bench {

struct summary {
  double median = 0;
  double q1 = 0;
  double q3 = 0;
};

/// Linear between readings; `part` is 0.5 for the median. The readings are sorted.
inline double quantile(const std::vector<double>& sorted, double part) {
  if (sorted.empty()) return 0;
  const double place = part * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return std::lerp(sorted[below], sorted[above], place - static_cast<double>(below));
}

inline summary summarise(std::vector<double> readings) {
  std::sort(readings.begin(), readings.end());
  return {quantile(readings, 0.5), quantile(readings, 0.25), quantile(readings, 0.75)};
}

/// Reading by reading: both were taken in the same round.
inline std::vector<double> ratios(const std::vector<double>& of, const std::vector<double>& to) {
  std::vector<double> all;
  for (std::size_t i = 0; i < std::min(of.size(), to.size()); ++i) all.push_back(of[i] / to[i]);
  return all;
}

}  // namespace bench
