/// Features: a workload and where it runs, as 12 comparable numbers.
#pragma once

#include <array>
#include <cstddef>

#include "amorsize/machine.hpp"
#include "amorsize/workload.hpp"

namespace amorsize::detail {

/// What a workload meets, beyond the machine's topology. Zero: not known, in every field.
struct surroundings {
  double available_memory = 0;  ///< bytes
  double bandwidth = 0;         ///< of memory, bytes per second, as one thread reads it
  double wake_ns = 0;           ///< from calling a sleeping helper to its first item
};

enum class feature : std::size_t {
  items,
  item_time,
  coefficient_of_variation,
  item_bytes,
  result_bytes,
  cores,
  available_memory,
  l3_bytes,
  numa_nodes,
  has_numa,
  bandwidth,
  wake,
};
inline constexpr std::size_t feature_count = 12;

/// Each 0 to 1; indexed by `feature`.
using features = std::array<float, feature_count>;

features normalised(const workload& work, const machine& here, const surroundings& around);

}  // namespace amorsize::detail
