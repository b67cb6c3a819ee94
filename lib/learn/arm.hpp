/// An arm: one configuration that may be chosen, and its place among the others.
#pragma once

#include <cmath>
#include <cstddef>

#include "learn/record.hpp"

namespace amorsize::detail {

/// All times are of the whole call.
struct arm {
  configuration by;
  double prior = 0;      ///< ns, expected by the cost model; zero: not known
  double measured = 0;   ///< ns, typical of the calls measured; zero: not known
  double count = 0;      ///< measurements behind `measured`; zero: none
  double log_error = 0;  ///< standard deviation of the error of ln(measured)
};

inline constexpr std::size_t most_arms = 64;

inline bool is_time(double ns) { return ns > 0 && std::isfinite(ns); }
inline bool has_prior(const arm& a) { return is_time(a.prior); }
inline bool is_measured(const arm& a) { return a.count > 0 && is_time(a.measured); }

}  // namespace amorsize::detail
