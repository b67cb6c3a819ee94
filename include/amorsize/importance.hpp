/// What matters: which features of workloads and machines tell them apart, and which decide.
#pragma once

#include <string_view>
#include <vector>

#include "amorsize/export.hpp"
#include "amorsize/runtime.hpp"

namespace amorsize {

struct feature_importance {
  std::string_view name;     ///< of the feature
  double by_variance = 0.0;  ///< 0 to 1: its part of the variance of all features
  double by_outcome = 0.0;   ///< the part by which predicted speedups get worse without it: 0, not
                             ///< at all; 1, they are off by twice as much
};

/// Over all that is stored of batches and that this process measured, in the order of the features.
/// By variance, a feature matters that differs from record to record; by outcome, one whose
/// nearness says what speedup to expect (permutation importance: Breiman, Random Forests, 2001).
/// Empty where fewer than ten records are known, or learning is off.
///
/// Reads the store where that was not done yet, and takes some tens of milliseconds. Any thread.
AMORSIZE_API std::vector<feature_importance> analyze_feature_importance(
    runtime& on = runtime::shared());

}  // namespace amorsize
