/// What matters: which features tell records apart, and which their speedups depend on.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "learn/record.hpp"

namespace amorsize::detail {

/// Of one feature, over all records.
struct feature_weight {
  double by_variance = 0;  ///< its part of the variance of all features: 0 to 1
  double by_outcome = 0;   ///< the part by which predictions get worse without it: 0, not at all;
                           ///< 1, they are off by twice as much
};

struct importance {
  std::array<feature_weight, feature_count> of{};  ///< indexed by `feature`
  std::size_t records = 0;   ///< looked at: those with an item time and outcomes
  double error = 0;          ///< mean absolute, of a predicted logarithm of a speedup
  double error_of_mean = 0;  ///< likewise, were all predicted to be as the mean of the others
};

/// Of fewer, nothing is said.
inline constexpr std::size_t least_records = 10;

/// Each record's best speedup is predicted from the five nearest others, then again with one
/// feature exchanged for another record's. Of more than some hundreds of records, as many evenly
/// spread ones are looked at. The same records in the same order give the same result. Throws
/// `std::bad_alloc`.
importance importance_of(std::span<const sized_record> records);

}  // namespace amorsize::detail
