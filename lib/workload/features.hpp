/// Features: a workload and where it runs, as 12 comparable numbers.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

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

/// Indexed by `feature`.
inline constexpr std::array<std::string_view, feature_count> feature_names{
    "items",
    "item_time",
    "coefficient_of_variation",
    "item_bytes",
    "result_bytes",
    "cores",
    "available_memory",
    "l3_bytes",
    "numa_nodes",
    "has_numa",
    "bandwidth",
    "wake"};

features normalised(const workload& work, const machine& here, const surroundings& around);

inline float& at(features& all, feature which) { return all[static_cast<std::size_t>(which)]; }
inline float at(const features& all, feature which) { return all[static_cast<std::size_t>(which)]; }

/// What features tell of the costs of sharing, in the units they were made from. What was not known
/// is the least that its feature tells apart.
struct shared_work {
  double items = 1;
  double item_ns = 1;
  double cores = 1;
  double wake_ns = 1'000;
};

shared_work shared_work_of(const features& all) noexcept;

/// The features that records and queries are compared by: what cores share is told by the core,
/// what is not known is as usual, and each is in units of a difference that makes work unlike.
features compared(const features& all) noexcept;

}  // namespace amorsize::detail
