#include "workload/features.hpp"

#include <algorithm>
#include <cmath>

namespace amorsize::detail {
namespace {

/// Zero where the value is not known or no number.
float linear(double value, double most) {
  if (!(value > 0)) return 0;
  return static_cast<float>(std::min(value / most, 1.0));
}

/// The place of the value between `least` (0) and `most` (1), by orders of magnitude.
float logarithmic(double value, double least, double most) {
  if (!(value > least)) return 0;
  return static_cast<float>(std::min(std::log(value / least) / std::log(most / least), 1.0));
}

}  // namespace

features normalised(const workload& work, const machine& here, const surroundings& around) {
  constexpr double us = 1e3;
  constexpr double ms = 1e6;
  constexpr double s = 1e9;
  features all{};
  const auto set = [&all](feature which, float value) {
    all[static_cast<std::size_t>(which)] = value;
  };
  set(feature::items, logarithmic(static_cast<double>(work.items), 1, 1e9));
  set(feature::item_time, logarithmic(work.estimated_item_time.count(), 1, s));
  set(feature::coefficient_of_variation, linear(work.coefficient_of_variation, 2));
  set(feature::item_bytes, logarithmic(static_cast<double>(work.item_bytes), 1, 1e7));
  set(feature::result_bytes, logarithmic(static_cast<double>(work.result_bytes), 1, 1e7));
  set(feature::cores, logarithmic(here.usable_cores, 1, 256));
  set(feature::available_memory, logarithmic(around.available_memory, 1e9, 1e12));
  set(feature::l3_bytes, logarithmic(static_cast<double>(here.l3_bytes), 1e6, 256e6));
  set(feature::numa_nodes, linear(here.numa_nodes, 8));
  set(feature::has_numa, here.numa_nodes > 1 ? 1 : 0);
  set(feature::bandwidth, logarithmic(around.bandwidth, 1e9, 1e12));
  set(feature::wake, logarithmic(around.wake_ns, us, ms));
  return all;
}

}  // namespace amorsize::detail
