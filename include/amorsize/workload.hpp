/// A workload: what there is to do, as far as it is known.
#pragma once

#include <cstddef>
#include <string_view>

#include "amorsize/plan.hpp"

namespace amorsize {

/// Zero means not known, in every field.
struct workload {
  std::string_view name = {};
  std::size_t items = 0;
  duration estimated_item_time{};         ///< mean time of one item on one thread
  double coefficient_of_variation = 0.0;  ///< standard deviation of item times over their mean
  std::size_t item_bytes = 0;             ///< sizeof of one item
  std::size_t result_bytes = 0;           ///< sizeof of one result
};

}  // namespace amorsize
